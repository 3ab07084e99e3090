/**
 * The text of a queue policy, and the form in which it is kept.
 * Source: developer guide, "Using custom policies with the Amazon SQS access policy language"; refusals as observed on the
 * service.
 */

import { SqsError } from '../../errors.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '../json-object.ts';
import { POLICY_BYTES_MAX, POLICY_STATEMENTS_MAX } from '../limits.ts';

/** A policy in compact form, with its keys in the order in which they came. Throws `InvalidAttributeValue`, `OverLimit`. */
export function normalPolicy(text: string): string {
  const policy = parseJsonObject(text);
  const statements = statementsOf(policy);
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

/** A single statement may stand without a list around it. */
export function statementsOf(policy: JsonObject | undefined): unknown[] {
  return Array.isArray(policy?.Statement) ? policy.Statement : [policy?.Statement];
}

function isStatement(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { Effect, Action, NotAction } = value;
  return (Effect === 'Allow' || Effect === 'Deny') && (Action !== undefined || NotAction !== undefined);
}
