/**
 * The throughput quotas of FIFO queues, for testing how a program copes with them. Off unless `--fifo-quotas` is set.
 * Calls are counted by whole seconds of SQS's clock; a batch counts as one call.
 * Source: developer guide, "Amazon SQS FIFO queue quotas" and "High throughput for FIFO queues".
 */

import { SqsError } from '../errors.ts';
import type { Queue } from '../storage/store.ts';
import type { Clock } from '../time/clock.ts';
import { settingOf } from './attributes.ts';
import type { LateSettings } from './late-settings.ts';

/** "300 API calls per second, per API method": for each queue, or with high throughput for each message group. */
const CALLS_PER_SECOND = 300;

/** High throughput: calls per second for each action of a queue, by region. */
const HIGH_THROUGHPUT: Readonly<Record<string, number>> = {
  'us-east-1': 70_000,
  'us-west-2': 70_000,
  'eu-west-1': 70_000,
  'us-east-2': 19_000,
  'eu-central-1': 19_000,
  'ap-south-1': 9000,
  'ap-southeast-1': 9000,
  'ap-southeast-2': 9000,
  'ap-northeast-1': 9000,
  'eu-west-2': 4500,
  'sa-east-1': 4500,
};
const HIGH_THROUGHPUT_ELSEWHERE = 2400;

/** The actions that the quotas limit. The batch form of an action counts against the same quota. */
const COUNTED = new Set(['SendMessage', 'ReceiveMessage', 'DeleteMessage']);

export class FifoQuotas {
  readonly #clock: Clock;
  readonly #settings: LateSettings | undefined;
  #second = 0;
  /** The calls of the current second, by queue and action, and also by message group where groups have a quota. */
  #calls = new Map<string, number>();

  /** Without `settings`, a change of a queue's throughput limit takes effect immediately. */
  constructor(clock: Clock, settings?: LateSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /**
   * Must be called before each operation on a queue; `groupIds` are the message groups that the call sends to.
   * Throws `ThrottlingException`.
   */
  spend(queue: Queue, operation: string, groupIds: readonly (string | undefined)[]): void {
    const action = operation.replace(/Batch$/, '');
    if (!queue.fifo || !COUNTED.has(action)) return;
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#calls = new Map();
    }
    if (settingOf(this.#settings?.inEffect(queue) ?? queue, 'FifoThroughputLimit') !== 'perMessageGroupId') {
      this.#spend(new Map([[`${queue.id} ${action}`, CALLS_PER_SECOND]]));
      return;
    }
    const queueQuota = HIGH_THROUGHPUT[queue.region] ?? HIGH_THROUGHPUT_ELSEWHERE;
    const groupQuotas = groupIds.map((groupId) => [`${queue.id} ${action} ${groupId}`, CALLS_PER_SECOND] as const);
    this.#spend(new Map([[`${queue.id} ${action}`, queueQuota], ...groupQuotas]));
  }

  /** Forgets the calls of the current second. */
  forget(): void {
    this.#calls = new Map();
  }

  /** Counts a call against every quota, or, if any of them is exhausted, against none. Throws `ThrottlingException`. */
  #spend(quotas: ReadonlyMap<string, number>): void {
    for (const [key, quota] of quotas) {
      if ((this.#calls.get(key) ?? 0) >= quota) throw new SqsError('ThrottlingException', 'Rate exceeded');
    }
    for (const key of quotas.keys()) this.#calls.set(key, (this.#calls.get(key) ?? 0) + 1);
  }
}
