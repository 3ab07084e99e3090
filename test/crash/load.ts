/**
 * Clients that send, publish, receive, delete, change visibility and purge at the same time, until Squab is killed. After its
 * restart they continue where they were, like clients that have lost a response.
 */

import { type Client, type Output, Refusal } from '../helpers.ts';
import { type CallSns, snsClient } from '../sns-client.ts';
import type { Ledger } from './ledger.ts';
import type { Publications } from './publications.ts';
import { publishers } from './publishers.ts';

/** Longer than any run: messages of a receive whose response was lost come back only for the final check. */
export const HIDDEN_SECONDS = 12 * 3600;

interface Handle {
  body: string;
  receiptHandle: string;
}

interface Message {
  Body: string;
  ReceiptHandle: string;
}

/** The response was lost. */
export class Lost extends Error {}

export class Load {
  readonly #ledger: Ledger;
  readonly #random: () => number;
  readonly #databaseFails: boolean;
  readonly #workers: (() => Promise<void>)[];
  #client!: Client;
  #sns!: CallSns;
  #base = '';
  #responses = 0;
  #killAfter = 0;
  #kill = () => {};
  #serial = 0;

  /** `databaseFails`: the database may fail as well, so what was refused with 503 may or may not have happened. */
  constructor(ledger: Ledger, publications: Publications, random: () => number, databaseFails = false) {
    this.#databaseFails = databaseFails;
    this.#ledger = ledger;
    this.#random = random;
    this.#workers = [
      ...[1, 2, 3].map(() => () => this.#produce()),
      ...[1, 2, 3].map(() => this.#consumer()),
      ...['a', 'b', 'c', 'd'].map((group) => this.#groupProducer(group)),
      ...[1, 2].map((number) => this.#groupConsumer(number)),
      () => this.#purge(),
      ...publishers(publications, random, (operation, input) => this.#answered(this.#sns(operation, input))),
    ];
  }

  /**
   * Runs all clients, calls `kill` after `killAfter` responses, and resolves when every client has lost a response.
   * Rejects if a response was wrong.
   */
  async run(client: Client, url: string, killAfter: number, kill: () => void): Promise<void> {
    this.#client = client;
    this.#sns = snsClient(url);
    this.#base = url;
    this.#responses = 0;
    this.#killAfter = killAfter;
    this.#kill = kill;
    await Promise.all(
      this.#workers.map(async (work) => {
        try {
          for (;;) await work();
        } catch (error) {
          if (!(error instanceof Lost)) throw error;
        }
      }),
    );
  }

  #call(operation: string, queue: string, input: Record<string, unknown>): Promise<Output> {
    return this.#answered(this.#client.call(operation, { QueueUrl: `${this.#base}/000000000000/${queue}`, ...input }));
  }

  /** Counts an answer. Throws Lost if there is none. */
  async #answered(call: Promise<Output>): Promise<Output> {
    let output: Output;
    try {
      output = await call;
    } catch (error) {
      const isLost = this.#databaseFails && error instanceof Refusal && error.status === 503;
      if (error instanceof Refusal && !isLost) throw error;
      throw new Lost('The response was lost', { cause: error });
    }
    if (++this.#responses === this.#killAfter) this.#kill();
    return output;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  async #produce(): Promise<void> {
    const bodies = Array.from({ length: 1 + this.#below(10) }, () => `message-${++this.#serial}`);
    await this.#send('plain', bodies, () => (this.#below(10) === 0 ? { DelaySeconds: 1 } : {}));
  }

  /** Sends one message with SendMessage, or several with SendMessageBatch. */
  async #send(queue: string, bodies: readonly string[], more: (body: string) => object): Promise<void> {
    for (const body of bodies) this.#ledger.sending(queue, body);
    const [first] = bodies;
    if (bodies.length === 1) {
      await this.#call('SendMessage', queue, { MessageBody: first, ...more(first!) });
      this.#ledger.sent(first!);
      return;
    }
    const Entries = bodies.map((body, at) => ({ Id: `${at}`, MessageBody: body, ...more(body) }));
    const { Successful } = await this.#call('SendMessageBatch', queue, { Entries });
    for (const { Id } of Successful) this.#ledger.sent(bodies[Id]!);
  }

  async #receive(queue: string, input: Record<string, unknown> = {}): Promise<Handle[]> {
    const startedAt = this.#ledger.moment;
    const { Messages = [] } = await this.#call('ReceiveMessage', queue, {
      ...{ MaxNumberOfMessages: 10, VisibilityTimeout: HIDDEN_SECONDS, ...input },
    });
    const handles = (Messages as Message[]).map(({ Body, ReceiptHandle }) => ({
      body: Body,
      receiptHandle: ReceiptHandle,
    }));
    this.#ledger.received(
      handles.map(({ body }) => body),
      startedAt,
    );
    return handles;
  }

  async #delete(queue: string, handles: readonly Handle[]): Promise<void> {
    for (const { body } of handles) this.#ledger.removing(body);
    const [first] = handles;
    if (handles.length === 1) {
      await this.#call('DeleteMessage', queue, { ReceiptHandle: first!.receiptHandle });
      this.#ledger.removed(first!.body);
      return;
    }
    const Entries = handles.map(({ receiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle: receiptHandle }));
    const { Successful } = await this.#call('DeleteMessageBatch', queue, { Entries });
    for (const { Id } of Successful) this.#ledger.removed(handles[Id]!.body);
  }

  /**
   * Returns a client that deletes some of the messages that it receives, gives some back, and keeps the others, even
   * across restarts, to delete them later.
   */
  #consumer(): () => Promise<void> {
    const held: Handle[] = [];
    return async () => {
      if (held.length > 20) await this.#delete('plain', held.splice(0, 10));
      const handles = await this.#receive('plain');
      for (const handle of handles) {
        const { body, receiptHandle } = handle;
        const choice = this.#below(8);
        if (choice === 0) {
          // From now on another consumer may receive it, even if the response is lost.
          this.#ledger.returned(body);
          await this.#call('ChangeMessageVisibility', 'plain', { ReceiptHandle: receiptHandle, VisibilityTimeout: 0 });
        } else if (choice === 1) await this.#delete('plain', [handle]);
        else held.push(handle);
      }
    };
  }

  /**
   * Returns a client that sends a group in order. It sends unacknowledged messages again, which must not come twice.
   */
  #groupProducer(group: string): () => Promise<void> {
    let pending: string[] = [];
    let number = 0;
    return async () => {
      if (pending.length === 0) {
        pending = Array.from({ length: 1 + this.#below(3) }, () => `message/${group}/${++number}`);
      }
      await this.#send('groups.fifo', pending, (body) => ({ MessageGroupId: group, MessageDeduplicationId: body }));
      pending = [];
    };
  }

  /** Returns a client that repeats a receive without a response as the same attempt, and a delete likewise. */
  #groupConsumer(consumer: number): () => Promise<void> {
    let attempt = 0;
    let handles: Handle[] | undefined;
    return async () => {
      handles ??= await this.#receive('groups.fifo', { ReceiveRequestAttemptId: `${consumer}-${attempt}` });
      if (handles.length > 0) await this.#delete('groups.fifo', handles);
      handles = undefined;
      attempt++;
    };
  }

  async #purge(): Promise<void> {
    await this.#send('purged', [`message-${++this.#serial}`, `message-${++this.#serial}`], () => ({}));
    if (this.#below(4) > 0) return;
    const bodies = this.#ledger.of('purged').flatMap(([body, { removed }]) => (removed === 'yes' ? [] : [body]));
    for (const body of bodies) this.#ledger.removing(body);
    await this.#call('PurgeQueue', 'purged', {});
    for (const body of bodies) this.#ledger.removed(body);
  }
}
