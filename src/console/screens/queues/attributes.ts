/** The attributes of a queue, as a form explains and checks them. The checks are those of the server. */

import { SqsError } from '../../../errors.ts';
import { checkAttributes } from '../../../queues/attributes.ts';

export type Values = Readonly<Record<string, string>>;

export interface Described {
  name: string;
  label: string;
  hint: string;
  suffix?: string;
  /** For numbers: what SQS uses if nothing is given. */
  usual?: string;
  /** For choices: the values with their texts. */
  options?: readonly (readonly [string, string])[];
  fifoOnly?: true;
  /** A text of several lines, such as a policy. */
  isText?: true;
}

/** What most queues need. */
export const common: readonly Described[] = [
  {
    name: 'VisibilityTimeout',
    label: 'Visibility timeout',
    suffix: 'seconds',
    usual: '30',
    hint: 'How long a received message is hidden from other receivers. If it is not deleted in that time, it is delivered again. 0 to 43,200 (12 hours).',
  },
  {
    name: 'MessageRetentionPeriod',
    label: 'Retention period',
    suffix: 'seconds',
    usual: '345600',
    hint: 'After this time, a message that nobody has deleted expires. 60 to 1,209,600 (14 days).',
  },
  {
    name: 'DelaySeconds',
    label: 'Delay',
    suffix: 'seconds',
    usual: '0',
    hint: 'How long a new message waits before it can be received. 0 to 900 (15 minutes).',
  },
  {
    name: 'ReceiveMessageWaitTimeSeconds',
    label: 'Wait time of a receive',
    suffix: 'seconds',
    usual: '0',
    hint: 'How long a receive waits for a message if the queue has none (long polling). 0 to 20.',
  },
  {
    name: 'MaximumMessageSize',
    label: 'Maximum message size',
    suffix: 'bytes',
    usual: '1048576',
    hint: 'Body and attributes together. 1,024 to 1,048,576 (1 MiB).',
  },
];

export const ofFifo: readonly Described[] = [
  {
    name: 'ContentBasedDeduplication',
    label: 'Deduplicate by content',
    fifoOnly: true,
    options: [
      ['false', 'No: each message needs a deduplication ID'],
      ['true', 'Yes: by the SHA-256 of the body'],
    ],
    hint: 'A message that is sent again within 5 minutes is accepted, but not delivered again.',
  },
  {
    name: 'DeduplicationScope',
    label: 'Deduplication scope',
    fifoOnly: true,
    options: [
      ['queue', 'The whole queue'],
      ['messageGroup', 'Each message group'],
    ],
    hint: 'Where two messages with the same deduplication ID count as one.',
  },
  {
    name: 'FifoThroughputLimit',
    label: 'Throughput limit',
    fifoOnly: true,
    options: [
      ['perQueue', 'Per queue'],
      ['perMessageGroupId', 'Per message group (high throughput)'],
    ],
    hint: 'Per message group is allowed only if the deduplication scope is the message group.',
  },
];

/** What few queues need. */
export const rare: readonly Described[] = [
  {
    name: 'RedriveAllowPolicy',
    label: 'Redrive allow policy',
    isText: true,
    hint: 'Which queues may use this one as their dead-letter queue, as JSON: {"redrivePermission":"denyAll"}. By default, all may.',
  },
  {
    name: 'Policy',
    label: 'Access policy',
    isText: true,
    hint: 'A policy in IAM’s language, as JSON. Squab enforces it with --auth policy.',
  },
  {
    name: 'KmsMasterKeyId',
    label: 'KMS key',
    hint: 'The ID or alias of a key, such as alias/aws/sqs. Squab stores it, and encrypts nothing.',
  },
];

export const described: readonly Described[] = [...common, ...ofFifo, ...rare];

/** What SQS would say about the value of an attribute; undefined if it would accept it. */
export function errorOf(name: string, values: Values, isFifo: boolean): string | undefined {
  const value = values[name] ?? '';
  if (value === '') return undefined;
  const scope = values.DeduplicationScope;
  // The throughput limit depends on the scope.
  const given =
    name === 'FifoThroughputLimit' && scope ? { DeduplicationScope: scope, [name]: value } : { [name]: value };
  try {
    checkAttributes(new Map(Object.entries(given)), isFifo);
    return undefined;
  } catch (error) {
    if (error instanceof SqsError) return error.message;
    throw error;
  }
}

/** Which attribute a refusal is about, if it names one. */
export function attributeIn(message: string): string | undefined {
  return [...described.map(({ name }) => name), 'RedrivePolicy'].find((name) =>
    new RegExp(`\\b${name}\\b`).test(message),
  );
}
