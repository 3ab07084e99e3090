/**
 * What became of queues and messages, as an engine tells it to who listens (`Store.onHappening`): once each, in order,
 * after it is as durable as the engine promises. Nothing is told while nobody listens, so that it costs nothing.
 */

import type { Millis } from '../time/clock.ts';
import type { MessageContent, Sent } from './message.ts';
import type { Queue } from './queue.ts';

/** A message in a queue, by the engine's key; a move gives it another queue, and may give it another key. */
interface OfMessage {
  queue: Queue;
  key: number;
}

export type Happening =
  | { kind: 'queue-created' | 'queue-changed' | 'queue-deleted' | 'purged'; queue: Queue }
  /** `visibleAt` is later than the sending for a delayed message. */
  | ({ kind: 'sent'; content: MessageContent; visibleAt: Millis } & OfMessage)
  /** A send was taken for a repetition of `original`. */
  | { kind: 'deduplicated'; queue: Queue; original: Sent; deduplicationKey: string }
  /** `receiver` is what the request said of itself. */
  | ({
      kind: 'received';
      messageId: string;
      receiveCount: number;
      visibleAt: Millis;
      receiver: string | undefined;
    } & OfMessage)
  /** A look that found nothing to hand out. */
  | { kind: 'empty-receive'; queue: Queue }
  | ({ kind: 'visibility-changed'; visibleAt: Millis } & OfMessage)
  | ({ kind: 'deleted' } & OfMessage)
  | ({ kind: 'expired' } & OfMessage)
  /** The message was received too often, and went to its dead-letter queue. */
  | ({ kind: 'dead-lettered'; to: OfMessage } & OfMessage)
  /** A message move task made a new message of it, in another queue. */
  | ({ kind: 'moved'; messageId: string; to: OfMessage } & OfMessage);

export type HappeningListener = (happening: Happening) => void;
