/** SNS's most common errors. Source: API reference, "Errors" of each action; error texts as observed on the service. */

import { SqsError } from '../errors.ts';
import { InvalidText } from './invalid-text.ts';

/** Returns `InvalidParameter`; `what` continues "Invalid parameter: ". */
export function invalid(what: string): SqsError {
  return new SqsError('InvalidParameter', `Invalid parameter: ${what}`);
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

export function topicDoesNotExist(): SqsError {
  return new SqsError('NotFound', 'Topic does not exist');
}

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
