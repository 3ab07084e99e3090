/** How much memory compiled filter policies take. */

import { expect, it } from 'vitest';
import { CompiledFilters } from '../../../src/topics/filters/compiled-filters.ts';
import { parseFilterPolicy } from '../../../src/topics/filters/filter-policy.ts';
import { heapUsed } from '../../storage/memory/heap.ts';

const filterOf = (policy: object) => parseFilterPolicy(JSON.stringify(policy), 'MessageBody', '');

/** Policies that take much more memory than their texts. */
const policies: [string, (index: number) => object][] = [
  ['many branches', (index) => ({ $or: Array.from({ length: 140 }, (_, branch) => ({ a: [`${index}-${branch}`] })) })],
  [
    'long paths',
    (index) => ({ [`${'n'.repeat(500)}${index}`]: { $or: Array.from({ length: 40 }, () => ({ a: [1] })) } }),
  ],
  ['many conditions', (index) => ({ a: Array.from({ length: 150 }, (_, one) => ({ prefix: `${index}-${one}` })) })],
  ['wildcards', (index) => ({ a: [{ wildcard: `*${'w'.repeat(5000)}${index}*` }] })],
];

it.each(policies)('%s take no more than is counted for them', async (_title, policy) => {
  const filters = new CompiledFilters(Number.POSITIVE_INFINITY);
  filters.set({}, filterOf(policy(-1)), 0);
  const before = await heapUsed();
  const counted = filters.bytes;
  for (let index = 0; index < 200; index++)
    filters.set({}, filterOf(policy(index)), JSON.stringify(policy(index)).length);
  expect((await heapUsed()) - before).toBeLessThan(filters.bytes - counted + 500_000);
});

it('the oldest are dropped at the limit', () => {
  const filters = new CompiledFilters(100_000);
  const owners = Array.from({ length: 50 }, () => ({}));
  for (const owner of owners) filters.set(owner, filterOf({ a: ['b'] }), 10_000);
  expect(filters.bytes).toBeLessThanOrEqual(100_000);
  expect(owners.filter((owner) => filters.get(owner)).length).toBeGreaterThan(5);
  expect(filters.get(owners[0]!)).toBeUndefined();
  expect(filters.get(owners[49]!)).toBeDefined();
});
