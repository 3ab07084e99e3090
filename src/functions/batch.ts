/**
 * Gathers the messages of a batch with long polls. A batch is complete when it has BatchSize messages, when its window
 * has ended, which begins with its first message, or when another message would make the event too long. Without a
 * window, it has the messages of one receive. Messages that match no filter are deleted; those on which the filters would
 * take too long are left alone, as if the function had failed.
 * Source: Lambda developer guide, "Using Lambda with Amazon SQS", "Batching behavior".
 */

import { numberOf } from '../queues/attributes.ts';
import type { Env } from '../queues/env.ts';
import { MESSAGE_BYTES_MAX, RECEIVE_MESSAGES_MAX } from '../queues/limits.ts';
import { type Look, type Received, receive } from '../queues/receive.ts';
import type { Mapping } from '../storage/mappings.ts';
import type { Queue } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';
import { EMPTY_EVENT_BYTES, type Entry, eventOf, recordOf } from './event.ts';
import type { EventRoom, Hold } from './event-room.ts';
import type { FilterLine, Filters } from './filters.ts';
import { BATCH_BYTES_MIN } from './lambda-limits.ts';
import type { LeftOver } from './left-over.ts';

/** How long a poll lasts. It ends earlier when there is something to do. */
const POLL_SECONDS = 86_400;
/** The same on a queue of another account, whose policy is looked at before each poll: the longest poll of a client. */
const FOREIGN_POLL_SECONDS = 20;

export interface Batch {
  queue: Queue;
  entries: readonly Received[];
  event: Buffer;
  /** When the first of the messages becomes visible again. */
  visibleAt: Millis;
}

export interface Gathering {
  env: Env;
  queue: Queue;
  mapping: Mapping;
  filters: Filters;
  filterLine: FilterLine;
  leftOver: LeftOver;
  /** How many bytes the event may have. One message may have more. */
  bytesMax: number;
  /** No message is taken without room in memory, which the hold counts. */
  room: EventRoom;
  hold: Hold;
  /** Ends the gathering; the batch then has the messages gathered so far. */
  signal: AbortSignal;
  /** The name of the receiver in events. */
  receiver: string;
  /** Resolves to whether the policy of a queue of another account allows another poll. The first one is allowed. */
  mayPollAgain(): Promise<boolean>;
  /** Receives the messages that no filter matched, before they are deleted. */
  onFiltered(messages: readonly Received[]): void;
  /** Receives the messages on which the filters would take too long. */
  onUndecided(messages: readonly Received[]): void;
}

/**
 * Resolves to the next batch; to none if the signal was aborted before there was a message. Throws `QueueDoesNotExist`.
 */
export async function gather(gathering: Gathering): Promise<Batch | undefined> {
  const { env, queue, mapping, bytesMax, room, hold } = gathering;
  const full = new AbortController();
  const signal = AbortSignal.any([gathering.signal, full.signal]);
  const { batchSize, windowSeconds } = mapping.settings;
  const isForeign = mapping.account !== queue.account;
  const pollSeconds = isForeign ? FOREIGN_POLL_SECONDS : POLL_SECONDS;
  /** By their keys. */
  const entries = new Map<number, Entry>();
  let bytes = EMPTY_EVENT_BYTES;
  const leftOver: Entry[] = [];
  let windowEndsAt = Number.POSITIVE_INFINITY;
  const add = (found: readonly Entry[]) => {
    for (const entry of found) {
      const { key } = entry.message.receipt;
      // A message whose visibility timeout ends within the window is received again. Its older receipt is void.
      const before = entries.get(key);
      // The comma between two records also counts.
      const more = entry.bytes - (before ? before.bytes : -1);
      const fits = entries.size === 0 || bytes + more <= bytesMax;
      if (!fits || leftOver.length > 0) leftOver.push(entry);
      else {
        entries.set(key, entry);
        bytes += more;
        windowEndsAt = Math.min(windowEndsAt, entry.receivedAt + windowSeconds * 1000);
      }
    }
  };
  const count = (expected = 0) => hold.set(leftOver.reduce((sum, entry) => sum + entry.bytes, bytes + expected));
  // Others may have been received elsewhere by now.
  add(gathering.leftOver.take().filter(({ visibleAt }) => visibleAt > env.clock.now()));
  count();
  const guard = async (look: Look) => {
    if (room.isFull) {
      full.abort();
      return [];
    }
    count(Math.max(MESSAGE_BYTES_MAX, bytesMax - bytes));
    const found = await look();
    if (found.length === 0 || found === 'over-limit') count();
    return found;
  };
  while (entries.size < batchSize && leftOver.length === 0) {
    const now = env.clock.now();
    if (signal.aborted || now >= windowEndsAt || (entries.size > 0 && windowSeconds === 0)) break;
    const max = Math.min(RECEIVE_MESSAGES_MAX, batchSize - entries.size);
    const next = async () => {
      if (isForeign && entries.size > 0 && !(await gathering.mayPollAgain())) return undefined;
      // Looking at the policy may have taken until after the end of the window.
      const waitMs = Math.max(0, Math.min(pollSeconds * 1000, windowEndsAt - env.clock.now()));
      return poll(gathering, { max, waitMs, bytes: bytesMax - bytes, guard, signal });
    };
    const found = await next().catch((error) => {
      // The messages gathered so far can be handled nevertheless.
      if (entries.size === 0) throw error;
      return undefined;
    });
    if (!found) break;
    add(found);
    // The policy of the queue may have changed during the poll.
    if (isForeign && entries.size === 0) break;
  }
  gathering.leftOver.keep(leftOver);
  if (entries.size === 0) return undefined;
  hold.set(Math.max(bytes, BATCH_BYTES_MIN));
  const all = [...entries.values()];
  return {
    queue,
    entries: all.map(({ message, receiptHandle }) => ({ message, receiptHandle })),
    event: Buffer.from(eventOf(all.map(({ record }) => record))),
    visibleAt: Math.min(...all.map(({ visibleAt }) => visibleAt)),
  };
}

interface Poll {
  max: number;
  waitMs: Millis;
  /** The room that is left in the event. */
  bytes: number;
  guard: (look: Look) => ReturnType<Look>;
  signal: AbortSignal;
}

/** Receives messages, and deletes those that match no filter. */
async function poll(gathering: Gathering, { max, waitMs, bytes, guard, signal }: Poll): Promise<Entry[]> {
  const { env, queue, receiver, filters, filterLine, onFiltered, onUndecided } = gathering;
  const received = await receive(
    env,
    queue,
    { max, overrides: { waitSeconds: waitMs / 1000, bytes, guard } },
    () => signal,
    () => receiver,
  );
  if (received.length === 0) return [];
  // The clock may have been set back to before a message was sent, which then counts as received when it was sent.
  const now = env.clock.now();
  // The queue may have been changed while the receive waited.
  const visibilityMs = numberOf((await env.store.findQueue(queue)) ?? queue, 'VisibilityTimeout') * 1000;
  const entries: Entry[] = [];
  const filtered: Received[] = [];
  const undecided: Received[] = [];
  for (const one of received) {
    const value = recordOf(one, queue);
    const matches = await filterLine.match(filters, value);
    if (!matches) {
      (matches === undefined ? undecided : filtered).push(one);
      continue;
    }
    const record = JSON.stringify(value);
    const receivedAt = Math.min(one.message.receipt.receivedAt, now);
    entries.push({
      ...one,
      ...{ record, bytes: Buffer.byteLength(record), receivedAt, visibleAt: receivedAt + visibilityMs },
    });
  }
  if (undecided.length > 0) onUndecided(undecided);
  if (filtered.length > 0) {
    onFiltered(filtered);
    const receipts = filtered.map(({ message }) => message.receipt);
    await env.store.delete(queue.id, receipts, env.clock.now());
  }
  return entries;
}
