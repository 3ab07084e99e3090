/** Lists queues with their attributes, message counts and waiting receives, and purges them. */

import { queueArn } from '../../queues/arn.ts';
import { reportAttributes } from '../../queues/attributes.ts';
import type { Counts, Queue } from '../../storage/store.ts';
import { checked } from '../checked.ts';
import { type ControlContext, isoOf, noSuchQueue, queueNamed } from '../control-context.ts';
import { type QueueReference, reference } from '../journal/reports.ts';
import type { QueueName } from '../queue-name.ts';
import { listingShape } from './queue-shapes.ts';

/** The current state of a queue. Instants are ISO 8601. */
export interface QueueReport extends QueueReference {
  arn: string;
  fifo: boolean;
  createdAt: string;
  modifiedAt: string;
  messages: Counts;
  /** How many long polls are waiting for messages. */
  waitingReceives: number;
  /** As GetQueueAttributes returns them. */
  attributes: Record<string, string>;
  tags: Record<string, string>;
}

/** A page of queues. */
export interface QueuePage {
  queues: QueueReport[];
  /** Pass it as `after` to get the next page; undefined on the last page. */
  next?: string | undefined;
}

/** Selects queues to list. */
export interface QueueListing {
  /** Only queues of this account; of all accounts by default. */
  account?: string | undefined;
  /** Only queues of this region; of all regions by default. */
  region?: string | undefined;
  /** Only queues whose names have this prefix. */
  prefix?: string | undefined;
  /** The largest number of queues on a page, 1 to 1000; 100 by default. */
  limit?: number | undefined;
  /** The `next` of the previous page. */
  after?: string | undefined;
}

/** The queues of a running Squab. */
export class QueuesControl {
  readonly #context: ControlContext;

  /** @internal */
  constructor(context: ControlContext) {
    this.#context = context;
  }

  /** Lists queues, sorted by name, region and account. Throws ControlError (400) for invalid options. */
  async list(options: QueueListing = {}): Promise<QueuePage> {
    const { account, region, prefix = '', limit, after = '' } = checked(listingShape, options);
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

  /** Describes one queue. Throws ControlError (404) if it does not exist. */
  async get(name: QueueName): Promise<QueueReport> {
    const queue = await queueNamed(this.#context, name);
    const report = await this.#report(queue);
    if (!report) throw noSuchQueue(queue);
    return report;
  }

  /**
   * Deletes every message of a queue: visible, in flight and delayed. AWS's waiting time between two purges does not
   * apply. Throws ControlError (404) if the queue does not exist.
   */
  async purge(name: QueueName): Promise<void> {
    const queue = await queueNamed(this.#context, name);
    if (!(await this.#context.env.store.purge(queue.id))) throw noSuchQueue(queue);
  }

  /** Returns undefined if the queue has been deleted in the meantime. */
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

/** Returns a queue's sort key, which is also the `next` of a page that ends with it. No part contains a space. */
function markOf({ name, region, account }: Queue): string {
  return `${name} ${region} ${account}`;
}
