/** Queues as they stand: their settings, what they hold, and who waits for it. */

import { queueArn } from '../../queues/arn.ts';
import { reportAttributes } from '../../queues/attributes.ts';
import type { Counts, Queue } from '../../storage/store.ts';
import { type ControlContext, isoOf, noSuchQueue, type QueueName, queueNamed } from '../control-context.ts';
import { type QueueReference, reference } from '../journal/reports.ts';

/** A queue as it stands; instants are ISO 8601. */
export interface QueueReport extends QueueReference {
  arn: string;
  fifo: boolean;
  createdAt: string;
  modifiedAt: string;
  messages: Counts;
  /** Long polls that wait for messages. */
  waitingReceives: number;
  /** As GetQueueAttributes tells them. */
  attributes: Record<string, string>;
  tags: Record<string, string>;
}

export interface QueuePage {
  queues: QueueReport[];
  /** Asks for the queues behind this page; undefined when there are none. */
  next?: string | undefined;
}

export interface QueueListing {
  /** Without them: those of all accounts and regions. */
  account?: string | undefined;
  region?: string | undefined;
  prefix?: string | undefined;
  limit?: number | undefined;
  after?: string | undefined;
}

export class QueuesControl {
  readonly #context: ControlContext;

  constructor(context: ControlContext) {
    this.#context = context;
  }

  /** Queues in the order of their names, then regions and accounts; 100 on a page, if nothing else is said. */
  async list({ account, region, prefix = '', limit = 100, after = '' }: QueueListing = {}): Promise<QueuePage> {
    const all = (await this.#context.inspection.queues())
      .filter((queue) => account === undefined || queue.account === account)
      .filter((queue) => region === undefined || queue.region === region)
      .filter((queue) => queue.name.startsWith(prefix) && markOf(queue) > after)
      .sort((a, b) => (markOf(a) < markOf(b) ? -1 : 1));
    const page = all.slice(0, limit);
    const reports = await Promise.all(page.map((queue) => this.#report(queue)));
    const queues = reports.filter((report) => report !== undefined);
    return { queues, ...(all.length > limit && { next: markOf(page.at(-1)!) }) };
  }

  /** Throws ControlError when there is no such queue. */
  async get(name: QueueName): Promise<QueueReport> {
    const queue = await queueNamed(this.#context, name);
    const report = await this.#report(queue);
    if (!report) throw noSuchQueue(queue);
    return report;
  }

  /** Undefined when the queue was deleted meanwhile. */
  async #report(queue: Queue): Promise<QueueReport | undefined> {
    const { store, clock, waiters } = this.#context.env;
    const messages = await store.counts(queue.id, clock.now());
    if (!messages) return undefined;
    return {
      ...reference(queue),
      arn: queueArn(queue),
      fifo: queue.fifo,
      createdAt: isoOf(queue.createdAt),
      modifiedAt: isoOf(queue.modifiedAt),
      messages,
      waitingReceives: waiters.waiting(queue.id),
      attributes: Object.fromEntries(reportAttributes(queue, ['All'], messages)),
      tags: Object.fromEntries(queue.tags),
    };
  }
}

/** What a page ends with; none of the three parts has a space in it. */
function markOf({ name, region, account }: Queue): string {
  return `${name} ${region} ${account}`;
}
