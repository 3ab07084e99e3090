/**
 * Explains what a receive from a queue would return now, or why it would be empty and what would change that; and
 * whether a send would be deduplicated. An explanation describes one instant and changes nothing.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { SqsError } from '../../errors.ts';
import { numberOf } from '../../queues/attributes.ts';
import type { Effect } from '../../queues/faults/faults.ts';
import { redriveOf } from '../../queues/redrive/redrive.ts';
import { type Prepared, prepareSend, singleSend } from '../../queues/send.ts';
import type { MessageState } from '../../storage/inspection.ts';
import type { Counts, MessageAttribute, Queue } from '../../storage/store.ts';
import { checked } from '../checked.ts';
import { type ControlContext, isoOf, noSuchQueue, queueNamed } from '../control-context.ts';
import { ENTRIES_AT_ONCE, type Entry } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import { type MessageReport, type QueueReference, reference, reportMessage } from '../journal/reports.ts';
import { attributesOf } from '../messages/add-message.ts';
import type { QueueName } from '../queue-name.ts';
import { hypotheticalSendShape } from './explain-shapes.ts';
import { IDS_LISTED, type QueueView, type Reason } from './queue-view.ts';
import { reasonsOf } from './reasons.ts';

/** What a receive would return now, and why. Instants are ISO 8601. */
export interface ReceiveExplanation {
  queue: QueueReference;
  at: string;
  /**
   * `over-limit`: too many messages are in flight, and a short poll would fail with `OverLimit`. `unknown`: it would
   * first move thousands of messages to the dead-letter queue, and the explanation does not look past them.
   */
  outcome: 'message' | 'nothing' | 'over-limit' | 'unknown';
  /** The whole explanation as sentences. */
  text: string;
  messages: Counts;
  /** The message that a receive would return. */
  next?: MessageReport;
  reasons: Reason[];
  /** The earliest time at which a receive may return a message, if nothing else happens first. */
  changesAt?: string;
}

/** What would happen to a message if it were sent now. Instants are ISO 8601. */
export interface SendExplanation {
  queue: QueueReference;
  at: string;
  outcome: 'sent' | 'deduplicated' | 'refused';
  text: string;
  visibleAt?: string;
  /** The message that it would duplicate, and when its deduplication interval ends. */
  original?: { messageId: string; until: string };
  /** The error code, if the outcome is `refused`. */
  code?: string;
}

/** The message of a hypothetical send. */
export interface HypotheticalSend {
  body: string;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
  delaySeconds?: number | undefined;
  attributes?: Readonly<Record<string, MessageAttribute>> | undefined;
}

/** Explains receives and sends. */
export class ExplainControl {
  readonly #context: ControlContext;
  readonly #journal: Journal;

  /** @internal */
  constructor(context: ControlContext, journal: Journal) {
    this.#context = context;
    this.#journal = journal;
  }

  /** Explains what a receive would return now. Throws ControlError (404) if the queue does not exist. */
  async receive(name: QueueName): Promise<ReceiveExplanation> {
    const queue = await queueNamed(this.#context, name);
    const view = await this.#view(queue);
    const { counts, next, now, changesAt } = view;
    const { text, reasons } = reasonsOf(view);
    const outcome = outcomeOf(view);
    return {
      queue: reference(queue),
      at: isoOf(now),
      outcome,
      text,
      messages: counts,
      ...(outcome === 'message' && { next: reportMessage(next!, queue.fifo, view.receiverOf(next!)) }),
      reasons,
      ...(outcome !== 'message' && changesAt !== undefined && { changesAt: isoOf(changesAt) }),
    };
  }

  /**
   * Explains what would happen to a message if it were sent now, without sending it. Throws ControlError: 400 for an
   * invalid message, 404 if the queue does not exist.
   */
  async send(name: QueueName, message: HypotheticalSend): Promise<SendExplanation> {
    const { attributes, ...input } = checked(hypotheticalSendShape(), message);
    const { env, inspection } = this.#context;
    const queue = await queueNamed(this.#context, name);
    const now = env.clock.now();
    const about = { queue: reference(queue), at: isoOf(now) };
    let prepared: Prepared;
    try {
      const sender = { id: queue.account, traceHeader: undefined };
      prepared = prepareSend(env, queue, { ...input, attributes: attributesOf(attributes) }, sender, singleSend);
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      return { ...about, outcome: 'refused', code: error.code, text: `It would be refused: ${error.message}` };
    }
    const { deduplication, deduplicationId, delayMs } = prepared.message;
    const original = deduplication && (await inspection.remembered(queue.id, deduplication.key, now));
    if (original) {
      const until = isoOf(original.until);
      const same = input.deduplicationId === undefined ? 'the same body' : `the deduplication ID ${deduplicationId}`;
      const duplicate = `a duplicate of message ${original.messageId}, which has ${same}`;
      const text = `Until ${until} it would be treated as ${duplicate}.`;
      return { ...about, outcome: 'deduplicated', text, original: { messageId: original.messageId, until } };
    }
    const visibleAt = isoOf(now + delayMs);
    const text =
      delayMs > 0
        ? `It would be sent as a new message, delayed until ${visibleAt}.`
        : 'It would be sent as a new message, visible immediately.';
    return { ...about, outcome: 'sent', text, visibleAt };
  }

  async #view(queue: Queue): Promise<QueueView> {
    const { env, inspection } = this.#context;
    const { store, clock, waiters, inFlightLimit } = env;
    const redrive = await redriveOf(env, queue);
    const now = clock.now();
    const peek = (state: MessageState) => inspection.peek(queue.id, { state, limit: IDS_LISTED }, now);
    const request = {
      max: 1,
      visibilityMs: numberOf(queue, 'VisibilityTimeout') * 1000,
      inFlightLimit,
      ...(redrive && { redrive }),
    };
    // If many messages have expired, this frees them, which may take a while.
    await store.counts(queue.id, now);
    // Requested in the same turn, these see the same state of the store.
    const [preview, counts, delayed, inFlight, blocked, all] = await Promise.all([
      inspection.preview(queue.id, request, now),
      store.counts(queue.id, now),
      peek('delayed'),
      peek('in-flight'),
      queue.fifo ? peek('blocked') : undefined,
      inspection.queues(),
    ]);
    if (!counts || !preview) throw noSuchQueue(queue);
    const { delivery, deadLettered, nextVisibleAt: changesAt } = preview;
    const isEmpty = counts.visible + counts.inFlight + counts.delayed === 0;
    return {
      ...{ queue, now, counts, inFlightLimit, changesAt },
      isFull: delivery === 'over-limit',
      isUnknown: delivery === 'unfinished',
      first: {
        delayed: delayed?.messages ?? [],
        'in-flight': inFlight?.messages ?? [],
        blocked: blocked?.messages ?? [],
      },
      atMaxReceives: deadLettered,
      next: typeof delivery === 'string' ? undefined : delivery[0],
      redrive: redrive && {
        ...redrive,
        name: all.find(({ id }) => id === redrive.targetId)?.name ?? redrive.sourceArn,
      },
      waiting: waiters.waiting(queue.id),
      faultRules: this.#faultRules(queue),
      lastEnd: isEmpty ? await this.#lastEnd(queue) : undefined,
      receiverOf: ({ key }) => this.#journal.receiverOf(key),
    };
  }

  #faultRules(queue: Queue): string[] {
    const target = { operation: 'ReceiveMessage', queues: [queue] };
    const rules = this.#context.env.faults?.pending(target) ?? [];
    return rules.filter(({ effect }) => changesReceives(effect, queue.fifo)).map(({ id }) => id);
  }

  async #lastEnd(queue: Queue): Promise<QueueView['lastEnd']> {
    for (const entry of this.#journal.entries.backwards()) {
      if (entry.id % ENTRIES_AT_ONCE === 0) await nextTurn();
      const text = entry.queue?.id === queue.id ? endWords(entry) : undefined;
      if (text !== undefined) return { at: entry.at, text };
    }
    return undefined;
  }
}

/** Returns whether an effect may change what a receive of one message returns. */
function changesReceives({ type }: Effect, fifo: boolean): boolean {
  return type === 'error' || type === 'drop' || type === 'empty-receive' || (type === 'reorder' && !fifo);
}

/** Says how an event took a message, or all of them, out of its queue; undefined for other events. */
function endWords({ kind, messageId, to }: Entry): string | undefined {
  const subject = messageId === undefined ? 'A message' : `Message ${messageId}`;
  switch (kind) {
    case 'deleted':
      return `${subject} was deleted`;
    case 'expired':
      return `${subject} expired`;
    case 'moved':
      return `${subject} was moved by a message move task`;
    case 'dead-lettered':
      return `${subject} was moved to the dead-letter queue ${to!.queue.name}`;
    case 'purged':
      return 'It was purged';
    case 'queue-deleted':
      return 'A snapshot has brought it back since it was deleted';
    case 'sent':
    case 'deduplicated':
    case 'received':
    case 'empty-receive':
    case 'visibility-changed':
    case 'function-succeeded':
    case 'function-failed':
    case 'function-throttled':
    case 'function-filtered':
    case 'queue-created':
    case 'queue-changed':
      return undefined;
  }
}

function outcomeOf({ queue, next, isFull, isUnknown }: QueueView): ReceiveExplanation['outcome'] {
  if (isUnknown) return 'unknown';
  // A FIFO queue never fails with OverLimit: its receives return nothing instead.
  if (isFull && !queue.fifo) return 'over-limit';
  return next ? 'message' : 'nothing';
}
