/**
 * How many messages the verbs of a burst may have sent and received that are not in the counts yet: the statements of a
 * burst start before the answers to those before them are known.
 */

import type { Millis } from '../../../time/clock.ts';
import type { Turn } from '../serial.ts';

interface Uncounted {
  sent: number;
  received: number;
}

const started = new WeakMap<Turn, Map<number, Uncounted>>();

function startedIn(turn: Turn, generation: number): Uncounted {
  const ofTurn = started.get(turn) ?? new Map<number, Uncounted>();
  started.set(turn, ofTurn);
  const known = ofTurn.get(generation) ?? { sent: 0, received: 0 };
  ofTurn.set(generation, known);
  return known;
}

/** Must be called when a statement starts that sends messages. */
export function startSending(turn: Turn, generation: number, messages: number): void {
  startedIn(turn, generation).sent += messages;
}

/** Must be called when a statement starts that receives up to `max` messages, unless `counts` knows its result. */
export function startReceiving(turn: Turn, generation: number, max: number): void {
  startedIn(turn, generation).received += max;
}

/** Returns the most that the table of counts may not have yet. Some of it may be counted twice. */
export function uncountedOf(turn: Turn, generation: number, now: Millis): Uncounted {
  const { sent, received } = startedIn(turn, generation);
  const { messages, inFlight } = turn.counts.of(generation, now);
  return { sent: sent + Math.max(messages, 0), received: received + Math.max(inFlight, 0) };
}
