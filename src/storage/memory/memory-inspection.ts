/**
 * Inspects messages without receiving them, and removes, dead-letters or shows a single one. A verb looks at a limited
 * number of messages and bytes, whatever it looks for. See ../inspection.ts.
 */

import type { Millis } from '../../time/clock.ts';
import { Sorted } from '../collections/sorted.ts';
import { charactersOf } from '../content-size.ts';
import { isHidden } from '../hidden.ts';
import type {
  Inspection,
  MessageState,
  Peek,
  PeekedMessage,
  PeekedPage,
  ReceivePreview,
  RememberedSend,
  Search,
  SearchedPortion,
} from '../inspection.ts';
import { BODIES_AT_ONCE, PEEKED_AT_ONCE, SEARCHED_AT_ONCE } from '../portions.ts';
import { tryReceive } from '../preview.ts';
import type { Queue, ReceiveRequest, Redrive } from '../store.ts';
import { finderOf } from '../text-search.ts';
import type { QueueState } from './all-queues.ts';
import { makeVisible, remove } from './by-receipt.ts';
import { announceGroups, bringTo } from './expiry.ts';
import { messagesAfter } from './lines.ts';
import type { Turns } from './memory-turns.ts';
import type { Parts } from './parts.ts';
import type { Receiving } from './receiving.ts';
import { deadLetter } from './sending.ts';
import { byKey, endOf, type StoredMessage, toMessage } from './stored-message.ts';

/** A page of a peek ends after this many characters of bodies and attributes. */
const PAGE_CHARACTERS = 1_000_000;

type OnQueue = <T>(queueId: number, now: Millis, verb: (state: QueueState) => T) => Promise<T | undefined>;
/** The groups that have been read, by their IDs. */
type Fronts = Map<string, Front>;

export class MemoryInspection implements Inspection {
  readonly #parts: Parts;
  readonly #receiving: Receiving;
  readonly #turns: Turns;
  readonly #onQueue: OnQueue;

  constructor(parts: Parts, receiving: Receiving, turns: Turns, onQueue: OnQueue) {
    this.#parts = parts;
    this.#receiving = receiving;
    this.#turns = turns;
    this.#onQueue = onQueue;
  }

  queues(): Promise<Queue[]> {
    return this.#turns.run(() => this.#shown().map(({ queue }) => queue));
  }

  peek(queueId: number, peek: Peek, now: Millis): Promise<PeekedPage | undefined> {
    return this.#onQueue(queueId, now, (state) => this.#page(state, peek, now));
  }

  look(queueId: number, key: number, now: Millis): Promise<PeekedMessage | undefined> {
    return this.#onQueue(queueId, now, (state) => {
      const message = unexpired(state, key, now);
      return message && this.#peeked(state, message, blockerOf(state, message, now, new Map()), now);
    });
  }

  async preview(queueId: number, request: ReceiveRequest, now: Millis): Promise<ReceivePreview | undefined> {
    const outcome = this.#turns.tryOut(() => {
      const state = this.#parts.queues.byId(queueId);
      if (!state) return undefined;
      const receive = (asked: ReceiveRequest) => {
        bringTo(this.#parts, state, now);
        return this.#receiving.receive(state, asked, now);
      };
      const nextVisibleAt = () => this.#receiving.nextVisibleAt(state, request.inFlightLimit, now);
      return tryReceive({ outbox: this.#parts.outbox, receive, nextVisibleAt }, request);
    });
    const state = this.#parts.queues.byId(queueId);
    if (!outcome || !state) return undefined;
    const { delivery, deadLettered, nextVisibleAt } = outcome;
    const peeked = (keys: readonly number[]) =>
      keys.map((key) => this.#peeked(state, state.contents.messages.find({ key })!, undefined, now));
    return {
      delivery: typeof delivery === 'string' ? delivery : peeked(delivery),
      deadLettered: peeked(deadLettered),
      nextVisibleAt,
    };
  }

  search({ messageId, queueId, after = -1 }: Search, now: Millis): Promise<SearchedPortion | undefined> {
    if (queueId === undefined) return this.#turns.run(() => find(messageId, this.#shown(), after, now));
    return this.#onQueue(queueId, now, (state) => find(messageId, [state], after, now));
  }

  remembered(queueId: number, deduplicationKey: string, now: Millis): Promise<RememberedSend | undefined> {
    return this.#onQueue(queueId, now, ({ contents }) => {
      const { messageId, key, until } = contents.remembered.sends.find(deduplicationKey, now) ?? {};
      return messageId === undefined ? undefined : { messageId, key: key!, until: until! };
    });
  }

  remove(queueId: number, key: number, now: Millis): Promise<boolean | undefined> {
    return this.#onQueue(queueId, now, (state) => {
      const message = unexpired(state, key, now);
      if (message) remove(this.#parts, state, message);
      return message !== undefined;
    });
  }

  deadLetter(queueId: number, key: number, redrive: Redrive, now: Millis): Promise<boolean | undefined> {
    return this.#onQueue(queueId, now, (state) => {
      const target = this.#parts.queues.byId(redrive.targetId);
      const message = unexpired(state, key, now);
      if (!target || !message) return false;
      deadLetter(this.#parts, state, message, target, redrive.sourceArn, now);
      announceGroups(this.#parts, state, [message]);
      return true;
    });
  }

  makeVisible(queueId: number, key: number, now: Millis): Promise<boolean | undefined> {
    return this.#onQueue(queueId, now, (state) => {
      const message = unexpired(state, key, now);
      if (message) makeVisible(this.#parts, state, message, now);
      return message !== undefined;
    });
  }

  /** Returns all queues, without hidden ones. */
  #shown(): QueueState[] {
    return this.#parts.queues.states().filter(({ queue }) => !isHidden(queue));
  }

  #page(state: QueueState, peek: Peek, now: Millis): PeekedPage {
    const { state: wanted, bodyContains = '', limit } = peek;
    const isFound = finderOf(bodyContains);
    // If a state or text is wanted, other messages are looked at too.
    const lookLimit = bodyContains ? BODIES_AT_ONCE : wanted ? PEEKED_AT_ONCE : Math.min(limit, PEEKED_AT_ONCE);
    const fronts: Fronts = new Map();
    const messages: PeekedMessage[] = [];
    let characters = 0;
    let looked = 0;
    let last: StoredMessage | undefined;
    for (const message of inPeekOrder(state, peek, now)) {
      if (messages.length === limit || characters >= PAGE_CHARACTERS || looked === lookLimit) {
        const { key, visibleAt, rank } = last!;
        return { messages, next: { key, visibleAt, rank } };
      }
      last = message;
      looked++;
      if (isExpired(state, message, now)) continue;
      const blocker = blockerOf(state, message, now, fronts);
      if (wanted && stateOf(message, blocker, now) !== wanted) continue;
      const peeked = this.#peeked(state, message, blocker, now);
      characters += charactersOf(peeked);
      if (isFound(peeked.body)) messages.push(peeked);
    }
    return { messages };
  }

  #peeked(
    { queue }: QueueState,
    message: StoredMessage,
    blocker: StoredMessage | undefined,
    now: Millis,
  ): PeekedMessage {
    const { receipt, ...peeked } = toMessage(message, this.#parts.receipts.issue(message, now));
    return {
      ...peeked,
      key: message.key,
      state: stateOf(message, blocker, now),
      visibleAt: message.visibleAt,
      expiresAt: message.sentAt + queue.retentionMs,
      receivesHere: message.receives,
      ...(blocker && {
        blockedBy: { key: blocker.key, messageId: blocker.content.messageId, visibleAt: blocker.visibleAt },
      }),
    };
  }
}

/** Returns the messages that a peek looks at, in its order. */
function* inPeekOrder({ contents }: QueueState, { state: wanted, after }: Peek, now: Millis) {
  if (!wanted) return yield* contents.messages.after(after ?? { key: -1 });
  const end = endOf(now);
  if (wanted === 'in-flight' || wanted === 'delayed') {
    return yield* messagesAfter(contents, after && after.visibleAt > now ? after : end);
  }
  for (const message of messagesAfter(contents, after ?? endOf(-1))) {
    if (message.visibleAt > now) return;
    yield message;
  }
}

/** How far a group has been read. */
interface Front {
  rest: Iterator<StoredMessage, undefined>;
  last: StoredMessage | undefined;
  /** The first hidden message, once it has been found. */
  hidden: StoredMessage | undefined;
}

/**
 * Returns the message that blocks a visible message: the first hidden one of its group, if it was sent earlier. So no group
 * has to be read any further than up to the message. `fronts` has the groups that have been read.
 */
function blockerOf({ queue, contents }: QueueState, message: StoredMessage, now: Millis, fronts: Fronts) {
  if (!queue.fifo || message.visibleAt > now || contents.inFlight + contents.delayed === 0) return undefined;
  const id = contents.groups.idOf(message)!;
  let front = fronts.get(id);
  if (!front) {
    front = { rest: contents.groups.find(id)!.messages[Symbol.iterator](), last: undefined, hidden: undefined };
    fronts.set(id, front);
  }
  while (!front.hidden && (front.last?.key ?? -1) < message.key) {
    front.last = front.rest.next().value;
    if (!front.last) break;
    if (front.last.visibleAt > now) front.hidden = front.last;
  }
  return front.hidden && front.hidden.key < message.key ? front.hidden : undefined;
}

/** The next message of a queue that a search looks at. */
interface Next {
  key: number;
  message: StoredMessage;
  state: QueueState;
}

/**
 * Looks for a message ID in queues, in the order of keys, and in one portion. A portion begins with a look at each queue,
 * so it is larger if there are many.
 */
function find(messageId: string, states: readonly QueueState[], after: number, now: Millis): SearchedPortion {
  const limit = Math.max(SEARCHED_AT_ONCE, Math.ceil(states.length / 5));
  const nextOf = (state: QueueState, key: number): Next[] => {
    const message = state.contents.messages.after({ key }).next().value;
    return message ? [{ key: message.key, message, state }] : [];
  };
  const all = states.flatMap((state) => nextOf(state, after)).sort(byKey);
  const fronts = new Sorted<{ key: number }, Next>(byKey);
  // The portion does not get as far as the others.
  for (const next of all.slice(0, limit)) fronts.add(next);
  let last = after;
  for (let looked = 0; looked < limit; looked++) {
    const { first } = fronts;
    if (!first) return {};
    const { key, message, state } = first;
    if (message.content.messageId === messageId && !isExpired(state, message, now)) {
      return { found: { queueId: state.queue.id, key } };
    }
    fronts.delete(first);
    for (const next of nextOf(state, key)) fronts.add(next);
    last = key;
  }
  return { next: last };
}

function unexpired(state: QueueState, key: number, now: Millis): StoredMessage | undefined {
  const message = state.contents.messages.find({ key });
  return message && !isExpired(state, message, now) ? message : undefined;
}

function isExpired({ queue }: QueueState, { sentAt }: StoredMessage, now: Millis): boolean {
  return sentAt + queue.retentionMs <= now;
}

function stateOf({ visibleAt, receives }: StoredMessage, blocker: object | undefined, now: Millis): MessageState {
  if (blocker) return 'blocked';
  if (visibleAt <= now) return 'visible';
  return receives > 0 ? 'in-flight' : 'delayed';
}
