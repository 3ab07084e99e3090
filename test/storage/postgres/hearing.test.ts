/** How long a change waits until other nodes have heard of it, and what becomes of one that they have not. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Lane } from '../../../src/storage/postgres/lanes.ts';
import { Hearing } from '../../../src/storage/postgres/nodes/hearing.ts';
import { NodeTable } from '../../../src/storage/postgres/nodes/node-table.ts';
import { Notifier } from '../../../src/storage/postgres/nodes/notifier.ts';
import { payloadsOf, readPayload } from '../../../src/storage/postgres/nodes/payloads.ts';
import { endAtStandstill } from '../../../src/storage/postgres/nodes/standstill.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A node `a`, whose changes are told at once. */
function fixture() {
  vi.useFakeTimers();
  const hearing = new Hearing('a');
  /** Tells these nodes of a change. Returns its question, and whether it has been answered. */
  const change = (...nodes: string[]) => {
    const state = { question: '', isOver: false };
    const tell = async (question: string) => {
      state.question = question;
    };
    hearing.spread(nodes, tell).then(() => {
      state.isOver = true;
    });
    return state;
  };
  return { hearing, change };
}

const turn = () => vi.advanceTimersByTimeAsync(0);

describe('A change', () => {
  it('waits until all other nodes have answered its own question', async () => {
    const { hearing, change } = fixture();
    const [one, other] = [change('b', 'c'), change('b', 'c')];
    hearing.heard('b', one.question);
    hearing.heard('b', one.question);
    hearing.heard('c', other.question);
    hearing.heard('c', one.question.replace('a', 'aa'));
    hearing.heard('d', one.question);
    await turn();
    expect([one.isOver, other.isOver]).toEqual([false, false]);
    hearing.heard('c', one.question);
    await turn();
    expect([one.isOver, other.isOver]).toEqual([true, false]);
  });

  it('waits for a silent node once, until that answers again', async () => {
    const { hearing, change } = fixture();
    const first = change('b', 'c');
    hearing.heard('b', first.question);
    await vi.advanceTimersByTimeAsync(999);
    expect(first.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(first.isOver).toBe(true);
    const second = change('b', 'c');
    await turn();
    expect(second.isOver).toBe(false);
    hearing.heard('b', second.question);
    await turn();
    expect(second.isOver).toBe(true);
    // Late answers count, too.
    hearing.heard('c', first.question);
    const third = change('b', 'c');
    hearing.heard('b', third.question);
    await turn();
    expect(third.isOver).toBe(false);
  });

  it('waits for nobody if all others are silent, and for all of them once this node hears again', async () => {
    const { hearing, change } = fixture();
    change('b');
    await vi.advanceTimersByTimeAsync(1000);
    const second = change('b');
    await turn();
    expect(second.isOver).toBe(true);
    hearing.reset();
    const third = change('b');
    await turn();
    expect(third.isOver).toBe(false);
  });

  it('is told again when this node hears again, since it may have missed the answers', async () => {
    const { hearing } = fixture();
    const asked: string[] = [];
    const spreading = hearing.spread(['b'], async (question) => {
      asked.push(question);
    });
    await turn();
    hearing.reset();
    expect(asked).toEqual([asked[0], asked[0]]);
    hearing.heard('b', asked[0]!);
    await spreading;
    hearing.reset();
    expect(asked).toHaveLength(2);
  });

  it('waits for a silent node that opens its ear again', async () => {
    const { hearing, change } = fixture();
    change('b');
    await vi.advanceTimersByTimeAsync(1000);
    hearing.hears('b');
    const second = change('b');
    await turn();
    expect(second.isOver).toBe(false);
  });

  it('fails as the telling does', async () => {
    const { hearing } = fixture();
    await expect(hearing.spread(['b'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});

/** The notifier of a node `a` whose database can be away, what it has told, and the queues for which other nodes wait. */
function notifier() {
  vi.useFakeTimers();
  const state = { away: true, told: [] as string[], bursts: 0, awaited: [] as number[] };
  const tx = {
    run: async (_: unknown, [, payloads]: unknown[]) => {
      if (Array.isArray(payloads)) state.told.push(...payloads);
    },
  };
  const lane = {
    run: async (work: (session: unknown) => Promise<unknown>) => {
      if (state.away) throw new Error('away');
      const run = async (_: unknown, [, queueIds]: [string, number[]]) =>
        queueIds.filter((id) => state.awaited.includes(id)).map((queue_id) => ({ queue_id }));
      const burst = (carryOut: (given: typeof tx) => unknown) => {
        state.bursts++;
        return carryOut(tx);
      };
      return work({ run, burst });
    },
  };
  return { state, notifier: new Notifier(lane as unknown as Lane, 'channel', 'a') };
}

describe('A change that could not be told', () => {
  it('is told once the database is back, without what is of no use by then', async () => {
    const { state, notifier: own } = notifier();
    await own.tell(['~5', '!1', '?a/1', '=b/2']);
    await own.tell(['~6']);
    await vi.advanceTimersByTimeAsync(5000);
    state.away = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(state.told).toEqual(['a ~5 ~6']);
    await vi.advanceTimersByTimeAsync(5000);
    expect(state.told).toEqual(['a ~5 ~6']);
  });

  it('stands for all changes if there are too many, and for a restored snapshot', async () => {
    const { state, notifier: own } = notifier();
    await own.tell(['*', 'r', ...Array.from({ length: 10_000 }, (_, index) => `~${index}`)]);
    state.away = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(state.told).toEqual(['a * r']);
  });

  it('is not told any more once the node has stopped', async () => {
    const { state, notifier: own } = notifier();
    await own.tell(['~5']);
    await own.close();
    state.away = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(state.told).toEqual([]);
  });

  it('because its node was killed is looked for once that node is gone', async () => {
    let nodes = ['b', 'c'];
    const gone = vi.fn();
    const run = async () => nodes.map((name) => ({ name, version: '1', clock: 'machine' }));
    const lane = { run: (work: (session: unknown) => unknown) => work({ run }) };
    const table = new NodeTable(lane as unknown as Lane, { name: 'a', version: '1' }, gone, () => {});
    await table.look();
    nodes = ['b', 'c', 'd'];
    await table.look();
    expect(gone).not.toHaveBeenCalled();
    nodes = ['c', 'd', 'e'];
    await table.look();
    expect(gone).toHaveBeenCalledOnce();
  });
});

it('an announcement is told only if another node waits for its queue', async () => {
  const { state, notifier: own } = notifier();
  state.away = false;
  own.announce(7, 1000);
  own.announce(8, 2000);
  await turn();
  expect(state).toMatchObject({ bursts: 0, told: [] });
  state.awaited = [8, 9];
  own.announce(7, 1000);
  own.announce(8, 3000);
  own.announce(8, 2000);
  await own.tell(['~5']);
  expect(state).toMatchObject({ bursts: 1, told: ['a ~5 8:2000'] });
});

it('no forged question has an answer that the database refuses, which would take the changes of its node along', () => {
  const { questions } = readPayload(`x ?${'q'.repeat(7990)} ?a-1/7`);
  expect(questions).toEqual(['a-1/7']);
  const longest = `${'n'.repeat(100)}/${Number.MAX_SAFE_INTEGER}`;
  expect(readPayload(payloadsOf('x', [`?${longest}`])[0]!).questions).toEqual([longest]);
});

it('a node that has stood still for longer than others wait does not rely on what it has heard', async () => {
  vi.useFakeTimers();
  const connection = { destroy: vi.fn(), lost: undefined as Error | undefined, onLost: vi.fn() };
  connection.destroy.mockImplementation((error: Error) => {
    connection.lost = error;
  });
  const isAwake = endAtStandstill(connection);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(isAwake()).toBe(true);
  const before = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(before + 800);
  expect(isAwake()).toBe(false);
  expect(connection.destroy).toHaveBeenCalledOnce();
  vi.restoreAllMocks();
  expect(isAwake()).toBe(false);
});
