/**
 * Validates queue policies, and converts them to the form in which they are stored.
 * Source: developer guide, "Using custom policies with the Amazon SQS access policy language"; error texts as
 * observed on the service.
 */

import { SqsError } from '../../errors.ts';
import { parseJsonObject } from '../json-object.ts';
import { POLICY_BYTES_MAX, POLICY_STATEMENTS_MAX } from '../limits.ts';
import { compilePolicy } from './evaluation.ts';

/**
 * Validates a policy and returns it as compact JSON, its keys in their original order. The `Version` may be missing, and is
 * not added (see decisions.md). Throws `InvalidAttributeValue`, `OverLimit`.
 */
export function normalPolicy(text: string): string {
  const isShort = text.length <= POLICY_BYTES_MAX && Buffer.byteLength(text) <= POLICY_BYTES_MAX;
  const { isSound, statements } = compilePolicy(isShort ? text : '');
  if (!isSound) throw new SqsError('InvalidAttributeValue', 'Invalid value for the parameter Policy.');
  if (statements.length > POLICY_STATEMENTS_MAX) {
    throw new SqsError(
      'OverLimit',
      `${statements.length} statements were found in the submitted policy, max allowed is ${POLICY_STATEMENTS_MAX}`,
    );
  }
  return JSON.stringify(parseJsonObject(text));
}
