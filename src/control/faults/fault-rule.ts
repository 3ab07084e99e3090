/** Fault rules, as a program writes them. The same, with the same names, go over HTTP as JSON (fault-shapes.ts). */

/** `after`: when the request has been carried out, so that only its answer is concerned. `before` by default. */
type When = 'before' | 'after';

export type FaultEffect =
  /** A refusal with a code of SQS, such as `RequestThrottled`; the text is AWS's own by default. */
  | { type: 'error'; code: string; message?: string | undefined; when?: When | undefined }
  /** The connection is reset, without an answer. */
  | { type: 'drop'; when?: When | undefined }
  /** The answer takes a duration such as `250ms`, or a time between the two; by the machine's time, or by that of SQS. */
  | {
      type: 'latency';
      duration: string;
      upTo?: string | undefined;
      clock?: 'machine' | 'sqs' | undefined;
      when?: When | undefined;
    }
  /** Entries of a batch fail: those with these ids, or so many that chance picks, 1 by default. */
  | {
      type: 'fail-entries';
      code: string;
      message?: string | undefined;
      ids?: string[] | undefined;
      count?: number | undefined;
    }
  /** Standard queues: what a receive hands out comes once more, also when it is deleted meanwhile. */
  | { type: 'duplicate' }
  /** Standard queues: a receive does not begin with what is first in line. */
  | { type: 'reorder' }
  /** A receive hands out fewer messages than it could: `count` at most, else as chance has it. */
  | { type: 'partial-receive'; count?: number | undefined }
  /** A short poll finds nothing although there is something. */
  | { type: 'empty-receive' };

export interface FaultRuleInput {
  /** SQS's name of an operation, or several; any by default. */
  operation?: string | string[] | undefined;
  /** The name of a queue; any by default. */
  queue?: string | undefined;
  /** The account that owns the queue; any by default. */
  account?: string | undefined;
  region?: string | undefined;
  /** It leaves alone so many requests at first. */
  skip?: number | undefined;
  /** It takes every so-manieth of the others: 5 for each fifth. */
  every?: number | undefined;
  /** It strikes each of these with this probability, 0 to 1; 1 by default. */
  probability?: number | undefined;
  /** It strikes so often, and never again. */
  times?: number | undefined;
  /** Of its chance, a whole number; by default made from the common seed and its id. */
  seed?: number | undefined;
  effect: FaultEffect;
}

/** A rule as it is listed: complete, and with how it fared. */
export interface ListedFaultRule extends FaultRuleInput {
  id: string;
  skip: number;
  every: number;
  probability: number;
  /** How many requests it was about. */
  matched: number;
  /** How many of them it struck. */
  triggered: number;
}
