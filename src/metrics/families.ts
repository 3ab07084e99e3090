/**
 * The metrics of queues, by the names that CloudWatch has for them. Source: developer guide, "Available CloudWatch metrics
 * for Amazon SQS". What CloudWatch does not have stands last.
 */

import type { Holding } from '../storage/observation.ts';

/** What happened in a queue since Squab started. */
export interface Tally {
  sent: number;
  sentBytes: number;
  received: number;
  emptyReceives: number;
  deleted: number;
  deduplicated: number;
  expired: number;
  deadLettered: number;
}

export const noTally = (): Tally => ({
  ...{ sent: 0, sentBytes: 0, received: 0, emptyReceives: 0, deleted: 0, deduplicated: 0, expired: 0, deadLettered: 0 },
});

/** A queue in a scrape. */
export interface Row {
  /** `{queue="…",account="…",region="…"}` */
  labels: string;
  holding: Holding;
  /** Seconds. */
  age: number;
  tally: Tally;
}

export interface Family {
  name: string;
  type: 'gauge' | 'counter' | 'summary';
  help: string;
  /** What follows the name, and the value. */
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
    'ApproximateNumberOfMessagesDelayed: messages whose delay is not over.',
    ({ holding }) => holding.delayed,
  ),
  gauge(
    'approximate_age_of_oldest_message_seconds',
    'ApproximateAgeOfOldestMessage: seconds since the oldest message was sent; 0 when there is none.',
    ({ age }) => age,
  ),
  counter(
    'number_of_messages_sent',
    'NumberOfMessagesSent: messages that senders added. Redriven ones do not count.',
    ({ sent }) => sent,
  ),
  counter(
    'number_of_messages_received',
    'NumberOfMessagesReceived: messages that receives handed out.',
    ({ received }) => received,
  ),
  counter('number_of_messages_deleted', 'NumberOfMessagesDeleted: messages deleted.', ({ deleted }) => deleted),
  counter(
    'number_of_empty_receives',
    'NumberOfEmptyReceives: receives that ended without a message.',
    ({ emptyReceives }) => emptyReceives,
  ),
  counter(
    'number_of_deduplicated_sent_messages',
    'NumberOfDeduplicatedSentMessages: sends to a FIFO queue that were repetitions.',
    ({ deduplicated }) => deduplicated,
  ),
  {
    name: 'squab_queue_sent_message_size_bytes',
    type: 'summary',
    help: 'SentMessageSize: bytes of sent messages.',
    samples: { _sum: ({ tally }) => tally.sentBytes, _count: ({ tally }) => tally.sent },
  },
  counter('number_of_messages_expired', 'Messages whose retention ended.', ({ expired }) => expired),
  counter(
    'number_of_messages_dead_lettered',
    'Messages that went to the dead-letter queue: received too often.',
    ({ deadLettered }) => deadLettered,
  ),
];

/** What stands before a family's samples in Prometheus's text format. */
export function heading({ name, type, help }: Family): string {
  return `\n# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** The samples of a family that have a suffix, one for each row. */
export function samples(family: Family, suffix: string, rows: readonly Row[]): string {
  const start = family.name + suffix;
  const value = family.samples[suffix]!;
  return rows.map((row) => `${start}${row.labels} ${value(row)}\n`).join('');
}
