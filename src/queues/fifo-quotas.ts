/**
 * The throughput quotas of FIFO queues, for those who want to see their program meet them. Off unless asked for.
 * Calls are counted by the second of the clock; a batch is one call. Source: developer guide, "Amazon SQS FIFO queue
 * quotas" and "High throughput for FIFO queues".
 */

import { SqsError } from '../errors.ts';
import type { Queue } from '../storage/store.ts';
import type { Clock } from '../time/clock.ts';
import { settingOf } from './attributes.ts';

/** "300 API calls per second, per API method", of a queue, and with high throughput of a message group. */
const CALLS_PER_SECOND = 300;

/** High throughput: calls per second and action of a queue, which differ by region. */
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

/** The actions that are counted, each with its batch form. */
const COUNTED = new Set(['SendMessage', 'ReceiveMessage', 'DeleteMessage']);

export class FifoQuotas {
  readonly #clock: Clock;
  #second = 0;
  /** Calls of the present second. */
  #calls = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be asked before each call on a queue; `groupIds` are those of messages that are sent. Throws `ThrottlingException`. */
  spend(queue: Queue, operation: string, groupIds: readonly (string | undefined)[]): void {
    const action = operation.replace(/Batch$/, '');
    if (!queue.fifo || !COUNTED.has(action)) return;
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#calls = new Map();
    }
    if (settingOf(queue, 'FifoThroughputLimit') !== 'perMessageGroupId') {
      this.#spend(new Map([[`${queue.id} ${action}`, CALLS_PER_SECOND]]));
      return;
    }
    const ofQueue = HIGH_THROUGHPUT[queue.region] ?? HIGH_THROUGHPUT_ELSEWHERE;
    const ofGroups = groupIds.map((groupId) => [`${queue.id} ${action} ${groupId}`, CALLS_PER_SECOND] as const);
    this.#spend(new Map([[`${queue.id} ${action}`, ofQueue], ...ofGroups]));
  }

  /** Forgets the calls of the present second. */
  forget(): void {
    this.#calls = new Map();
  }

  /** A call that is refused by one quota spends none. */
  #spend(quotas: ReadonlyMap<string, number>): void {
    for (const [key, quota] of quotas) {
      if ((this.#calls.get(key) ?? 0) >= quota) throw new SqsError('ThrottlingException', 'Rate exceeded');
    }
    for (const key of quotas.keys()) this.#calls.set(key, (this.#calls.get(key) ?? 0) + 1);
  }
}
