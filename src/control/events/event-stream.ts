/** Events as an HTTP answer: server-sent events (HTML standard, section 9.2), which `curl -N` and EventSource understand. */

import type { Clock } from '../../time/clock.ts';
import { isoOf } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import type { Kind } from '../journal/entries.ts';
import type { Follower } from './events.ts';

/** A comment after so long without an event keeps proxies from ending the connection, and finds out who is gone. */
const HEARTBEAT_MS = 15_000;

export const KINDS = [
  ...['queue-created', 'queue-changed', 'queue-deleted', 'purged', 'sent', 'deduplicated', 'received'],
  ...['empty-receive', 'visibility-changed', 'deleted', 'expired', 'dead-lettered', 'moved'],
] as readonly Kind[];

/** Each event with its id, to go on from after a break, until the follower or the signal ends it. */
export function eventStream(follower: Follower, signal: AbortSignal, realTime: Clock): AsyncGenerator<string> {
  const leave = () => void follower.return();
  // Not in the generator: of a stream whose client is gone before it is read, no line of that is ever run.
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  return lines(follower, leave, realTime);
}

async function* lines(follower: Follower, leave: () => void, realTime: Clock): AsyncGenerator<string> {
  yield ': what happens in Squab\n\n';
  try {
    for (let next = follower.next(); ; ) {
      const event = await beforeLong(next, realTime);
      if (event === 'long') {
        yield `: still here, ${isoOf(realTime.now())}\n\n`;
        continue;
      }
      if (event.done) return;
      const { value } = event;
      const head = value.kind === 'missed' ? 'event: missed' : `id: ${value.id}`;
      yield `${head}\ndata: ${JSON.stringify(value)}\n\n`;
      next = follower.next();
    }
  } finally {
    leave();
  }
}

function beforeLong<T>(wanted: Promise<T>, realTime: Clock): Promise<T | 'long'> {
  return new Promise((resolve, reject) => {
    const cancel = realTime.at(realTime.now() + HEARTBEAT_MS, () => resolve('long'));
    wanted.then(resolve, reject).finally(cancel);
  });
}

/** The kinds that a text such as `sent,deleted` names. Throws ControlError. */
export function kindsIn(text: string): Kind[] {
  return text.split(',').map((word) => {
    const kind = KINDS.find((known) => known === word.trim());
    if (kind) return kind;
    throw new ControlError(400, `There is no kind of event ${JSON.stringify(word)}. There are: ${KINDS.join(', ')}.`);
  });
}
