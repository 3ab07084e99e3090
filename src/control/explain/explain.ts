/**
 * Explains a queue: what a receive would get now, or why it would come back empty, and what would change that; and whether a
 * send would be taken for a repetition. What is told is of one instant, and nothing changes by it.
 */

import { SqsError } from '../../errors.ts';
import { redriveOf } from '../../queues/redrive/redrive.ts';
import { type Prepared, prepareSend, singleSend } from '../../queues/send.ts';
import type { MessageState, PeekedMessage } from '../../storage/inspection.ts';
import type { Counts, Queue } from '../../storage/store.ts';
import { type ControlContext, isoOf, noSuchQueue, type QueueName, queueNamed } from '../control-context.ts';
import type { Journal } from '../journal/journal.ts';
import { isEnd } from '../journal/journal.ts';
import { type MessageReport, type QueueReference, reference, reportMessage } from '../journal/reports.ts';
import { NAMED, type Outlook, type Reason } from './outlook.ts';
import { reasonsOf } from './reasons.ts';

/** So far ahead it is looked for a message that may be received once more. */
const LOOKED_AHEAD = 100;

/** What a receive would get now, and why; instants are ISO 8601. */
export interface ReceiveExplanation {
  queue: QueueReference;
  at: string;
  outcome: 'message' | 'nothing' | 'over-limit';
  /** All of it in words. */
  text: string;
  messages: Counts;
  /** The message that a receive would get. */
  next?: MessageReport;
  reasons: Reason[];
  /** When a receive may find something by itself. */
  changesAt?: string;
}

/** What would become of a message if it were sent now. */
export interface SendExplanation {
  queue: QueueReference;
  at: string;
  outcome: 'sent' | 'deduplicated' | 'refused';
  text: string;
  visibleAt?: string;
  /** The message that it would be taken for a repetition of, and until when. */
  original?: { messageId: string; until: string };
  /** The code of the refusal. */
  code?: string;
}

export interface HypotheticalSend {
  body: string;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
  delaySeconds?: number | undefined;
}

export class ExplainControl {
  readonly #context: ControlContext;
  readonly #journal: Journal;

  constructor(context: ControlContext, journal: Journal) {
    this.#context = context;
    this.#journal = journal;
  }

  /** Why a receive would get what it would get. Throws ControlError when there is no such queue. */
  async receive(name: QueueName): Promise<ReceiveExplanation> {
    const queue = await queueNamed(this.#context, name);
    const outlook = await this.#outlook(queue);
    const { counts, next, now, changesAt } = outlook;
    const isFull = counts.inFlight >= outlook.inFlightLimit;
    const { text, reasons } = reasonsOf(outlook);
    const outcome = isFull ? (queue.fifo ? 'nothing' : 'over-limit') : next ? 'message' : 'nothing';
    return {
      queue: reference(queue),
      at: isoOf(now),
      outcome,
      text,
      messages: counts,
      ...(outcome === 'message' && { next: reportMessage(next!, queue.fifo, outlook.receiverOf(next!)) }),
      reasons,
      ...(outcome !== 'message' && changesAt !== undefined && { changesAt: isoOf(changesAt) }),
    };
  }

  /** What would become of a message if it were sent now. Throws ControlError when there is no such queue. */
  async send(name: QueueName, { body, ...input }: HypotheticalSend): Promise<SendExplanation> {
    const { env, inspection } = this.#context;
    const queue = await queueNamed(this.#context, name);
    const now = env.clock.now();
    const about = { queue: reference(queue), at: isoOf(now) };
    let prepared: Prepared;
    try {
      const sender = { id: queue.account, traceHeader: undefined };
      prepared = prepareSend(env, queue, { body, ...input }, sender, singleSend);
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      return { ...about, outcome: 'refused', code: error.code, text: `It would be refused: ${error.message}` };
    }
    const { deduplication, deduplicationId, delayMs } = prepared.message;
    const original = deduplication && (await inspection.remembered(queue.id, deduplication.key, now));
    if (original) {
      const until = isoOf(original.until);
      const same = input.deduplicationId === undefined ? 'the same body' : `the deduplication id ${deduplicationId}`;
      const text = `It would be taken for a repetition of message ${original.messageId}, which has ${same}, until ${until}.`;
      return { ...about, outcome: 'deduplicated', text, original: { messageId: original.messageId, until } };
    }
    const visibleAt = isoOf(now + delayMs);
    const text =
      delayMs > 0
        ? `It would be a new message, delayed until ${visibleAt}.`
        : 'It would be a new message, visible at once.';
    return { ...about, outcome: 'sent', text, visibleAt };
  }

  async #outlook(queue: Queue): Promise<Outlook> {
    const { env, inspection } = this.#context;
    const { store, clock, waiters, inFlightLimit } = env;
    const redrive = await redriveOf(env, queue);
    const now = clock.now();
    const peek = (state: MessageState) => inspection.peek(queue.id, { state, limit: NAMED }, now);
    // Asked for together, they are carried out together, and see the same.
    const [counts, front, delayed, inFlight, blocked, changesAt, all] = await Promise.all([
      store.counts(queue.id, now),
      inspection.front(queue.id, LOOKED_AHEAD, now),
      peek('delayed'),
      peek('in-flight'),
      queue.fifo ? peek('blocked') : undefined,
      store.nextVisibleAt(queue.id, inFlightLimit, now),
      inspection.queues(),
    ]);
    if (!counts || !front) throw noSuchQueue(queue);
    const isTooOften = ({ receivesHere }: PeekedMessage) =>
      redrive !== undefined && receivesHere >= redrive.maxReceiveCount;
    const nextIndex = front.findIndex((message) => !isTooOften(message));
    return {
      ...{ queue, now, counts, inFlightLimit, changesAt },
      first: {
        delayed: delayed?.messages ?? [],
        'in-flight': inFlight?.messages ?? [],
        blocked: blocked?.messages ?? [],
      },
      tooOften: nextIndex === -1 ? front : front.slice(0, nextIndex),
      next: front[nextIndex],
      redrive: redrive && {
        ...redrive,
        name: all.find(({ id }) => id === redrive.targetId)?.name ?? redrive.sourceArn,
      },
      waiting: waiters.waiting(queue.id),
      lastEnd: this.#lastEnd(queue),
      receiverOf: ({ key }) => this.#journal.receiverOf(key),
    };
  }

  #lastEnd(queue: Queue): Outlook['lastEnd'] {
    for (const entry of this.#journal.entries.backwards()) {
      if (entry.queue.id !== queue.id || !(isEnd(entry) || entry.kind === 'dead-lettered')) continue;
      const what = entry.messageId === undefined ? 'A message' : `Message ${entry.messageId}`;
      const happened = { deleted: 'was deleted', expired: 'expired', moved: 'was moved away' };
      if (entry.kind === 'purged') return { at: entry.at, text: 'It was purged' };
      if (entry.kind === 'dead-lettered')
        return { at: entry.at, text: `${what} was moved to the dead-letter queue ${entry.to!.queue.name}` };
      return { at: entry.at, text: `${what} ${happened[entry.kind as keyof typeof happened]}` };
    }
    return undefined;
  }
}
