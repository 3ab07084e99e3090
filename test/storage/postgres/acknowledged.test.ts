/** How a node tells the others something, and waits until they have heard it. */

import { describe, expect, it } from 'vitest';
import { Acknowledged } from '../../../src/storage/postgres/nodes/acknowledged.ts';

/** Nodes whose words reach each other only when the test says so. */
function nodesOf(...names: string[]) {
  const told: { from: string; words: readonly string[] }[] = [];
  const states = { hears: true };
  const nodes = new Map(
    names.map((name) => {
      const node = new Acknowledged({
        name,
        others: () => names.filter((other) => other !== name).map((other) => ({ name: other })),
        hears: () => states.hears,
        tell: async (words) => {
          told.push({ from: name, words });
        },
        answerMs: 1,
      });
      return [name, node] as const;
    }),
  );
  /** Has these nodes hear everything that has been told, and what they answer. */
  const pass = (...to: string[]) => {
    for (let next = told.shift(); next; next = told.shift()) {
      const { from, words } = next;
      const marked = (sign: string) => words.filter((word) => word.startsWith(sign)).map((word) => word.slice(1));
      for (const name of to) {
        if (name !== from) nodes.get(name)!.heard(from, { asks: marked('?'), answers: marked('=') });
      }
    }
  };
  return { node: (name: string) => nodes.get(name)!, told, pass, states };
}

describe('What a node tells', () => {
  it('has been heard by all others once it resolves', async () => {
    const { node, pass } = nodesOf('a', 'b', 'c');
    let isHeard = false;
    const telling = node('a')
      .tell(['~1'])
      .then(() => {
        isHeard = true;
      });
    expect(isHeard).toBe(false);
    pass('a', 'b', 'c');
    await telling;
    expect(isHeard).toBe(true);
  });

  it('needs no answers without other nodes, without words, and while nothing is heard', async () => {
    const alone = nodesOf('a');
    await alone.node('a').tell(['~1']);
    expect(alone.told).toEqual([{ from: 'a', words: ['~1'] }]);
    const { node, told, states } = nodesOf('a', 'b');
    await node('a').tell([]);
    states.hears = false;
    await node('a').tell(['~1']);
    expect(told.map(({ words }) => words)).toEqual([[], ['~1']]);
  });

  it('waits once for a node that does not answer, and again after it has answered', async () => {
    const { node, told, pass } = nodesOf('a', 'b', 'c');
    const first = node('a').tell(['~1']);
    pass('a', 'c');
    await first;
    // Only c is asked.
    const second = node('a').tell(['~2']);
    const late = [...told];
    pass('a', 'c');
    await second;
    told.push(...late);
    pass('a', 'b', 'c');
    const third = node('a').tell(['~3']);
    pass('a', 'c');
    await third;
    await node('a').tell(['~4']);
    expect(told.at(-1)).toMatchObject({ from: 'a', words: ['~4', expect.stringMatching(/^\?a\//)] });
  });

  it('is not held up by the answers to other nodes', async () => {
    const { node, pass } = nodesOf('a', 'b', 'c');
    const all = Promise.all([node('a').tell(['~1']), node('b').tell(['~2']), node('c').tell(['~3'])]);
    pass('a', 'b', 'c');
    await all;
  });
});
