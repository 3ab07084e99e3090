/**
 * Validates queue policies, and converts them to the form in which they are stored.
 * Source: developer guide, "Using custom policies with the Amazon SQS access policy language"; error texts as
 * observed on the service.
 */

import { SqsError } from '../../errors.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '../json-object.ts';
import { POLICY_BYTES_MAX, POLICY_STATEMENTS_MAX } from '../limits.ts';

/**
 * Validates a policy and returns it as compact JSON, its keys in their original order. Throws
 * `InvalidAttributeValue`, `OverLimit`.
 */
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

/** Returns the statements of a policy, which may omit the list around a single one. */
export function statementsOf(policy: JsonObject | undefined): unknown[] {
  return Array.isArray(policy?.Statement) ? policy.Statement : [policy?.Statement];
}

function isStatement(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { Effect, Action, NotAction } = value;
  return (Effect === 'Allow' || Effect === 'Deny') && (Action !== undefined || NotAction !== undefined);
}
