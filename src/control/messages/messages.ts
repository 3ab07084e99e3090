/**
 * Lists messages without receiving them, finds them by their IDs, and shows their histories; deletes, dead-letters,
 * resends and makes visible single messages.
 */

import { redriveOf } from '../../queues/redrive/redrive.ts';
import { charactersOf } from '../../storage/content-size.ts';
import type { MessageState, PeekedMessage } from '../../storage/inspection.ts';
import type { MessageContent, Queue, QueueKey } from '../../storage/store.ts';
import { Turnstile } from '../../time/turnstile.ts';
import { checked } from '../checked.ts';
import { type ControlContext, queueNamed } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import type { EventFeed } from '../events/event-feed.ts';
import type { Journal, JournalledMessage } from '../journal/journal.ts';
import {
  type ContentReport,
  type EventReport,
  type MessageReport,
  type QueueReference,
  reference,
  reportContent,
  reportEvent,
  reportMessage,
} from '../journal/reports.ts';
import { PAGE_CHARACTERS } from '../page.ts';
import { keyOf, type QueueName } from '../queue-name.ts';
import { type AddedMessage, addMessage } from './add-message.ts';
import { openMark, printMark } from './marks.ts';
import { type MessageInQueue, searchMessage } from './message-search.ts';
import { peekShape, recentShape } from './message-shapes.ts';

/** A page ends after this many reads from the store, even if it is shorter than its limit. */
const READS_MAX = 100;

/** Each message has all purges of its queue that restored snapshots have undone: if tests often restore one, thousands. */
const EVENT_CHARACTERS = 200;

/** A page of messages, which may be shorter than its limit, or empty, and still have a `next`. */
export interface MessagePage {
  messages: MessageReport[];
  /** Pass it as `after` to get the next page; undefined on the last page. */
  next?: string | undefined;
}

/** Selects the messages of a page. */
export interface PeekOptions {
  state?: MessageState | undefined;
  /** Only messages whose bodies contain this text. */
  bodyContains?: string | undefined;
  /** Cuts bodies off after this many characters; a message whose body is cut has `bodyIsCut`. */
  bodyCharacters?: number | undefined;
  /** The largest number of messages on the page, 1 to 1000; 100 by default. */
  limit?: number | undefined;
  /** The `next` of the previous page. */
  after?: string | undefined;
}

/** The current state of a message, and the queue that it is in. */
export interface FoundMessage extends MessageReport {
  queue: QueueReference;
}

/** What happened to a message. */
export interface History {
  messageId: string;
  /** The queue that it is in, or was in last. */
  queue: QueueReference;
  /** Whether it exists; in a list, as far as the journal knows. */
  present: boolean;
  /** What the sender specified, if the journal has it. */
  content?: ContentReport | undefined;
  /** Oldest first; empty if the journal does not know the message, or no longer does. */
  events: EventReport[];
}

/** The messages of a running Squab. */
export class MessagesControl {
  readonly #context: ControlContext;
  readonly #journal: Journal;
  readonly #events: EventFeed;
  /** Pages are read one after another, so that many at once do not fill the memory. */
  readonly #peeks = new Turnstile();

  /** @internal */
  constructor(context: ControlContext, journal: Journal, events: EventFeed) {
    this.#context = context;
    this.#journal = journal;
    this.#events = events;
  }

  /**
   * Lists the messages of a queue: by default in any state, in the order in which they were sent; with `state`, only
   * those in that state, in the order in which they became or will become visible. Changes nothing. A page has up to
   * `limit` messages, 1 to 1000, 100 by default; `after` is the `next` of the previous page. Throws ControlError: 400 for
   * invalid options, 404 if the queue does not exist.
   */
  async peek(name: QueueName, options: PeekOptions = {}): Promise<MessagePage> {
    const parsed = checked(peekShape(), options);
    return this.#peeks.run(() => this.#peek(name, parsed));
  }

  async #peek(
    name: QueueName,
    { state, bodyContains, bodyCharacters, limit, after }: Required<Pick<PeekOptions, 'limit'>> & PeekOptions,
  ): Promise<MessagePage> {
    const { inspection, env } = this.#context;
    const queue = await queueNamed(this.#context, name);
    const messages: MessageReport[] = [];
    let mark = after === undefined ? undefined : openMark(after);
    let characters = 0;
    for (let reads = 0; reads < READS_MAX && characters < PAGE_CHARACTERS; reads++) {
      const request = { state, bodyContains, limit: limit - messages.length, after: mark };
      const page = await inspection.peek(queue.id, request, env.clock.now());
      for (const message of page?.messages ?? []) {
        messages.push(cut(this.#report(queue, message), bodyCharacters));
        characters += charactersOf(message);
      }
      mark = page?.next;
      if (!mark || messages.length === limit) break;
    }
    return { messages, ...(mark && { next: printMark(mark) }) };
  }

  /**
   * Finds a message in the given queue, by default in any. Throws ControlError (404) if it is not there, or the queue
   * does not exist.
   */
  async find(messageId: string, name?: QueueName): Promise<FoundMessage> {
    const { queue, message } = await this.#find(messageId, name);
    return { queue: reference(queue), ...this.#report(queue, message) };
  }

  /**
   * Returns the history of a message, even if it has been deleted. Throws ControlError (404) if it is neither in the
   * journal nor in a queue.
   */
  async history(messageId: string): Promise<History> {
    // An expired message causes no event until it is freed, which this search does. So the journal is read afterwards.
    const found = await searchMessage(this.#context, this.#journal, messageId);
    const known = this.#journal.find(messageId);
    const queue = found?.queue ?? known[0]?.queue;
    if (!queue) throw notFound(messageId);
    const content = found?.message ?? known.find((one) => one.content)?.content;
    return this.#history(messageId, { queue, content, present: found !== undefined }, known);
  }

  /**
   * Returns the histories of up to `limit` messages in the journal (1 to 1000, 100 by default; fewer if they are long),
   * the most recently added first; with `queue`, only of messages that are in this queue, or were in it last. Throws
   * ControlError (400) for an invalid limit or ARN.
   */
  recent(queue?: QueueName, limit?: number): History[] {
    const { limit: atMost } = checked(recentShape(), { limit });
    const only = queue === undefined ? undefined : keyOf(queue, this.#context.defaults);
    const found: History[] = [];
    let characters = 0;
    for (const message of this.#journal.latest()) {
      if (found.length === atMost || characters >= PAGE_CHARACTERS) break;
      if (only && !isSameQueue(message.queue, only)) continue;
      const present = !this.#journal.isGone(message);
      const history = this.#history(message.messageId, { ...message, present }, [message]);
      found.push(history);
      characters += EVENT_CHARACTERS * history.events.length + (message.content ? charactersOf(message.content) : 0);
    }
    return found;
  }

  /** Deletes a message in any state. Throws ControlError (404) if it, or the given queue, does not exist. */
  async delete(messageId: string, name?: QueueName): Promise<void> {
    const { queue, message } = await this.#find(messageId, name);
    const { inspection, env } = this.#context;
    if (!(await inspection.remove(queue.id, message.key, env.clock.now()))) throw notFound(messageId);
  }

  /**
   * Moves a message to its queue's dead-letter queue, as if it had been received too many times. Returns
   * the dead-letter queue. Throws ControlError: 404 if the message, or the given queue, does not exist, and 409 if the
   * queue has no dead-letter queue.
   */
  async deadLetter(messageId: string, name?: QueueName): Promise<QueueReference> {
    const { inspection, env } = this.#context;
    const { queue, message } = await this.#find(messageId, name);
    const redrive = await redriveOf(env, queue);
    if (!redrive) {
      throw new ControlError(
        409,
        `Queue ${queue.name} has no dead-letter queue. Set its RedrivePolicy to an existing queue first.`,
      );
    }
    if (!(await inspection.deadLetter(queue.id, message.key, redrive, env.clock.now()))) throw notFound(messageId);
    const target = (await inspection.queues()).find(({ id }) => id === redrive.targetId);
    return reference(target ?? queue);
  }

  /**
   * Makes a message visible that is delayed or in flight. Throws ControlError (404) if it, or the given queue, does
   * not exist.
   */
  async makeVisible(messageId: string, name?: QueueName): Promise<void> {
    const { queue, message } = await this.#find(messageId, name);
    const { inspection, env } = this.#context;
    if (!(await inspection.makeVisible(queue.id, message.key, env.clock.now()))) throw notFound(messageId);
  }

  /**
   * Sends a copy of a message as a new message, to the queue that it is in (or was in last) or to another one. The
   * message may have been deleted, if the journal has its content. Throws ControlError: 404 if the message or the
   * queue does not exist, 409 if its content is not kept or the queue rejects it.
   */
  async replay(messageId: string, to?: QueueName): Promise<{ messageId: string; queue: QueueReference }> {
    const found = await searchMessage(this.#context, this.#journal, messageId);
    const known = this.#journal.find(messageId);
    const origin = found?.queue ?? known[0]?.queue;
    if (!origin) throw notFound(messageId);
    const content = found?.message ?? known.find((one) => one.content)?.content;
    if (!content) {
      throw new ControlError(
        409,
        `Message ${messageId} no longer exists, and the journal has not kept its content. ` +
          'Raise --journal to keep more messages.',
      );
    }
    const queue = await queueNamed(this.#context, to ?? origin);
    const { body, senderId, traceHeader, attributes } = content;
    const sent = await addMessage(this.#context.env, queue, {
      ...{ body, attributes: attributes && Object.fromEntries(attributes), senderId, traceHeader },
      // A FIFO queue requires a group, and would deduplicate a copy with the original's deduplication ID.
      ...(queue.fifo
        ? { groupId: content.groupId ?? 'replayed', deduplicationId: this.#context.env.newId() }
        : { groupId: content.groupId }),
    });
    return { messageId: sent, queue: reference(queue) };
  }

  /**
   * Adds a message to a queue, as SendMessage does. It can be a copy of a message that another queue dead-lettered, so
   * that a message move task brings it back there. Throws ControlError: 404 if the queue does not exist, 409 if it
   * rejects the message.
   */
  async add(name: QueueName, message: AddedMessage): Promise<{ messageId: string }> {
    const queue = await queueNamed(this.#context, name);
    return { messageId: await addMessage(this.#context.env, queue, message) };
  }

  #report(queue: Queue, message: PeekedMessage): MessageReport {
    const receiver = message.receiveCount > 0 ? this.#journal.receiverOf(message.key) : undefined;
    return reportMessage(message, queue.fifo, receiver);
  }

  /** Combines everything known about a message; `known` are the messages with its ID that the journal keeps. */
  #history(
    messageId: string,
    { queue, content, present }: { queue: QueueKey; content: MessageContent | undefined; present: boolean },
    known: readonly JournalledMessage[],
  ): History {
    const steps = known.flatMap((message) => this.#journal.stepsOf(message)).sort((a, b) => a.id - b.id);
    return {
      messageId,
      queue: reference(queue),
      present,
      ...(content && { content: reportContent(content) }),
      events: steps.map((step) => reportEvent(step, this.#events.contentOf(step))),
    };
  }

  async #find(messageId: string, name: QueueName | undefined): Promise<MessageInQueue> {
    const only = name === undefined ? undefined : await queueNamed(this.#context, name);
    const found = await searchMessage(this.#context, this.#journal, messageId, only);
    if (found) return found;
    const known = this.#journal.find(messageId);
    if (known.some((message) => this.#journal.isGone(message))) throw gone(messageId);
    throw notFound(messageId, only?.name);
  }
}

/** Cuts the body of a message off after this many characters. */
function cut(message: MessageReport, characters = Number.POSITIVE_INFINITY): MessageReport {
  if (message.body.length <= characters) return message;
  return { ...message, body: message.body.slice(0, characters), bodyIsCut: true };
}

function isSameQueue(one: QueueKey, other: QueueKey): boolean {
  return one.name === other.name && one.account === other.account && one.region === other.region;
}

function notFound(messageId: string, queue?: string): ControlError {
  const where = queue === undefined ? 'any queue' : `queue ${queue}`;
  return new ControlError(
    404,
    `Message ${messageId} was not found in ${where}, and the journal does not show its removal.`,
  );
}

function gone(messageId: string): ControlError {
  return new ControlError(
    404,
    `Message ${messageId} no longer exists. GET /_squab/messages/${messageId}/history shows what happened to it.`,
  );
}
