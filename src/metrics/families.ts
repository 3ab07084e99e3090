/**
 * The metrics of queues, named as CloudWatch names them; those that CloudWatch does not have come last.
 * Source: developer guide, "Available CloudWatch metrics for Amazon SQS".
 */

import type { Holding } from '../storage/observation.ts';

/** The number of events of each kind in a queue since Squab started. */
export interface Tally {
  sent: number;
  /** The size of the sent messages, in bytes. */
  sentBytes: number;
  received: number;
  emptyReceives: number;
  deleted: number;
  deduplicated: number;
  expired: number;
  deadLettered: number;
}

export const emptyTally = (): Tally => ({
  ...{ sent: 0, sentBytes: 0, received: 0, emptyReceives: 0, deleted: 0, deduplicated: 0, expired: 0, deadLettered: 0 },
});

/** One queue in a scrape. */
export interface Row {
  /** `{queue="…",account="…",region="…"}` */
  labels: string;
  /** Without the queue, whose texts may be long. */
  holding: Omit<Holding, 'queue'>;
  /** The age of the oldest message in seconds. */
  age: number;
  tally: Tally;
}

export interface Family {
  name: string;
  type: 'gauge' | 'counter' | 'summary';
  help: string;
  /** The value of each sample, by the suffix of its name. */
  samples: Readonly<Record<string, (row: Row) => number>>;
}

function gauge(name: string, help: string, value: (row: Row) => number): Family {
  return { name: `squab_queue_${name}`, type: 'gauge', help, samples: { '': value } };
}

function counter(name: string, help: string, value: (tally: Tally) => number): Family {
  return { name: `squab_queue_${name}_total`, type: 'counter', help, samples: { '': ({ tally }) => value(tally) } };
}

export const families: readonly Family[] = [
  gauge(
    'approximate_number_of_messages_visible',
    'ApproximateNumberOfMessagesVisible: messages that can be received.',
    ({ holding }) => holding.visible,
  ),
  gauge(
    'approximate_number_of_messages_not_visible',
    'ApproximateNumberOfMessagesNotVisible: messages in flight.',
    ({ holding }) => holding.inFlight,
  ),
  gauge(
    'approximate_number_of_messages_delayed',
    'ApproximateNumberOfMessagesDelayed: messages whose delay has not ended.',
    ({ holding }) => holding.delayed,
  ),
  gauge(
    'approximate_age_of_oldest_message_seconds',
    'ApproximateAgeOfOldestMessage: seconds since the oldest message was sent; 0 for an empty queue.',
    ({ age }) => age,
  ),
  counter(
    'number_of_messages_sent',
    'NumberOfMessagesSent: messages that senders added; those that were dead-lettered or redriven do not count.',
    ({ sent }) => sent,
  ),
  counter(
    'number_of_messages_received',
    'NumberOfMessagesReceived: messages that receives returned.',
    ({ received }) => received,
  ),
  counter('number_of_messages_deleted', 'NumberOfMessagesDeleted: messages deleted.', ({ deleted }) => deleted),
  counter(
    'number_of_empty_receives',
    'NumberOfEmptyReceives: receives that returned no message.',
    ({ emptyReceives }) => emptyReceives,
  ),
  counter(
    'number_of_deduplicated_sent_messages',
    'NumberOfDeduplicatedSentMessages: sends to a FIFO queue that were duplicates.',
    ({ deduplicated }) => deduplicated,
  ),
  {
    name: 'squab_queue_sent_message_size_bytes',
    type: 'summary',
    help: 'SentMessageSize: size of sent messages in bytes.',
    samples: { _sum: ({ tally }) => tally.sentBytes, _count: ({ tally }) => tally.sent },
  },
  counter('number_of_messages_expired', 'Messages whose retention period ended.', ({ expired }) => expired),
  counter(
    'number_of_messages_dead_lettered',
    'Messages that moved to the dead-letter queue: received too often, or moved on request.',
    ({ deadLettered }) => deadLettered,
  ),
];

/** The lines before a family's samples in Prometheus's text format. */
export function heading({ name, type, help }: Family): string {
  return `\n# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** The samples of a family with a given suffix, one for each row. */
export function samples(family: Family, suffix: string, rows: readonly Row[]): string {
  const start = family.name + suffix;
  const value = family.samples[suffix]!;
  return rows.map((row) => `${start}${row.labels} ${value(row)}\n`).join('');
}
