/**
 * The cost of waiting: which polls are woken, how often, and how soon. long-polling.test.ts tests long polls from the
 * client's side.
 */

import { describe, expect, it, vi } from 'vitest';
import { Waiters } from '../../src/queues/waiters.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';

const QUEUE = 1;

/** Creates a queue of numbers, of which each poll takes one, and a record of all looks. */
function makeLine() {
  const clock = new VirtualClock();
  const messages: number[] = [];
  const waiters = new Waiters(clock, async () => (messages.length > 0 ? clock.now() : undefined));
  const looks: number[] = [];
  const served: [waiter: number, message: number][] = [];
  const poll = (waiter: number, signal = new AbortController().signal) =>
    waiters
      .poll({
        ...{ queueId: QUEUE, deadline: clock.now() + 20_000, signal },
        look: async () => {
          looks.push(waiter);
          return messages.shift();
        },
      })
      .then((message) => {
        if (message !== undefined) served.push([waiter, message]);
      });
  const send = (message: number) => {
    messages.push(message);
    waiters.announce(QUEUE, clock.now());
  };
  /** Waits until all promises have settled, which they do before the next turn of the event loop. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, messages, waiters, looks, served, poll, send, settle };
}

async function withWaiters(count: number) {
  const line = makeLine();
  const polls = Array.from({ length: count }, (_, waiter) => line.poll(waiter));
  await line.settle();
  line.looks.length = 0;
  return { ...line, polls };
}

describe('A message', () => {
  it('wakes only the first of a thousand waiting polls, in the same turn of the event loop', async () => {
    const { looks, served, send, settle } = await withWaiters(1000);
    send(1);
    await settle();
    expect(served).toEqual([[0, 1]]);
    expect(looks).toEqual([0]);
  });

  it('wakes no poll twice: a thousand messages cost a thousand looks', async () => {
    const { looks, served, send, polls } = await withWaiters(1000);
    for (let message = 0; message < 1000; message++) send(message);
    await Promise.all(polls);
    expect(served).toEqual(Array.from({ length: 1000 }, (_, n) => [n, n]));
    expect(looks).toHaveLength(1000);
  });

  it('skips a poll whose client has gone, which no longer looks', async () => {
    const { looks, served, poll, send, settle } = await withWaiters(0);
    const client = new AbortController();
    const gone = poll(0, client.signal);
    void poll(1);
    await settle();
    client.abort();
    await gone;
    looks.length = 0;
    send(1);
    await settle();
    expect(served).toEqual([[1, 1]]);
    expect(looks).toEqual([1]);
  });

  it('wakes the next poll if the client of the woken one goes away at that moment', async () => {
    const { served, poll, send, settle } = await withWaiters(0);
    const client = new AbortController();
    void poll(0, client.signal);
    void poll(1);
    await settle();
    send(1);
    client.abort();
    await settle();
    expect(served).toEqual([[1, 1]]);
  });
});

describe('A change of a queue', () => {
  it.each(['wakeAll', 'wakeEveryone', 'close'] as const)('(%s) wakes all polls, but not in one turn', async (how) => {
    const { waiters, looks, settle } = await withWaiters(1000);
    if (how === 'wakeAll') waiters.wakeAll([QUEUE]);
    else waiters[how]();
    const inTurns: number[] = [];
    for (let before = 0; before < 1000; before = looks.length) {
      await settle();
      inTurns.push(looks.length - before);
    }
    expect(looks.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, waiter) => waiter));
    expect(Math.max(...inTurns)).toBeLessThanOrEqual(100);
  });

  it('does not take a message from the polls that it has yet to wake', async () => {
    const { waiters, served, send, polls } = await withWaiters(1000);
    waiters.wakeAll([QUEUE]);
    for (let message = 0; message < 1000; message++) send(message);
    await Promise.all(polls);
    expect(served.map(([, message]) => message).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, message) => message),
    );
  });
});

it('Waiting polls cost nothing while nothing happens: each looks only once, at its deadline', async () => {
  const { clock, looks, polls } = await withWaiters(100);
  await clock.advance(19_999);
  expect(looks).toEqual([]);
  await clock.advance(1);
  await Promise.all(polls);
  expect(looks).toHaveLength(100);
});

it('A poll that waits for as long as it takes sets no alarm: each backlog of a topic has one', async () => {
  const { clock, waiters, send, settle } = makeLine();
  const at = vi.spyOn(clock, 'at');
  const { signal } = new AbortController();
  let isThere = false;
  const look = async () => (isThere ? 'a message' : undefined);
  const found = waiters.poll({ queueId: QUEUE, deadline: Number.POSITIVE_INFINITY, signal, look });
  await settle();
  waiters.setBack(1000);
  expect(at).not.toHaveBeenCalled();
  isThere = true;
  send(1);
  expect(await found).toBe('a message');
});

it('A poll goes by the engine, not by an announcement of a later time, which any role of a database can forge', async () => {
  const { clock, settle } = makeLine();
  const dueAt = clock.now() + 1000;
  let asked = 0;
  const waiters = new Waiters(clock, async () => {
    asked++;
    return dueAt;
  });
  const { signal } = new AbortController();
  const look = async () => (clock.now() >= dueAt ? 'a message' : undefined);
  const found: (string | undefined)[] = [];
  for (let poll = 0; poll < 3; poll++) {
    const deadline = clock.now() + 20_000;
    void waiters.poll({ queueId: QUEUE, deadline, signal, look }).then((message) => found.push(message));
  }
  waiters.announce(QUEUE, clock.now() + 15_000);
  await settle();
  expect(asked).toBeLessThanOrEqual(3);
  await clock.advance(1000);
  await settle();
  expect(found).toEqual(Array(3).fill('a message'));
});

describe('The first poll of a line', () => {
  function attending() {
    const line = makeLine();
    const calls: string[] = [];
    let resolve = (_: () => void) => {};
    let reject = (_: Error) => {};
    const attend = (queueId: number) => {
      calls.push(`attend ${queueId}`);
      return new Promise<() => void>((...settle) => {
        [resolve, reject] = settle;
      });
    };
    const waiters = new Waiters(line.clock, async () => undefined, attend);
    const poll = (signal = new AbortController().signal) =>
      waiters.poll({
        ...{ queueId: QUEUE, deadline: line.clock.now() + 20_000, signal },
        look: async () => {
          calls.push('look');
          return undefined;
        },
      });
    return {
      ...line,
      waiters,
      poll,
      calls,
      begun: () => resolve(() => calls.push('end')),
      failed: () => reject(new Error('The database is away.')),
    };
  }

  it('looks once the engine attends to the queue, for as long as a poll waits', async () => {
    const { poll, calls, begun, settle, clock } = attending();
    const polls = [poll(), poll()];
    await settle();
    expect(calls).toEqual(['attend 1']);
    begun();
    await settle();
    expect(calls).toEqual(['attend 1', 'look', 'look']);
    await clock.advance(20_000);
    await Promise.all(polls);
    expect(calls).toEqual(['attend 1', 'look', 'look', 'look', 'look', 'end']);
    void poll();
    expect(calls.at(-1)).toBe('attend 1');
  });

  it('fails with all others if the engine cannot attend; the next one asks again', async () => {
    const { poll, calls, failed, begun, settle } = attending();
    const polls = [poll(), poll()];
    failed();
    for (const failing of polls) await expect(failing).rejects.toThrow('The database is away.');
    void poll();
    begun();
    await settle();
    expect(calls).toEqual(['attend 1', 'attend 1', 'look']);
  });
});
