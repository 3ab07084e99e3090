/** The types of fault rules for programs. Over HTTP, rules are JSON with the same members (fault-shapes.ts). */

/** `before` the request is carried out (the default), or `after` it, so that only its response is affected. */
type When = 'before' | 'after';

/** What a fault rule does to a request that triggers it. */
export type FaultEffect =
  /** The request fails with an error code such as `RequestThrottled`; `message` is AWS's own text by default. */
  | { type: 'error'; code: string; message?: string | undefined; when?: When | undefined }
  /** The connection is reset without a response. */
  | { type: 'drop'; when?: When | undefined }
  /**
   * The response is delayed by a duration such as `250ms`, or by a random time from `duration` to `upTo`; in real time
   * (`machine`, the default) or in the time of SQS (`sqs`).
   */
  | {
      type: 'latency';
      duration: string;
      upTo?: string | undefined;
      clock?: 'machine' | 'sqs' | undefined;
      when?: When | undefined;
    }
  /** Entries of a batch fail: those with these IDs, or `count` random ones (1 by default). */
  | {
      type: 'fail-entries';
      code: string;
      message?: string | undefined;
      ids?: string[] | undefined;
      count?: number | undefined;
    }
  /** Standard queues: the messages of a receive are delivered once more, even if they are deleted in the meantime. */
  | { type: 'duplicate' }
  /** Standard queues: a receive does not start with the first message in line. */
  | { type: 'reorder' }
  /** A receive returns fewer messages than it could: up to `count`, or a random number. */
  | { type: 'partial-receive'; count?: number | undefined }
  /** A short poll returns nothing although messages are visible. */
  | { type: 'empty-receive' };

/** A fault rule to add. A request matches if it has the rule's operation, queue, account and region. */
export interface FaultRuleInput {
  /** The name of an operation of SQS, SNS or Lambda, or several; any operation by default. */
  operation?: string | string[] | undefined;
  /** The name, URL or ARN of a queue; any queue by default. */
  queue?: string | undefined;
  /** The name or ARN of a topic; any topic by default. */
  topic?: string | undefined;
  /** The account that owns the queue or topic; any account by default. */
  account?: string | undefined;
  /** The region of the queue or topic; any region by default. */
  region?: string | undefined;
  /** How many matching requests to ignore first; 0 by default. */
  skip?: number | undefined;
  /** Of the requests after those, only every Nth can trigger the rule: 5 means every fifth. 1 by default. */
  every?: number | undefined;
  /** The probability, from 0 to 1, that such a request triggers the rule; 1 by default. */
  probability?: number | undefined;
  /** The maximum number of times that the rule is triggered; unlimited by default. */
  times?: number | undefined;
  /** The seed of the rule's random numbers, an integer; derived from the common seed and the rule's ID by default. */
  seed?: number | undefined;
  effect: FaultEffect;
}

/** A rule as it is listed: with its defaults filled in, and its counts. */
export interface ListedFaultRule extends FaultRuleInput {
  id: string;
  skip: number;
  every: number;
  probability: number;
  /** How many requests matched the rule. */
  matched: number;
  /** How many of them triggered it. */
  triggered: number;
}
