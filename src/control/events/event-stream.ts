/**
 * Writes events as an HTTP response of server-sent events (HTML standard, section 9.2), for `curl -N` and
 * EventSource.
 */

import { printable } from '../../printable.ts';
import type { Clock } from '../../time/clock.ts';
import { isoOf } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import type { Kind } from '../journal/entries.ts';
import type { EventReport } from '../journal/reports.ts';
import { TOPIC_KINDS } from '../journal/topic-events.ts';
import type { EventIterator, MissedEvents } from './events.ts';

/**
 * Without an event for this long, the stream sends a comment: it keeps proxies from closing the connection, and detects
 * clients that have disconnected.
 */
const HEARTBEAT_MS = 15_000;

/** All kinds of events. */
export const KINDS = [
  ...['queue-created', 'queue-changed', 'queue-deleted', 'purged', 'sent', 'deduplicated', 'received'],
  ...['empty-receive', 'visibility-changed', 'deleted', 'expired', 'dead-lettered', 'moved'],
  ...['function-succeeded', 'function-failed', 'function-throttled', 'function-filtered'],
  ...TOPIC_KINDS,
] as readonly Kind[];

/**
 * Yields each event with its ID, from which a client can continue after a lost connection. Ends when the follower
 * ends or `signal` is aborted.
 */
export function eventStream(follower: EventIterator, signal: AbortSignal, realTime: Clock): AsyncGenerator<string> {
  const stop = () => void follower.return();
  // Not inside the generator: if the client disconnects before the first read, the generator's body never runs.
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return lines(follower, stop, realTime);
}

async function* lines(follower: EventIterator, stop: () => void, realTime: Clock): AsyncGenerator<string> {
  yield ': events of Squab\n\n';
  try {
    for (let next = follower.next(); ; ) {
      const event = await orHeartbeat(next, realTime);
      if (event === 'heartbeat') {
        yield `: heartbeat, ${isoOf(realTime.now())}\n\n`;
        continue;
      }
      if (event.done) return;
      const { value } = event;
      yield sharedText(value);
      next = follower.next();
    }
  } finally {
    stop();
  }
}

/** The texts of reports that several streams share. */
const texts = new WeakMap<EventReport | MissedEvents, string>();

/** Prints an event, once for all streams. */
function sharedText(event: EventReport | MissedEvents): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const head = event.kind === 'missed' ? 'event: missed' : `id: ${event.id}`;
  // Users read the stream in a terminal, with `curl -N`.
  const text = `${head}\ndata: ${printable(JSON.stringify(event))}\n\n`;
  // The count of missed events may still grow.
  if (event.kind !== 'missed') texts.set(event, text);
  return text;
}

/** Resolves with `wanted`, or with `heartbeat` if that takes longer than HEARTBEAT_MS. */
function orHeartbeat<T>(wanted: Promise<T>, realTime: Clock): Promise<T | 'heartbeat'> {
  return new Promise((resolve, reject) => {
    const cancel = realTime.at(realTime.now() + HEARTBEAT_MS, () => resolve('heartbeat'));
    wanted.then(resolve, reject).finally(cancel);
  });
}

/** Parses a list of event kinds such as `sent,deleted`. Throws ControlError (400) if it contains an unknown kind. */
export function kindsIn(text: string): Kind[] {
  return text.split(',').map((word) => {
    const kind = KINDS.find((known) => known === word.trim());
    if (kind) return kind;
    throw new ControlError(400, `Unknown event kind ${JSON.stringify(word)}. The kinds are: ${KINDS.join(', ')}.`);
  });
}
