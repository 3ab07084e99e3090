/** Queues as a program gives them to `start()`. Users see these types, so nothing of the inside is in them. */

/** A queue, as a program gives it to `start()`; the form in `squab.yaml` is the same. */
export interface QueueDefinition {
  /** With the suffix `.fifo` for a FIFO queue. */
  name: string;
  /** Where it is, if not where requests go that name neither. */
  account?: string;
  region?: string;
  /** By SQS's names; policies as texts or as objects. */
  attributes?: Readonly<Record<string, string | number | boolean | object>>;
  tags?: Readonly<Record<string, string>>;
  /** The dead-letter queue by its name: beside this one, in any order. */
  redrive?: { deadLetterQueue: string; maxReceiveCount: number };
  /** Sent when the queue is made, and never again. */
  messages?: readonly (string | MessageDefinition)[];
}

/** A message for a queue that is made. */
export interface MessageDefinition {
  /** A text; anything else is sent as JSON. */
  body: unknown;
  /** Short for `{ DataType: 'String', StringValue }`, or `Number` for a number. */
  attributes?: Readonly<Record<string, string | number | MessageAttributeDefinition>>;
  delaySeconds?: number;
  groupId?: string;
  deduplicationId?: string;
  traceHeader?: string;
}

/** By SQS's names; `BinaryValue` is base64. */
export interface MessageAttributeDefinition {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}
