/**
 * The events that an engine reports to its listener (`Store.onHappening`). It reports each event once, in order, and
 * only after the event is as durable as the engine promises. Without a listener it records nothing, so that events
 * cost nothing. Hidden queues (hidden.ts) have no events.
 */

import type { Millis } from '../time/clock.ts';
import type { MessageContent, Publication, Sent } from './message.ts';
import type { Queue } from './queue.ts';

/** A message in a queue, by the engine's key. A move changes its queue, and may change its key. */
interface OfMessage {
  queue: Queue;
  key: number;
}

export type Happening =
  | { kind: 'queue-created' | 'queue-changed' | 'queue-deleted' | 'purged'; queue: Queue }
  /** For a delayed message, `visibleAt` is later than the time of sending. */
  | ({
      kind: 'sent';
      content: MessageContent;
      visibleAt: Millis;
      /** The publication that the message comes from. */
      publication?: Publication | undefined;
    } & OfMessage)
  /** A send was recognized as a duplicate of `original`. */
  | { kind: 'deduplicated'; queue: Queue; original: Sent; deduplicationKey: string }
  /** `receiver` is the name that the request gave itself (`ReceiveRequest.receiver`). */
  | ({
      kind: 'received';
      messageId: string;
      receiveCount: number;
      visibleAt: Millis;
      receiver: string | undefined;
    } & OfMessage)
  /** A receive found no message to hand out. */
  | { kind: 'empty-receive'; queue: Queue }
  | ({ kind: 'visibility-changed'; visibleAt: Millis } & OfMessage)
  | ({ kind: 'deleted' } & OfMessage)
  /**
   * A function was invoked with the message, could not be invoked, or does not get the message because of its filters.
   * An engine reports none of these: the code that invokes functions does.
   */
  | ({
      kind: 'function-succeeded' | 'function-failed' | 'function-throttled' | 'function-filtered';
      messageId: string;
      functionName: string;
      /** Completes "Function f failed: …". */
      reason?: string | undefined;
    } & OfMessage)
  | ({ kind: 'expired' } & OfMessage)
  /** The message moved to the dead-letter queue: it was received too often, or `Inspection.deadLetter` moved it. */
  | ({ kind: 'dead-lettered'; to: OfMessage } & OfMessage)
  /** A message move task turned the message into a new message in another queue. */
  | ({ kind: 'moved'; messageId: string; to: OfMessage } & OfMessage);

/** Hears the events of a turn of the event loop together: one call for each event would cost more than the events. */
export type HappeningListener = (happenings: readonly Happening[]) => void;
