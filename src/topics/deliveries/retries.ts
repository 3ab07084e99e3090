/**
 * The delays between the attempts of a delivery, in four phases: without a delay, with the smallest one, with growing
 * ones (backoff), and with the largest one.
 * Source: developer guide, "Amazon SNS message delivery retries".
 */

import type { Millis } from '../../time/clock.ts';

export type BackoffFunction = 'arithmetic' | 'exponential' | 'geometric' | 'linear';

/** A part of a delivery policy. */
export interface RetryPolicy {
  /** In seconds, like the next one. In the policy of a subscription, 0 stands for a value that was not given. */
  minDelayTarget: number;
  maxDelayTarget: number;
  numRetries: number;
  numMaxDelayRetries: number;
  numNoDelayRetries: number;
  numMinDelayRetries: number;
  backoffFunction: BackoffFunction;
}

/** Returns how far the `index`th of `last + 1` delays, counted from 0, is from the smallest to the largest: 0 to 1. */
type Progress = (index: number, last: number, ratio: number) => number;

/** AWS shows their curves, but not their formulas: they grow more and more slowly at first, in this order. */
const progress: Readonly<Record<BackoffFunction, Progress>> = {
  linear: (index, last) => index / last,
  arithmetic: (index, last) => (index * (index + 1)) / (last * (last + 1)),
  geometric: (index, last, ratio) => (ratio === 1 ? 0 : (ratio ** (index / last) - 1) / (ratio - 1)),
  exponential: (index, last) => (2 ** index - 1) / (2 ** last - 1),
};

export const backoffFunctions = Object.keys(progress).sort() as BackoffFunction[];

/** "The total policy retry time for a delivery cannot exceed 3,600 seconds. This is a hard limit." */
const TOTAL_SECONDS_MAX = 3600;

/** Returns the delay before each retry, in milliseconds. Retries that would exceed the total time are left out. */
export function delaysOf(policy: RetryPolicy): Millis[] {
  const { minDelayTarget: min, maxDelayTarget: max, numRetries, backoffFunction } = policy;
  const { numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = policy;
  const backoffs = Math.max(0, numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries);
  const seconds = [
    ...Array.from({ length: numNoDelayRetries }, () => 0),
    ...Array.from({ length: numMinDelayRetries }, () => min),
    ...Array.from({ length: backoffs }, (_, index) => {
      const done = backoffs === 1 ? 0 : progress[backoffFunction](index, backoffs - 1, max / min);
      return min + (max - min) * done;
    }),
    ...Array.from({ length: numMaxDelayRetries }, () => max),
  ];
  let total = 0;
  const inTime = seconds.filter((delay) => {
    total += delay;
    return total <= TOTAL_SECONDS_MAX;
  });
  return inTime.map((delay) => Math.round(delay * 1000));
}

/**
 * The retries of endpoints that are part of AWS, such as functions. AWS goes on every 20 seconds for 23 days; a local
 * endpoint that fails for a minute does not come back by itself.
 */
export const AWS_ENDPOINT_DELAYS: readonly Millis[] = delaysOf({
  minDelayTarget: 1,
  maxDelayTarget: 20,
  numRetries: 15,
  numNoDelayRetries: 3,
  numMinDelayRetries: 2,
  numMaxDelayRetries: 0,
  backoffFunction: 'exponential',
});
