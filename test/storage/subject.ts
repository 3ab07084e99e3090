/** The store under test, new and empty for each test, with shorthands for its verbs. */

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Engine } from '../../src/storage/engine.ts';
import type { States } from '../../src/storage/states.ts';
import type { Message, NewMessage, QueueKey, QueueSettings, ReceiveRequest } from '../../src/storage/store.ts';
import type { Millis } from '../../src/time/clock.ts';

/** An engine in one of its forms, such as in memory or in a folder, as the suites open it. */
export interface EngineForm {
  /** Opens a new, empty store. */
  open(): Engine | Promise<Engine>;
  /** Closes a store and opens its data again. Absent if the engine keeps no data. */
  reopen?(store: Engine): Engine | Promise<Engine>;
  /** Makes the storage fail, as a lost disk does. Returns a function that repairs it. Absent if nothing can fail. */
  breakDown?(store: Engine): (() => void) | Promise<() => Promise<void>>;
  /** Returns the contradictions in the stored data of an open store. Absent if the engine cannot tell. */
  problems?(store: Engine): string[] | Promise<string[]>;
  /**
   * Whether each verb frees the expired messages of its queue, up to some hundred, so that they do not come back when
   * the clock is set back.
   */
  freesInVerbs?: boolean;
  /** Whether a purge, or the removal of a queue, frees the space of the messages at once, and leaves none to `expire`. */
  freesPurgedAtOnce?: boolean;
  /** Whether snapshots outlast the store that took them. */
  keepsSnapshots?: boolean;
  /** Whether verbs that are called before others have settled may be carried out in any order. */
  isConcurrent?: boolean;
  /** Whether the other verbs of a turn are carried out again, each in a transaction of its own, if one of them throws. */
  repeatsTurns?: boolean;
}

export type InTurn = <Verbs extends readonly (() => Promise<unknown>)[]>(
  ...verbs: Verbs
) => Promise<{ -readonly [Place in keyof Verbs]: Awaited<ReturnType<Verbs[Place]>> }>;

export interface Subject {
  readonly form: EngineForm;
  readonly store: Engine;
  readonly states: States;
  /** The announcements of this test. */
  readonly announced: [queueId: number, at: Millis][];
  /** The instants that the store has reported to the listener for expiry. */
  readonly expiries: Millis[];
  /** Opens another store, which the test closes itself. */
  another(): Promise<Engine>;
  restart(): Promise<void>;
  /**
   * Calls verbs in one turn of the event loop. If the engine does not keep the order of such calls, calls each only once
   * the one before has settled.
   */
  inTurn: InTurn;
  /** Creates a queue that keeps messages for an hour. Resolves to its ID. */
  queue(name?: string, settings?: Partial<QueueSettings>): Promise<number>;
  send(queueId: number, bodies: string | readonly string[], now: Millis, more?: Partial<NewMessage>): Promise<void>;
  /** Receives up to ten messages and hides them for 30 seconds. */
  receive(queueId: number, now: Millis, request?: Partial<ReceiveRequest>): Promise<Message[]>;
  /** Like `receive`, for exactly one message, which must exist. */
  receiveOne(queueId: number, now: Millis, request?: Partial<ReceiveRequest>): Promise<Message>;
  bodies(queueId: number, now: Millis, request?: Partial<ReceiveRequest>): Promise<string[]>;
  counts(queueId: number, now: Millis): Promise<[visible: number, inFlight: number, delayed: number]>;
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** The instant at which tests begin. */
export const T0 = Date.UTC(2026, 0, 1);
/** An ID that no queue has. */
export const NO_QUEUE = 999_999_999;

export const key = (name: string, place: Partial<QueueKey> = {}): QueueKey => ({
  account: '000000000000',
  region: 'us-east-1',
  name,
  ...place,
});

export const settings = (more: Partial<QueueSettings> = {}): QueueSettings => ({
  fifo: false,
  retentionMs: HOUR,
  attributes: new Map(),
  tags: new Map(),
  ...more,
});

let sent = 0;

export const message = (body: string, more: Partial<NewMessage> = {}): NewMessage => ({
  messageId: `message-${++sent}`,
  body,
  bodyMd5: createHash('md5').update(body).digest('hex'),
  senderId: 'AIDA',
  delayMs: 0,
  ...more,
});

/** A message that no engine can store: a send of it throws, as for any programming error. */
export const unstorable = (): NewMessage => ({ ...message(''), body: undefined as unknown as string });

/** More messages than any test has in flight. */
export const NO_LIMIT = 120_000;

export const request = (more: Partial<ReceiveRequest> = {}): ReceiveRequest => ({
  max: 10,
  visibilityMs: 30 * SECOND,
  inFlightLimit: NO_LIMIT,
  ...more,
});

export const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `body ${index}`);

export function subjectOf(form: EngineForm): Subject {
  let store: Engine;
  const announced: [number, Millis][] = [];
  const expiries: Millis[] = [];

  const listen = () => {
    announced.length = 0;
    expiries.length = 0;
    store.onExpiry((at) => expiries.push(at));
    store.onAnnounce((queueId, at) => announced.push([queueId, at]));
  };
  beforeEach(async () => {
    store = await form.open();
    listen();
  });
  afterEach(async () => {
    const problems = (await form.problems?.(store)) ?? [];
    await store.close();
    expect(problems).toEqual([]);
  });

  const subject: Subject = {
    form,
    get store() {
      return store;
    },
    get states() {
      return store.states;
    },
    announced,
    expiries,
    another: async () => form.open(),
    async restart() {
      store = await form.reopen!(store);
      listen();
    },
    async inTurn<Verbs extends readonly (() => Promise<unknown>)[]>(...verbs: Verbs) {
      const results: unknown[] = [];
      if (form.isConcurrent) for (const verb of verbs) results.push(await verb());
      else results.push(...(await Promise.all(verbs.map((verb) => verb()))));
      return results as { -readonly [Place in keyof Verbs]: Awaited<ReturnType<Verbs[Place]>> };
    },
    async queue(name = 'orders', more = {}) {
      return (await store.createQueue(key(name), settings(more), T0)).queue.id;
    },
    async send(queueId, bodies, now, more) {
      const messages = [bodies].flat().map((body) => message(body, more));
      expect(await store.send(queueId, messages, now)).toHaveLength(messages.length);
    },
    async receive(queueId, now, more) {
      let delivery = await store.receive(queueId, request(more), now);
      while (delivery === 'unfinished') delivery = await store.receive(queueId, request(more), now);
      if (!Array.isArray(delivery)) throw new Error(`The receive returned ${delivery}.`);
      return delivery;
    },
    async receiveOne(queueId, now, more) {
      const messages = await subject.receive(queueId, now, { max: 1, ...more });
      expect(messages).toHaveLength(1);
      return messages[0]!;
    },
    async bodies(queueId, now, more) {
      return (await subject.receive(queueId, now, more)).map(({ body }) => body);
    },
    async counts(queueId, now) {
      const counts = await store.counts(queueId, now);
      if (!counts) throw new Error('The queue does not exist.');
      return [counts.visible, counts.inFlight, counts.delayed];
    },
  };
  return subject;
}
