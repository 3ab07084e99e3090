/**
 * Validates and reads the attributes `RedrivePolicy` (of a source queue) and `RedriveAllowPolicy` (of its dead-letter queue).
 * Source: API reference, SetQueueAttributes; error texts as observed on the service.
 */

import { invalidParameter, invalidValue, SqsError } from '../../errors.ts';
import type { Queue, QueueKey } from '../../storage/store.ts';
import { parseArn } from '../arn.ts';
import { parseJsonObject } from '../json-object.ts';
import { RECEIVE_COUNT_MAX, REDRIVE_SOURCES_MAX } from '../limits.ts';

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

export interface RedriveAllowPolicy {
  redrivePermission: 'allowAll' | 'denyAll' | 'byQueue';
  sourceQueueArns?: string[];
}

/** Returns SQS's error for an invalid redrive policy; `text` is the policy as the client sent it. */
export function invalidRedrivePolicy(text: string, reason: string): SqsError {
  return invalidValue(text, 'RedrivePolicy', reason);
}

/**
 * Validates a redrive policy and returns it in SQS's own form: keys in a fixed order, the count as a number. Throws
 * `InvalidParameterValue`.
 */
export function normalRedrivePolicy(text: string): string {
  const policy = parseJsonObject(text);
  if (!policy) {
    throw invalidParameter(
      'Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.',
    );
  }
  const { deadLetterTargetArn, maxReceiveCount, ...others } = policy;
  for (const name of ['maxReceiveCount', 'deadLetterTargetArn']) {
    if (policy[name] === undefined) {
      throw invalidRedrivePolicy(text, `Redrive policy does not contain mandatory attribute: ${name}.`);
    }
  }
  if (Object.keys(others).length > 0) {
    throw invalidRedrivePolicy(
      text,
      'Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].',
    );
  }
  // An object or an array is not converted to a string: it may be nested too deeply, or have a `toString` member.
  const given = typeof maxReceiveCount === 'object' ? '' : String(maxReceiveCount);
  const count = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (!(count >= 1 && count <= RECEIVE_COUNT_MAX)) {
    throw invalidRedrivePolicy(
      text,
      `Invalid value for maxReceiveCount: ${given}, valid values are from 1 to ${RECEIVE_COUNT_MAX} both inclusive.`,
    );
  }
  const arn = typeof deadLetterTargetArn === 'string' ? parseArn(deadLetterTargetArn) : undefined;
  if (!arn) throw invalidRedrivePolicy(text, 'Dead-letter target ARN should be fully qualified ARN.');
  if (arn.service !== 'sqs') {
    throw invalidRedrivePolicy(text, 'Only SQS queues are valid resources for deadLetterTargetArn.');
  }
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: count });
}

/**
 * Validates a redrive allow policy and returns it in SQS's own form. Throws `InvalidAttributeValue`,
 * `InvalidParameterValue`.
 */
export function normalRedriveAllowPolicy(text: string): string {
  const policy = parseJsonObject(text);
  const { redrivePermission, sourceQueueArns, ...others } = policy ?? {};
  const arns = sourceQueueArns ?? [];
  const permissions: unknown[] = ['allowAll', 'denyAll', 'byQueue'];
  const wellFormed =
    permissions.includes(redrivePermission) &&
    Object.keys(others).length === 0 &&
    Array.isArray(arns) &&
    arns.every((arn) => typeof arn === 'string' && parseArn(arn)?.service === 'sqs');
  if (!wellFormed) {
    throw new SqsError(
      'InvalidAttributeValue',
      'Invalid value for the parameter RedriveAllowPolicy. Reason: ' +
        "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.",
    );
  }
  const refused = (reason: string) =>
    invalidValue(text, 'RedriveAllowPolicy', `Amazon SQS can't create the redrive allow policy. ${reason}`);
  if (redrivePermission !== 'byQueue' && arns.length > 0) {
    throw refused('To specify one or more source queue ARNs, you must set redrivePermission to byQueue.');
  }
  if (redrivePermission === 'byQueue' && arns.length === 0) {
    throw refused(
      'When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.',
    );
  }
  if (arns.length > REDRIVE_SOURCES_MAX) {
    throw refused(`The maximum number of source queue ARNs you can specify is ${REDRIVE_SOURCES_MAX}.`);
  }
  return JSON.stringify(arns.length > 0 ? { redrivePermission, sourceQueueArns: arns } : { redrivePermission });
}

/** Returns the dead-letter queue that a queue's redrive policy names, whether or not it exists. */
export function deadLetterQueueOf(queue: Pick<Queue, 'attributes'>): QueueKey | undefined {
  const policy = policyOf(queue);
  return policy && parseArn(policy.deadLetterTargetArn);
}

/** Returns the redrive policy of a queue, if it has one. */
export function policyOf(queue: Pick<Queue, 'attributes'>): RedrivePolicy | undefined {
  const text = queue.attributes.get('RedrivePolicy');
  return text === undefined ? undefined : (JSON.parse(text) as RedrivePolicy);
}
