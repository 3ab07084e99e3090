/**
 * Queue policies: the form in which they are kept.
 * Source: developer guide, "Using custom policies with the Amazon SQS access policy language".
 */

import { SqsError } from '../errors.ts';
import { isJsonObject, parseJsonObject } from './json-object.ts';
import { POLICY_BYTES_MAX, POLICY_STATEMENTS_MAX } from './limits.ts';

/** A policy in compact form, with its keys in the order in which they came. Throws `InvalidAttributeValue`, `OverLimit`. */
export function normalPolicy(text: string): string {
  const policy = parseJsonObject(text);
  const statements = Array.isArray(policy?.Statement) ? policy.Statement : [policy?.Statement];
  if (!policy || Buffer.byteLength(text) > POLICY_BYTES_MAX || !statements.every(isStatement)) {
    throw new SqsError('InvalidAttributeValue', 'Invalid value for the parameter Policy.');
  }
  if (statements.length > POLICY_STATEMENTS_MAX) {
    throw new SqsError(
      'OverLimit',
      `${statements.length} statements were found in the submitted policy, max allowed is ${POLICY_STATEMENTS_MAX}`,
    );
  }
  return JSON.stringify(policy);
}

function isStatement(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { Effect, Action, NotAction } = value;
  return (Effect === 'Allow' || Effect === 'Deny') && (Action !== undefined || NotAction !== undefined);
}
