/**
 * How much memory queues, topics and subscriptions may need. Every engine has all topics and subscriptions in memory, and
 * SQLite all queues, whatever keeps the messages. V8 ends the process when its heap reaches a limit, and would do so again
 * at each start, so there is a bound: what would exceed it is refused.
 *
 * Sizes are estimates, and rather too large than too small.
 */

import { getHeapStatistics } from 'node:v8';
import { resourceLimits } from 'node:worker_threads';
import { StoreUnavailable } from './store.ts';
import type { Subscription, Topic } from './topics.ts';

/** The share of V8's heap. At the start, everything is in memory twice while it is read. */
const SHARE = 0.25;

/** A queue without its texts and messages. */
export const QUEUE_BYTES = 4000;
/** A topic or subscription without its texts. */
const RECORD_BYTES = 1500;
/** What waits for the messages of a subscription's own backlog, and delivers them. */
const LINE_BYTES = 5000;

/** A queue, topic, subscription or event source mapping is refused; everything else works as before. */
export class CatalogueFull extends StoreUnavailable {}

export class CatalogueBound {
  readonly #max: number;
  #used = 0;

  /** `max`: how many bytes may be in use. */
  constructor(max = Math.floor(heapBytes() * SHARE)) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  /** Throws CatalogueFull if something grows by this many bytes, and there is no room for them. */
  check(bytes: number): void {
    if (bytes <= 0 || this.#used + bytes <= this.#max) return;
    throw new CatalogueFull(
      `There are too many queues, topics and subscriptions: they need ${mebibytes(this.#max)} MiB, as much as Squab keeps ` +
        "in memory. Delete some, or raise Node's limit, of which this is a quarter, with " +
        'NODE_OPTIONS=--max-old-space-size=MEBIBYTES.',
    );
  }

  /** Counts bytes that are in use from now on, or, if negative, are no longer. */
  use(bytes: number): void {
    this.#used += bytes;
  }
}

/**
 * Returns how large V8's heap can become with objects that stay. V8's own limit also counts the space for new objects, which
 * has up to 192 MiB, even if `--max-old-space-size` or the limits of a worker thread leave less than that for the rest.
 */
export function heapBytes(): number {
  const flags = [process.env.NODE_OPTIONS, ...process.execArgv].join(' ');
  const given = [...flags.matchAll(/--max[-_]old[-_]space[-_]size[= ](\d+)/g)].at(-1)?.[1];
  // 0 stands for V8's default, as in V8.
  const sizes = [given, resourceLimits.maxOldGenerationSizeMb].map((size) => Number(size) || Number.POSITIVE_INFINITY);
  return Math.min(getHeapStatistics().heap_size_limit, ...sizes.map((size) => size * 1024 * 1024));
}

/** Returns how much memory a text needs. V8 stores a character in one byte if all of them are Latin-1, else in two. */
export function bytesOfText(text: string | undefined): number {
  if (text === undefined) return 0;
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}

/** Returns how much memory the texts of a map need. */
export function bytesOfTexts(map: ReadonlyMap<string, string>): number {
  let bytes = 0;
  for (const [name, value] of map) bytes += bytesOfText(name) + bytesOfText(value);
  return bytes;
}

export function bytesOfTopic(topic: Topic | undefined): number {
  return topic ? RECORD_BYTES + bytesOfTexts(topic.attributes) + bytesOfTexts(topic.tags) : 0;
}

export function bytesOfSubscription(subscription: Subscription | undefined): number {
  if (!subscription) return 0;
  const { endpoint, token, attributes, backlogId } = subscription;
  const line = backlogId === undefined ? 0 : LINE_BYTES;
  // The key with which a topic finds the subscription contains the endpoint, too.
  return RECORD_BYTES + line + 2 * bytesOfText(endpoint) + bytesOfText(token) + bytesOfTexts(attributes);
}

export const mebibytes = (bytes: number) => Math.floor(bytes / 1024 / 1024);
