/** How long a change waits until other nodes have heard of it. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Hearing } from '../../../src/storage/postgres/nodes/hearing.ts';

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

  it('fails as the telling does', async () => {
    const { hearing } = fixture();
    await expect(hearing.spread(['b'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
