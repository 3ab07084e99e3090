/**
 * Queue attributes: their names, their defaults, the values that each accepts, and the values that SQS reports.
 * Source: API reference, CreateQueue, SetQueueAttributes and GetQueueAttributes.
 */

import { SqsError } from '../errors.ts';
import type { Counts, Queue } from '../storage/store.ts';
import { queueArn } from './arn.ts';
import {
  DELAY_SECONDS_MAX,
  KMS_KEY_MAX,
  MESSAGE_BYTES_MAX,
  RETENTION_SECONDS,
  VISIBILITY_SECONDS_MAX,
  WAIT_SECONDS_MAX,
} from './limits.ts';
import { normalPolicy } from './policies/policy.ts';
import { normalRedriveAllowPolicy, normalRedrivePolicy } from './redrive/redrive-policy.ts';

interface Rule {
  /** The value of a queue on which the attribute is not set. Without a default, an unset attribute is not reported. */
  defaultValue?: string;
  fifoOnly?: true;
  /** A short description of a valid value for error messages; completes "it must be …". */
  expected?: string;
  /**
   * Returns the value in the form in which it is stored and reported; undefined removes the attribute.
   * Throws SqsError.
   */
  normal(value: string, name: string): string | undefined;
}

/** The attributes that a client may set, in SQS's order, with the rules for their values. */
const settable: Record<string, Rule> = {
  VisibilityTimeout: integer(0, VISIBILITY_SECONDS_MAX, 30),
  DelaySeconds: integer(0, DELAY_SECONDS_MAX, 0),
  MaximumMessageSize: integer(1024, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX),
  MessageRetentionPeriod: integer(RETENTION_SECONDS.min, RETENTION_SECONDS.max, 345_600),
  ReceiveMessageWaitTimeSeconds: integer(0, WAIT_SECONDS_MAX, 0),
  SqsManagedSseEnabled: { ...boolean(), defaultValue: 'true' },
  KmsMasterKeyId: { normal: kmsKey },
  KmsDataKeyReusePeriodSeconds: integer(60, 86_400),
  Policy: { normal: (value) => (value === '' ? undefined : normalPolicy(value)) },
  RedrivePolicy: { normal: (value) => (value === '' ? undefined : normalRedrivePolicy(value)) },
  RedriveAllowPolicy: { normal: (value) => (value === '' ? undefined : normalRedriveAllowPolicy(value)) },
  FifoQueue: { ...boolean(), fifoOnly: true, defaultValue: 'true' },
  ContentBasedDeduplication: { ...boolean(), fifoOnly: true, defaultValue: 'false' },
  DeduplicationScope: { ...word('queue', 'messageGroup'), fifoOnly: true, defaultValue: 'queue' },
  FifoThroughputLimit: { ...word('perQueue', 'perMessageGroupId'), fifoOnly: true, defaultValue: 'perQueue' },
};

/** The names of the attributes that a client may set, in SQS's order. */
export const settableAttributes: readonly string[] = Object.keys(settable);

/**
 * Returns a short description of an attribute's valid values, which completes "it must be …". Returns undefined for an
 * unknown attribute, and for one that no short description fits, such as a policy.
 */
export function expectationOf(name: string): string | undefined {
  return Object.hasOwn(settable, name) ? settable[name]!.expected : undefined;
}

/** "The length of time, in seconds, for which Amazon SQS can reuse a data key": the default once a KMS key is set. */
const DEFAULT_KEY_REUSE_SECONDS = '300';

/** Attributes that SQS computes. */
const computed: Record<string, (queue: Queue, counts: Counts) => string> = {
  QueueArn: (queue) => queueArn(queue),
  CreatedTimestamp: (queue) => String(Math.floor(queue.createdAt / 1000)),
  LastModifiedTimestamp: (queue) => String(Math.floor(queue.modifiedAt / 1000)),
  ApproximateNumberOfMessages: (_, { visible }) => String(visible),
  ApproximateNumberOfMessagesNotVisible: (_, { inFlight }) => String(inFlight),
  ApproximateNumberOfMessagesDelayed: (_, { delayed }) => String(delayed),
};

/** The names of all attributes, in the order in which SQS reports them. */
const reported: readonly string[] = [...Object.keys(settable), ...Object.keys(computed)];

type NumericAttribute =
  | 'VisibilityTimeout'
  | 'DelaySeconds'
  | 'MaximumMessageSize'
  | 'MessageRetentionPeriod'
  | 'ReceiveMessageWaitTimeSeconds';

/**
 * Returns the value of a numeric attribute, or its default: bytes for `MaximumMessageSize`, seconds for all others.
 */
export function numberOf(
  { attributes }: { attributes: ReadonlyMap<string, string | undefined> },
  name: NumericAttribute,
): number {
  return Number(attributes.get(name) ?? settable[name]!.defaultValue);
}

/** Returns the value of a settable attribute as SQS reports it, or undefined if SQS does not report the attribute. */
export function settingOf({ attributes, fifo }: Pick<Queue, 'attributes' | 'fifo'>, name: string): string | undefined {
  const rule = settable[name];
  if (!rule || (rule.fifoOnly && !fifo)) return undefined;
  if (name === 'KmsDataKeyReusePeriodSeconds') {
    return attributes.has('KmsMasterKeyId') ? (attributes.get(name) ?? DEFAULT_KEY_REUSE_SECONDS) : undefined;
  }
  return attributes.get(name) ?? rule.defaultValue;
}

/**
 * Returns the attributes that GetQueueAttributes reports for the requested names; `All` requests every attribute.
 * Attributes without a value are left out. Throws `InvalidAttributeName`.
 */
export function reportAttributes(queue: Queue, names: readonly string[], counts: Counts): Map<string, string> {
  for (const name of names) if (name !== 'All' && !reported.includes(name)) throw unknownAttribute(name);
  const wanted = names.includes('All') ? reported : names;
  const report = new Map<string, string>();
  for (const name of wanted) {
    const value = Object.hasOwn(computed, name) ? computed[name]!(queue, counts) : settingOf(queue, name);
    if (value !== undefined) report.set(name, value);
  }
  return report;
}

/** Returns whether a report on these attributes needs the message counts. */
export function asksForCounts(names: readonly string[]): boolean {
  return names.some((name) => name === 'All' || name.startsWith('Approximate'));
}

/**
 * Checks the attributes of a CreateQueue or SetQueueAttributes request, and returns them in the form in which they
 * are stored; a value of undefined removes the attribute. `existing` holds the current attributes of the queue; it is
 * absent when the queue is being created. Throws `InvalidAttributeName`, `InvalidAttributeValue`,
 * `InvalidParameterValue`, `OverLimit`.
 */
export function checkAttributes(
  given: ReadonlyMap<string, string>,
  fifo: boolean,
  existing?: ReadonlyMap<string, string>,
): Map<string, string | undefined> {
  for (const name of given.keys()) checkName(name, fifo);
  if (existing && given.has('FifoQueue') && given.get('FifoQueue')!.toLowerCase() !== 'true') {
    throw new SqsError(
      'InvalidAttributeValue',
      'Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.',
    );
  }
  const change = new Map<string, string | undefined>();
  for (const [name, value] of given) change.set(name, settable[name]!.normal(value, name));
  if (fifo) checkThroughputLimit(change, existing);
  chooseEncryption(change, existing);
  return change;
}

function checkName(name: string, fifo: boolean): void {
  const rule = Object.hasOwn(settable, name) ? settable[name] : undefined;
  if (rule?.fifoOnly && !fifo && (name === 'DeduplicationScope' || name === 'FifoThroughputLimit')) {
    throw new SqsError('InvalidAttributeName', `You can specify the ${name} only when FifoQueue is set to true.`);
  }
  if (!rule || (rule.fifoOnly && !fifo)) throw unknownAttribute(name);
}

function checkThroughputLimit(
  change: ReadonlyMap<string, string | undefined>,
  existing: ReadonlyMap<string, string> | undefined,
): void {
  const result = (name: string) => change.get(name) ?? existing?.get(name) ?? settable[name]!.defaultValue;
  if (result('FifoThroughputLimit') === 'perMessageGroupId' && result('DeduplicationScope') !== 'messageGroup') {
    throw new SqsError(
      'InvalidAttributeValue',
      'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup',
    );
  }
}

/**
 * A queue is encrypted either with a KMS key or by SQS itself (SSE-SQS). Setting a KMS key turns SSE-SQS off.
 */
function chooseEncryption(
  change: Map<string, string | undefined>,
  existing: ReadonlyMap<string, string> | undefined,
): void {
  const key = change.has('KmsMasterKeyId') ? change.get('KmsMasterKeyId') : existing?.get('KmsMasterKeyId');
  if (key === undefined) return;
  if (change.get('SqsManagedSseEnabled') === 'true') {
    throw new SqsError(
      'InvalidAttributeName',
      'You can use one type of server-side encryption (SSE) at one time. ' +
        'You can either enable KMS SSE or SQS SSE.',
    );
  }
  if (change.has('KmsMasterKeyId')) change.set('SqsManagedSseEnabled', 'false');
}

function integer(min: number, max: number, defaultValue?: number): Rule {
  return {
    ...(defaultValue !== undefined && { defaultValue: String(defaultValue) }),
    expected: `a whole number from ${min} to ${max}`,
    normal(text, name) {
      const value = Number(text);
      if (!/^\d{1,10}$/.test(text) || value < min || value > max) throw invalidAttributeValue(name);
      return String(value);
    },
  };
}

function kmsKey(text: string, name: string): string | undefined {
  if (text.length > KMS_KEY_MAX) throw invalidAttributeValue(name);
  return text || undefined;
}

function boolean(): Rule {
  return {
    expected: 'true or false',
    normal(text, name) {
      const value = text.toLowerCase();
      if (value !== 'true' && value !== 'false') throw invalidAttributeValue(name);
      return value;
    },
  };
}

function word(...words: string[]): Rule {
  return {
    expected: words.join(' or '),
    normal(text, name) {
      if (!words.includes(text)) throw invalidAttributeValue(name);
      return text;
    },
  };
}

function unknownAttribute(name: string): SqsError {
  return new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
}

function invalidAttributeValue(name: string): SqsError {
  return new SqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}
