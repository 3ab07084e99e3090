/** What filter policies cost: usual ones, and those that are made to take long. Policies and messages are at their largest. */

import { describe, expect, it } from 'vitest';
import { OutOfSteps, Steps } from '../../../src/queues/policies/answers.ts';
import { FilteredRecord, parseEventPattern } from '../../../src/topics/filters/event-pattern.ts';
import {
  FilteredMessage,
  type FilterPolicy,
  type FilterScope,
  parseFilterPolicy,
} from '../../../src/topics/filters/filter-policy.ts';
import { FILTER_STEPS_MAX } from '../../../src/topics/filters/rules.ts';
import { cpuMs } from '../../cpu-time.ts';

const BYTES = 256 * 1024;
const policyOf = (policy: object | string, scope: FilterScope = 'MessageBody') =>
  parseFilterPolicy(typeof policy === 'string' ? policy : JSON.stringify(policy), scope, '');

/** Returns the shortest of some runs, in milliseconds: the first are slow, and other processes may disturb any single one. */
function fastestOf(runs: number, run: () => void): number {
  return Math.min(
    ...Array.from({ length: runs }, () => {
      const start = cpuMs();
      run();
      return cpuMs() - start;
    }),
  );
}

describe('1,000 filter policies', () => {
  const order = {
    kind: 'order',
    customer: { id: 'c-17', tier: 'gold', address: { country: 'de', zip: '10115' } },
    items: Array.from({ length: 10 }, (_, index) => ({ sku: `eu-${index}`, price: 9.5 * index, tags: ['a', 'b'] })),
    total: 427.5,
  };
  const policies = Array.from({ length: 1000 }, (_, index) => ({
    kind: ['order', 'refund'],
    customer: { tier: [{ 'anything-but': ['bronze', `t${index}`] }], id: [{ prefix: 'c-' }, `x-${index}`] },
    items: { price: [{ numeric: ['>', 50, '<=', 51 + index] }], sku: [{ wildcard: `*-${index % 10}` }] },
  }));

  it('on a body take less than 2 ms together', () => {
    const parsed = policies.map((policy) => policyOf(policy));
    let passed = 0;
    const ms = fastestOf(100, () => {
      const message = new FilteredMessage(undefined, JSON.stringify(order));
      passed = parsed.filter((policy) => message.passes(policy)).length;
    });
    expect(passed).toBeGreaterThan(900);
    expect(ms).toBeLessThan(2);
  });

  it('on message attributes take less than 2 ms together', () => {
    const parsed = policies.map(({ kind }, index) =>
      policyOf(
        { kind, id: [{ prefix: 'c-' }, `x-${index}`], total: [{ numeric: ['<', 400 + index] }] },
        'MessageAttributes',
      ),
    );
    const attributes = new Map([
      ['kind', { dataType: 'String', stringValue: 'order' }],
      ['id', { dataType: 'String', stringValue: 'c-17' }],
      ['total', { dataType: 'Number', stringValue: '427.5' }],
    ]);
    let passed = 0;
    const ms = fastestOf(100, () => {
      const message = new FilteredMessage(attributes, 'text');
      passed = parsed.filter((policy) => message.passes(policy)).length;
    });
    expect(passed).toBe(972);
    expect(ms).toBeLessThan(2);
  });
});

/** Each would take from a second to minutes: what a message has, times what a policy has. */
describe('conditions and values that are many', () => {
  const conditions = (condition: (index: number) => object) => Array.from({ length: 150 }, (_, i) => condition(i));
  const values = (count: number, value: (index: number) => unknown) =>
    Array.from({ length: count }, (_, i) => value(i));
  const bombs: [string, object[], unknown][] = [
    ['cidr', conditions((i) => ({ cidr: `10.0.${i}.0/24` })), values(20_000, (i) => `1.1.1.${i % 200}`)],
    ['numeric', conditions((i) => ({ numeric: ['>', 10 + i] })), values(100_000, () => 1)],
    ['prefix', conditions((i) => ({ prefix: `z${i}` })), values(60_000, () => 'a')],
    ['suffix', conditions((i) => ({ suffix: `z${i}` })), values(60_000, () => 'a')],
    ['anything-but', conditions(() => ({ 'anything-but': ['a'] })), values(60_000, () => 'a')],
    ['equals-ignore-case', conditions((i) => ({ 'equals-ignore-case': `z${i}` })), 'a'.repeat(250_000)],
  ];

  it.each(bombs)('%s: a message that would take too long is given up', (_operator, k, value) => {
    const [policy, body] = [policyOf({ k }), JSON.stringify({ k: value })];
    expect(fastestOf(2, () => expect(() => passes(policy, body)).toThrow(OutOfSteps))).toBeLessThan(1000);
    expect(() => new FilteredMessage(undefined, body).reasonAgainst(policy)).toThrow(OutOfSteps);
  });

  it('wildcards of event source mappings, whose number is not limited, are given up too', () => {
    const pattern = parseEventPattern(JSON.stringify({ body: { k: conditions(() => ({ wildcard: '*b*' })) } }));
    const record = () => new FilteredRecord({ body: JSON.stringify({ k: 'a'.repeat(1_000_000) }) });
    expect(() => record().matches(pattern)).toThrow(OutOfSteps);
  });

  it('usual numbers of them are not', () => {
    const policies = Array.from({ length: 1000 }, (_, index) =>
      policyOf({ k: [{ prefix: `z${index}` }, { numeric: ['>', index] }, { wildcard: '*z*' }, 'x', 'y'] }),
    );
    const body = JSON.stringify({ k: values(100, (index) => `value ${index}`) });
    const steps = new Steps(FILTER_STEPS_MAX);
    const message = new FilteredMessage(undefined, body);
    expect(policies.filter((policy) => message.passes(policy, steps))).toEqual([]);
  });

  const passes = (policy: FilterPolicy, body: string) => new FilteredMessage(undefined, body).passes(policy);
});

/** Each would take seconds to hours, or exceed the stack, with a simpler implementation. */
describe('a filter policy that is made to take long', () => {
  const a = (length: number) => 'a'.repeat(length);
  const passes = (policy: object | string, body: string) =>
    new FilteredMessage(undefined, body).passes(policyOf(policy));
  const within = (limitMs: number, run: () => void) => expect(fastestOf(3, run)).toBeLessThan(limitMs);

  it('compares wildcards in a time that grows with the length only', () => {
    const hard = `${a(60_000)}b${a(60_000)}`;
    const policy = { k: [{ wildcard: `*${hard}*` }, { wildcard: `*${a(50)}*${a(50)}b*` }] };
    within(500, () => expect(passes(policy, JSON.stringify({ k: a(BYTES) }))).toBe(false));
  });

  it('opens a list of objects once for all keys', () => {
    const policies = Array.from({ length: 1000 }, (_, index) =>
      policyOf({ r: { [`k${index}`]: ['x'], [`l${index}`]: ['x'] } }),
    );
    const body = JSON.stringify({ r: Array.from({ length: 60_000 }, () => ({})) });
    within(500, () => {
      const message = new FilteredMessage(undefined, body);
      expect(policies.some((policy) => message.passes(policy))).toBe(false);
    });
  });

  it('finds keys among names with dots without a look at each name', () => {
    const policies = Array.from({ length: 100 }, (_, index) =>
      policyOf({ $or: Array.from({ length: 140 }, (_, branch) => ({ [`a.x${index}y${branch}`]: [1] })) }),
    );
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 25_000 }, (_, index) => [`a.${index}`, 1])));
    within(1000, () => {
      const message = new FilteredMessage(undefined, body);
      expect(policies.some((policy) => message.passes(policy))).toBe(false);
    });
  });

  it('pays for each name on the path of a key', () => {
    const steps = new Steps(FILTER_STEPS_MAX);
    const path = Array.from({ length: 40_000 }, () => 'a').join('.');
    expect(
      new FilteredMessage(undefined, JSON.stringify({ [path]: 'x' })).passes(policyOf({ [path]: ['x'] }), steps),
    ).toBe(true);
    expect(FILTER_STEPS_MAX - steps.left).toBeGreaterThanOrEqual(40_000);
  });

  it('reads deep messages with deep policies', () => {
    const depth = 40_000;
    const nested = `${'{"a":'.repeat(depth)}"x"${'}'.repeat(depth)}`;
    const dotted = Array.from({ length: depth }, () => 'a').join('.');
    within(500, () => expect(passes({ [dotted]: ['x'] }, nested)).toBe(true));
    within(500, () => expect(passes({ [dotted]: ['x'] }, JSON.stringify({ [dotted]: 'x' }))).toBe(true));
    within(500, () => expect(passes({ a: ['x'] }, `{"a":${'['.repeat(100_000)}"x"${']'.repeat(100_000)}}`)).toBe(true));
  });

  it('looks only along the paths of the policy', () => {
    // Each of 10,000 levels has a value: their paths together would have 100,000,000 characters.
    const body = `${'{"v":1,"a":'.repeat(10_000)}{}${'}'.repeat(10_000)}`;
    within(200, () => expect(passes({ v: [1] }, body)).toBe(true));
  });

  it.each([
    ['nested too deep', `${'{"a":'.repeat(40_000)}["x"]${'}'.repeat(40_000)}`],
    ['with $or nested too deep', `${'{"$or":[{"b":["x"]},'.repeat(10_000)}{"a":["x"]}${']}'.repeat(10_000)}`],
    [
      'with a long name around many keys',
      JSON.stringify({ [a(100_000)]: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, [1]])) }),
    ],
    ['with lists in lists', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ])('is refused at once: %s', (_title, policy) => {
    within(500, () => expect(() => policyOf(policy)).toThrow(/too complex|Match value/));
  });
});
