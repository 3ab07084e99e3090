/**
 * How the parts of a policy answer a request: yes, no, or unclear (undefined), if a part of the policy is malformed or
 * cannot be compared with the request. An unclear statement fails closed: an Allow does not apply, a Deny does.
 */

import type { Context } from './context.ts';
import type { Principal } from './principal.ts';

export type Answer = boolean | undefined;

export interface PolicyRequest {
  /** Undefined for an unsigned request. */
  principal: Principal | undefined;
  /** SQS if absent. */
  service?: 'sqs' | 'sns';
  /** The service's name of the action, such as `SendMessage`. */
  action: string;
  /** The ARN of the queue or topic. */
  resource: string;
  context: Context;
  /** The steps that evaluating policies may still take for this request. */
  steps: Steps;
}

/** A part of a policy, ready to be asked. Throws OutOfSteps. */
export type Test = (request: PolicyRequest) => Answer;

/** Represents every malformed part of a policy. */
export const UNCLEAR: Test = () => undefined;

/** The request has used up its steps. */
export class OutOfSteps extends Error {
  override readonly name = 'OutOfSteps';
}

/**
 * Some tens of milliseconds. A usual policy takes a few hundred steps; 60 patterns with wildcards, compared with 50 tag
 * keys of 128 characters, take 400,000.
 */
const STEPS_MAX = 1_000_000;

/**
 * Counts the work of evaluating policies for one request, which grows with the product of what its caller sends and
 * what the owner of the queue wrote. A step is about the comparison of one character.
 */
export class Steps {
  #left: number;

  constructor(max: number = STEPS_MAX) {
    this.#left = max;
  }

  get left(): number {
    return this.#left;
  }

  /** Throws OutOfSteps. */
  take(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new OutOfSteps();
  }
}

/** Returns whether the answer to every item is yes. Stops at the first no. */
export function all<T>(items: Iterable<T>, ask: (item: T) => Answer): Answer {
  let answer: Answer = true;
  for (const item of items) {
    const one = ask(item);
    if (one === false) return false;
    if (one === undefined) answer = undefined;
  }
  return answer;
}

/** Returns whether the answer to any item is yes. Stops at the first yes. */
export function any<T>(items: Iterable<T>, ask: (item: T) => Answer): Answer {
  return not(all(items, (item) => not(ask(item))));
}

export function not(answer: Answer): Answer {
  return answer === undefined ? undefined : !answer;
}
