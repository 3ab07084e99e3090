/** Shorthands for tests that use FIFO queues of the store under test. */

import type {
  DeleteOutcome,
  Message,
  NewMessage,
  ReceiveRequest,
  Sent,
  VisibilityOutcome,
} from '../../src/storage/store.ts';
import { HOUR, message, type Subject, T0 } from './subject.ts';

/** The window of deduplication IDs and attempts, in milliseconds. */
export const WINDOW = 300_000;
/** More messages than an engine frees in passing, as part of another verb. */
export const MANY = 700;

export interface FifoSubject {
  queue(name?: string, retentionMs?: number): Promise<number>;
  /** Sends messages whose bodies are these names (`{group}{number}`, separated by spaces), in this order. */
  send(queueId: number, names: string, now?: number, more?: Partial<NewMessage>): Promise<Sent[]>;
  /** Receives up to ten messages, hides them for 30 seconds, and resolves to their names. */
  names(queueId: number, now: number, request?: Partial<ReceiveRequest>): Promise<string>;
  remove(queueId: number, message: Message, now: number): Promise<DeleteOutcome[]>;
  change(queueId: number, message: Message, visibilityMs: number, now: number): Promise<VisibilityOutcome[]>;
}

export function fifoSubjectOf(s: Subject): FifoSubject {
  return {
    queue: (name = 'orders.fifo', retentionMs = HOUR) => s.queue(name, { fifo: true, retentionMs }),
    async send(id, names, now = T0, more = {}) {
      const messages = names.split(' ').map((name) => message(name, { groupId: name.slice(0, -1), ...more }));
      return (await s.store.send(id, messages, now))!;
    },
    names: async (id, now, request) => (await s.bodies(id, now, request)).join(' '),
    remove: async (id, { receipt }, now) => (await s.store.delete(id, [receipt], now))!,
    change: async (id, { receipt }, visibilityMs, now) =>
      (await s.store.changeVisibility(id, [{ receipt, visibilityMs }], now))!,
  };
}
