/** What waiting costs: who is woken, how often, and how soon. Long polls as a client sees them are in long-polling.test.ts. */

import { describe, expect, it } from 'vitest';
import { Waiters } from '../../src/queues/waiters.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';

const QUEUE = 1;

/** A queue of numbers that polls take one of, and an account of their looks. */
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
  /** Lets promises settle, which they do before the event loop's next turn. */
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

describe('a message', () => {
  it('wakes one waiter of a thousand, the first, and in the same turn of the event loop', async () => {
    const { looks, served, send, settle } = await withWaiters(1000);
    send(1);
    await settle();
    expect(served).toEqual([[0, 1]]);
    expect(looks).toEqual([0]);
  });

  it('wakes nobody twice: a thousand messages cost a thousand looks', async () => {
    const { looks, served, send, polls } = await withWaiters(1000);
    for (let message = 0; message < 1000; message++) send(message);
    await Promise.all(polls);
    expect(served).toEqual(Array.from({ length: 1000 }, (_, n) => [n, n]));
    expect(looks).toHaveLength(1000);
  });

  it('passes by a waiter whose client is gone, which does not look any more', async () => {
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

  it('goes to the next waiter when the one that it woke goes away in that moment', async () => {
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

it('waiters cost nothing while nothing happens: nobody looks until the deadline, and then each once', async () => {
  const { clock, looks, polls } = await withWaiters(100);
  await clock.advance(19_999);
  expect(looks).toEqual([]);
  await clock.advance(1);
  await Promise.all(polls);
  expect(looks).toHaveLength(100);
});
