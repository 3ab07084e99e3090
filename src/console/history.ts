/**
 * What the page has seen of each queue in the last 15 minutes: how many messages it held, and how many came and went.
 * The page forgets it when it is closed.
 */

import { signal } from '@preact/signals';
import type { QueueCounts } from '../control/queues/queues.ts';
import type { QueueKey } from './api.ts';
import { machineNow } from './timing.ts';

const KEPT_MS = 15 * 60_000;
/** More often than this, a sample says nothing new. */
const APART_MS = 900;
/** The queues whose samples are kept: those that were on screen last. */
const QUEUES_MAX = 100;

/** What a queue held at an instant of the machine's clock. */
export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  visible: number;
  inFlight: number;
  delayed: number;
  /** The age of the oldest message in milliseconds; undefined without messages. */
  oldestMs: number | undefined;
  /** Running totals of messages that came in, were received, and went out; undefined if Squab does not count them. */
  traffic: { in: number; received: number; out: number } | undefined;
}

const known = new Map<string, Sample[]>();

/** Increases with every sample. A component that reads it is drawn again. */
export const sampled = signal(0);

const keyOf = ({ region, account, name }: QueueKey) => `${region} ${account} ${name}`;

/** Notes what a queue holds now. `now` is the time of SQS, from which ages are counted. */
export function recordSample(counts: QueueCounts, now: number): void {
  const key = keyOf(counts);
  const at = machineNow();
  const samples = known.get(key) ?? [];
  if (at - (samples.at(-1)?.at ?? 0) < APART_MS) return;
  const { messages, oldestSentAt, traffic } = counts;
  const oldestMs = oldestSentAt === undefined ? undefined : Math.max(now - Date.parse(oldestSentAt), 0);
  samples.push({ at, ...messages, oldestMs, traffic });
  while (samples[0]!.at < at - KEPT_MS) samples.shift();
  // The queue seen last is at the end of the map, and the one seen longest ago is forgotten.
  known.delete(key);
  known.set(key, samples);
  if (known.size > QUEUES_MAX) known.delete(known.keys().next().value!);
  sampled.value += 1;
}

/** Returns the samples of a queue, the oldest first. */
export const samplesOf = (queue: QueueKey): readonly Sample[] => known.get(keyOf(queue)) ?? [];

/** Messages per second between a sample and the one before it; undefined if that is not known. */
export function ratesAt(samples: readonly Sample[], index: number): Sample['traffic'] {
  const [before, after] = [samples[index - 1], samples[index]];
  if (!before?.traffic || !after?.traffic) return undefined;
  const seconds = (after.at - before.at) / 1000;
  const { in: sent, received, out } = after.traffic;
  const rates = {
    in: (sent - before.traffic.in) / seconds,
    received: (received - before.traffic.received) / seconds,
    out: (out - before.traffic.out) / seconds,
  };
  // After a reset, the totals have started again. A long gap is one in which the page was hidden.
  return Math.min(rates.in, rates.received, rates.out) < 0 || seconds > 10 ? undefined : rates;
}

/** What the lines in the list of queues show: a value every two seconds, for three minutes. */
const LATELY_MS = 3 * 60_000;
const DEPTHS = 90;

/** Returns how many messages a queue has held in the last minutes. */
export function depthsOf(queue: QueueKey): readonly number[] {
  const from = machineNow() - LATELY_MS;
  const lately = samplesOf(queue).filter(({ at }) => at >= from);
  const apart = Math.ceil(lately.length / DEPTHS);
  // The latest sample is always among them.
  return lately
    .filter((_sample, index) => (lately.length - 1 - index) % apart === 0)
    .map(({ visible, inFlight, delayed }) => visible + inFlight + delayed);
}
