/**
 * Messages: looked at without being received, found by their ids, with what happened to them; and deleted, dead-lettered or sent
 * again by hand.
 */

import { redriveOf } from '../../queues/redrive/redrive.ts';
import { prepareSend, send, singleSend } from '../../queues/send.ts';
import type { MessageState, PeekedMessage, PeekMark } from '../../storage/inspection.ts';
import type { MessageContent, Queue } from '../../storage/store.ts';
import { type ControlContext, type QueueName, queueNamed, refused } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import type { Events } from '../events/events.ts';
import type { Journal, JournalledMessage } from '../journal/journal.ts';
import {
  type EventReport,
  type MessageReport,
  type QueueReference,
  reference,
  reportContent,
  reportEvent,
  reportMessage,
} from '../journal/reports.ts';

/** A page ends after so many portions, or characters of bodies, though it may have less than its limit. */
const PORTIONS_MAX = 100;
const PAGE_CHARACTERS = 4_000_000;

export interface MessagePage {
  messages: MessageReport[];
  /** Asks for what is behind this page, also where it has nothing; undefined when there is nothing more. */
  next?: string | undefined;
}

export interface FoundMessage extends MessageReport {
  queue: QueueReference;
}

export interface History {
  messageId: string;
  /** Where it is, or was last. */
  queue: QueueReference;
  /** Whether it is there still; in a list, as far as the journal knows. */
  present: boolean;
  /** What it was sent with, where the journal has it. */
  content?: ReturnType<typeof reportContent> | undefined;
  /** The oldest first; empty for a message that the journal does not know (any more). */
  events: EventReport[];
}

interface Found {
  queue: Queue;
  message: PeekedMessage;
}

export class MessagesControl {
  readonly #context: ControlContext;
  readonly #journal: Journal;
  readonly #events: Events;

  constructor(context: ControlContext, journal: Journal, events: Events) {
    this.#context = context;
    this.#journal = journal;
    this.#events = events;
  }

  /**
   * Messages of a queue, however they stand, in the order of their sending; or those that stand in one way, in the order in
   * which they are or get visible. Nothing changes by it. 100 on a page, if nothing else is said.
   */
  async peek(
    name: QueueName,
    {
      state,
      limit = 100,
      after,
    }: { state?: MessageState | undefined; limit?: number; after?: string | undefined } = {},
  ): Promise<MessagePage> {
    const { inspection, env } = this.#context;
    const queue = await queueNamed(this.#context, name);
    const messages: MessageReport[] = [];
    let mark = after === undefined ? undefined : openMark(after);
    let characters = 0;
    for (let portions = 0; portions < PORTIONS_MAX && characters < PAGE_CHARACTERS; portions++) {
      const wanted = { state, limit: limit - messages.length, after: mark };
      const page = await inspection.peek(queue.id, wanted, env.clock.now());
      for (const message of page?.messages ?? []) {
        messages.push(this.#report(queue, message));
        characters += message.body.length;
      }
      mark = page?.next;
      if (!mark || messages.length === limit) break;
    }
    return { messages, ...(mark && { next: `${mark.key}.${mark.visibleAt}` }) };
  }

  /** Finds a message in its queue. Throws ControlError when it is in none, or not in the one that is named. */
  async find(messageId: string, name?: QueueName): Promise<FoundMessage> {
    const { queue, message } = await this.#find(messageId, name);
    return { queue: reference(queue), ...this.#report(queue, message) };
  }

  /** What happened to a message, also when it is gone. Throws ControlError when neither journal nor queues know it. */
  async history(messageId: string): Promise<History> {
    const { inspection, env } = this.#context;
    const known = this.#journal.find(messageId);
    if (known) {
      // What is expired may not be freed yet, and so not told of: a look at the queue does that. And a snapshot that is
      // restored takes messages away, and brings deleted ones back, of which nothing is told.
      const message = await inspection.look(known.queue.id, known.key, env.clock.now());
      const now = this.#journal.find(messageId) ?? known;
      const told = this.#tell(now);
      return { ...told, present: message !== undefined || (now.key !== known.key && told.present) };
    }
    const { queue } = await this.#find(messageId, undefined);
    return { messageId, queue: reference(queue), present: true, events: [] };
  }

  /** The messages that the journal knows, the one that it met last first. */
  recent(queue?: string, limit = 100): History[] {
    const found: History[] = [];
    for (const message of this.#journal.latest()) {
      if (found.length === limit) break;
      if (queue === undefined || message.queue.name === queue) found.push(this.#tell(message));
    }
    return found;
  }

  /** Deletes a message, however it stands. Throws ControlError when it is not there. */
  async delete(messageId: string, name?: QueueName): Promise<void> {
    const { queue, message } = await this.#find(messageId, name);
    const { inspection, env } = this.#context;
    if (!(await inspection.remove(queue.id, message.key, env.clock.now()))) throw notFound(messageId);
  }

  /** Gives a message to the dead-letter queue of its queue, as if it had been received too often; tells that queue. */
  async deadLetter(messageId: string, name?: QueueName): Promise<QueueReference> {
    const { inspection, env } = this.#context;
    const { queue, message } = await this.#find(messageId, name);
    const redrive = await redriveOf(env, queue);
    if (!redrive) {
      throw new ControlError(
        409,
        `The queue ${queue.name} has no dead-letter queue: set its RedrivePolicy to a queue that exists.`,
      );
    }
    if (!(await inspection.deadLetter(queue.id, message.key, redrive, env.clock.now()))) throw notFound(messageId);
    const target = (await inspection.queues()).find(({ id }) => id === redrive.targetId);
    return reference(target ?? queue);
  }

  /**
   * Sends what a message was sent with once more, as a new message, to the queue that it was in or to another one. The message
   * may be gone, if the journal has its content. Throws ControlError: 404 for an unknown message or queue, 409 when its content
   * is not kept, or the queue does not take it.
   */
  async replay(messageId: string, to?: QueueName): Promise<{ messageId: string; queue: QueueReference }> {
    const known = this.#journal.find(messageId);
    if (known && !known.content && this.#journal.isGone(known)) {
      throw new ControlError(
        409,
        `The message ${messageId} is gone, and the journal does not have its content (any more). --journal sets how much it keeps.`,
      );
    }
    const found = known?.content ? undefined : await this.#find(messageId, undefined);
    const content = known?.content ?? found!.message;
    const origin = known?.queue ?? found!.queue;
    const queue = await queueNamed(this.#context, to ?? origin);
    const sent = await this.#send(queue, content);
    return { messageId: sent, queue: reference(queue) };
  }

  async #send(queue: Queue, content: MessageContent): Promise<string> {
    const { env } = this.#context;
    const { body, senderId, traceHeader, attributes = new Map() } = content;
    const input = {
      body,
      attributes: new Map([...attributes].map(([name, value]) => [name, { ...value, hasListValue: false }])),
      // A FIFO queue wants a group; as a repetition of the first message it would not take it.
      ...(queue.fifo
        ? { groupId: content.groupId ?? 'replayed', deduplicationId: env.newId() }
        : { groupId: content.groupId }),
    };
    try {
      const prepared = prepareSend(env, queue, input, { id: senderId, traceHeader }, singleSend);
      const [sent] = await send(env, queue, [prepared]);
      return sent!.messageId;
    } catch (error) {
      throw refused(error, queue);
    }
  }

  #report(queue: Queue, message: PeekedMessage): MessageReport {
    const receiver = message.receiveCount > 0 ? this.#journal.receiverOf(message.key) : undefined;
    return reportMessage(message, queue.fifo, receiver);
  }

  #tell(known: JournalledMessage): History {
    const { messageId, queue, content } = known;
    const steps = this.#journal.stepsOf(known);
    return {
      messageId,
      queue: reference(queue),
      present: !this.#journal.isGone(known),
      ...(content && { content: reportContent(content) }),
      events: steps.map((step) => reportEvent(step, this.#events.contentOf(step))),
    };
  }

  async #find(messageId: string, name: QueueName | undefined): Promise<Found> {
    const { inspection, env } = this.#context;
    const only = name === undefined ? undefined : await queueNamed(this.#context, name);
    const known = this.#journal.find(messageId);
    if (known) {
      const isHere = !only || only.id === known.queue.id;
      const message = isHere && (await inspection.look(known.queue.id, known.key, env.clock.now()));
      if (message) return { queue: known.queue, message };
      if (this.#journal.isGone(known)) throw gone(messageId);
    }
    // No index has the ids, so that sending does not pay for it: it takes a while in a deep queue, and lets others go on.
    for (let after: number | undefined; ; ) {
      const portion = await inspection.search({ messageId, queueId: only?.id, after }, env.clock.now());
      if (portion?.found) {
        const { queueId, key } = portion.found;
        const message = await inspection.look(queueId, key, env.clock.now());
        const queue = only ?? (await inspection.queues()).find(({ id }) => id === queueId);
        if (message && queue) return { queue, message };
      }
      if (portion?.next === undefined) throw notFound(messageId, only?.name);
      after = portion.next;
    }
  }
}

function openMark(text: string): PeekMark {
  const match = /^(\d+)\.(\d+)$/.exec(text);
  if (match) return { key: Number(match[1]), visibleAt: Number(match[2]) };
  throw new ControlError(400, `after cannot be ${JSON.stringify(text)}: give the \`next\` of the page before.`);
}

function notFound(messageId: string, queue?: string): ControlError {
  const where = queue === undefined ? 'any queue' : `the queue ${queue}`;
  return new ControlError(404, `There is no message ${messageId} in ${where}, nor does the journal know of its end.`);
}

function gone(messageId: string): ControlError {
  return new ControlError(
    404,
    `The message ${messageId} is gone. GET /_squab/messages/${messageId}/history tells what became of it.`,
  );
}
