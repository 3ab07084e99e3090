/**
 * The texts of `RedrivePolicy` (on a source queue) and `RedriveAllowPolicy` (on its dead-letter queue).
 * Source: API reference, SetQueueAttributes; refusals as observed on the service.
 */

import { invalidParameter, invalidValue, SqsError } from '../../errors.ts';
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

/** Refuses a redrive policy in SQS's wording; `text` is the policy as it was submitted. */
export function invalidRedrivePolicy(text: string, reason: string): SqsError {
  return invalidValue(text, 'RedrivePolicy', reason);
}

/** Checks the form and gives it SQS's own: keys in order, the count as a number. Throws `InvalidParameterValue`. */
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
  // Neither an object nor a list is made a text of: it may nest too deep, or have a `toString` of its own.
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

/** As `normalRedrivePolicy`. Throws `InvalidAttributeValue`, `InvalidParameterValue`. */
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
