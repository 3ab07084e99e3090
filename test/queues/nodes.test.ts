/** What a node of several does by itself, and what it leaves to the others. */

import { v4 as newId } from 'uuid';
import { describe, expect, it, vi } from 'vitest';
import { startJanitor } from '../../src/queues/janitor.ts';
import { Mover } from '../../src/queues/redrive/mover.ts';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';
import type { Nodes } from '../../src/storage/nodes.ts';
import type { MoveTask } from '../../src/storage/store.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { key, message, settings } from '../storage/subject.ts';

const T0 = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

function sharedStore() {
  const charge = { isJanitor: false };
  const nodes: Nodes = {
    ...{ name: 'a', others: [], ear: 'open', progress: 0, offset: () => 0, setClock: () => {}, onWarning: () => {} },
    figures: () => ({ lanes: [], retries: 0, unknownOutcomes: 0 }),
    isJanitor: async () => charge.isJanitor,
    feeds: async () => true,
    stopsFeeding: async () => {},
    stops: () => {},
  };
  return { charge, store: Object.assign(new MemoryStore(), { nodes }) };
}

describe('the janitor', () => {
  it('frees nothing while another node is in charge, and begins soon after it is', async () => {
    const { charge, store } = sharedStore();
    const clock = new VirtualClock(T0);
    const { queue } = await store.createQueue(key('q'), settings({ retentionMs: MINUTE }), T0);
    await store.send(queue.id, [message('old')], T0);
    const expire = vi.spyOn(store, 'expire');
    const janitor = startJanitor(store, { clock, machine: clock }, (error) => expect.fail(`${error}`));
    await store.send(queue.id, [message('also old')], T0);
    await clock.advance(5 * MINUTE);
    expect(expire).not.toHaveBeenCalled();
    charge.isJanitor = true;
    await clock.advance(10_000);
    expect(expire).toHaveBeenCalled();
    await janitor.end();
  });
});

describe('the mover', () => {
  it('takes tasks over that other nodes have left behind, and ends a run that another one has taken over', async () => {
    const { store } = sharedStore();
    const clock = new VirtualClock(T0);
    const left: MoveTask[] = [];
    store.claimMoveTasks = async () => left;
    const moves = vi.spyOn(store, 'moveMessages').mockResolvedValue(undefined);
    const mover = new Mover({ store, clock, machine: clock, newId }, (error) => expect.fail(`${error}`));
    await mover.resume();
    await clock.advance(MINUTE);
    expect(moves).not.toHaveBeenCalled();
    left.push({ taskId: 'task', sourceId: 1, status: 'RUNNING', startedAt: T0, toMove: 1, moved: 0, perSecond: 1 });
    await clock.advance(10_000);
    expect(moves).toHaveBeenCalledTimes(1);
    // A node that was frozen finds that another one has taken its task over.
    let moved = 0;
    const [task] = left.splice(0);
    moves.mockImplementation(async () => ({ task: { ...task!, moved: ++moved } }));
    left.push(task!);
    await clock.advance(20_000);
    expect(moved).toBeGreaterThan(5);
    left.pop();
    await clock.advance(10_000);
    moves.mockClear();
    await clock.advance(MINUTE);
    expect(moves).not.toHaveBeenCalled();
    left.push(task!);
    moves.mockResolvedValue(undefined);
    await clock.advance(10_000);
    expect(moves).toHaveBeenCalledTimes(1);
    left.pop();
    await clock.advance(MINUTE);
    expect(moves).toHaveBeenCalledTimes(1);
    await mover.end();
    left.push({ taskId: 'late', sourceId: 1, status: 'RUNNING', startedAt: T0, toMove: 1, moved: 0 });
    await clock.advance(MINUTE);
    expect(moves).toHaveBeenCalledTimes(1);
  });
});
