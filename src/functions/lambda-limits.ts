/**
 * The limits of event source mappings, each with the sentence that documents it.
 * Sources: Lambda API reference, CreateEventSourceMapping; Lambda developer guide.
 */

import { heapBytes } from '../storage/catalogue-bound.ts';

/** "BatchSize: Minimum value of 1. Maximum value of 10000." "For FIFO queues, the maximum is 10." */
export const BATCH_SIZE = { default: 10, max: 10_000, maxWithoutWindow: 10, maxOfFifo: 10 } as const;

/** "MaximumBatchingWindowInSeconds: 0 to 300." */
export const WINDOW_SECONDS_MAX = 300;

/** "MaximumConcurrency: Minimum value of 2. Maximum value of 1000." */
export const CONCURRENCY = { min: 2, max: 1000 } as const;

/** "You can define up to five different filters for a single event source." */
export const FILTERS_MAX = 5;

/** "Pattern: Length Constraints: Maximum length of 4096." */
export const PATTERN_MAX = 4096;

/** ProvisionedPollerConfig of an SQS event source. */
export const POLLERS = { min: 2, max: 10_000 } as const;

/** "Metrics: Array Members: Minimum number of 0 items. Maximum number of 1 item. Valid Values: EventCount". */
export const METRICS: readonly string[] = ['EventCount'];

/** "MaxItems: Minimum value of 1. Maximum value of 10000"; "returns a maximum of 100 items in each response". */
export const LISTED_MAX = 100;

/** "Invocation payload: 1 MB (asynchronous)". Lambda developer guide, "Lambda quotas". */
export const ASYNCHRONOUS_PAYLOAD_MAX = 1024 * 1024;

/** "Up to 3,583 bytes of base64-encoded data about the invoking client". Lambda API reference, Invoke. */
export const CLIENT_CONTEXT_MAX = 3583;

/** Squab's own limits: asynchronous invocations that have not ended, and the bytes of their payloads. */
export const ASYNCHRONOUS_MAX = 1000;
export const ASYNCHRONOUS_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Squab's own limit: bytes of the messages that all mappings have taken. From a quarter of it on, each mapping may have only
 * one batch in progress, which has the bytes of a short batch, or one message. In memory, a message may take several
 * times as much. A batch has at least the bytes that its request and its connection to the function take: there would be a
 * hundred thousand batches of a short message, more than there are file descriptors, which clients need too.
 */
export const EVENT_BYTES_MAX = Math.min(256 * 1024 * 1024, heapBytes() / 16);
export const SHORT_BATCH_BYTES = 64 * 1024;
export const BATCH_BYTES_MIN = 32 * 1024;

/** Squab's own limit: commas and brackets in a payload or an answer that is parsed. A batch of 10,000 needs 20,000. */
export const PARSED_TOKENS_MAX = 100_000;
