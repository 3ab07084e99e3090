/** Which nodes live is looked up at a cost that does not grow with the notifications that ask for it. */

import { expect, it } from 'vitest';
import type { Lane } from '../../../../src/storage/postgres/lanes.ts';
import { NodeTable } from '../../../../src/storage/postgres/nodes/node-table.ts';

/** The table of a node whose statements go to `run`. */
function tableOn(run: () => Promise<unknown>): NodeTable {
  const nothing = () => {};
  return new NodeTable({ run } as unknown as Lane, { name: 'a', version: '1.2.3' }, nothing, nothing);
}

it('looks that are asked for at once share one, which begins after they were asked for', async () => {
  const begun: ((rows: { name: string }[]) => void)[] = [];
  const run = () =>
    new Promise<unknown>((resolve) => {
      begun.push(resolve);
    });
  const table = tableOn(run);
  const first = table.look();
  await Promise.resolve();
  expect(begun).toHaveLength(1);
  const others = Array.from({ length: 10_000 }, () => table.look());
  await Promise.resolve();
  expect(begun).toHaveLength(1);
  begun[0]!([]);
  await first;
  expect(table.others).toEqual([]);
  await new Promise(setImmediate);
  expect(begun).toHaveLength(2);
  begun[1]!([{ name: 'b' }]);
  await Promise.all(others);
  expect(table.others).toEqual([{ name: 'b' }]);
});

it('a look that fails does not keep the next one from being made', async () => {
  const outcomes = [Promise.reject(new Error('away')), Promise.resolve([{ name: 'b' }])];
  const run = () => outcomes.shift()!;
  const table = tableOn(run);
  await expect(table.look()).rejects.toThrow('away');
  await table.look();
  expect(table.others).toEqual([{ name: 'b' }]);
});
