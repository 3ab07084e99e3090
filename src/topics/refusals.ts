/** SNS's most common errors. Source: API reference, "Errors" of each action; error texts as observed on the service. */

import { SqsError } from '../errors.ts';
import { InvalidText } from './invalid-text.ts';

/** Returns `InvalidParameter`; `what` continues "Invalid parameter: ". */
export function invalid(what: string): SqsError {
  return new SqsError('InvalidParameter', `Invalid parameter: ${what}`);
}

/** Longer than any text that topics and subscriptions need, except filter policies, which have a limit of their own. */
const CHARACTERS_MAX = 64 * 1024;

/** Throws `InvalidParameter` for a text that is too long. Texts stay in memory, and publications parse some of them. */
export function checkLength(name: string, text: string): void {
  if (name === 'FilterPolicy' || text.length <= CHARACTERS_MAX) return;
  throw invalid(`${name} Reason: It has ${text.length} characters, and can have up to ${CHARACTERS_MAX}`);
}

/** Returns the error of the service for a required parameter that is absent. */
export function noValueFor(parameter: string): SqsError {
  return invalid(`${parameter} Reason: no value for required parameter`);
}

/** Returns the error of the framework for a member that is null; `member` is its path, in lower camel case. */
export function nullAt(member: string): SqsError {
  return failedConstraint(`Value null at '${member}'`, 'Member must not be null');
}

/** Returns `ValidationError`, the framework's error. */
export function failedConstraint(value: string, constraint: string): SqsError {
  return new SqsError(
    'ValidationError',
    `1 validation error detected: ${value} failed to satisfy constraint: ${constraint}`,
  );
}

/** Returns `NotFound` for a topic. */
export function topicDoesNotExist(): SqsError {
  return new SqsError('NotFound', 'Topic does not exist');
}

/** Returns `NotFound` for a subscription. */
export function subscriptionDoesNotExist(): SqsError {
  return new SqsError('NotFound', 'Subscription does not exist');
}

/** Returns the result of `check`; if it throws InvalidText, throws `InvalidParameter` instead. */
export function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof InvalidText ? new SqsError('InvalidParameter', error.message) : error;
  }
}
