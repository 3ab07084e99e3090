/** Queues and topics that a program passes to `start()`. These types are public, so they contain no internal ones. */

/** A queue that a program passes to `start()`. `squab.yaml` has the same form. */
export interface QueueDefinition {
  /** Ends with `.fifo` for a FIFO queue. */
  name: string;
  /** By default, Squab's own account and region. */
  account?: string;
  region?: string;
  /** Queue attributes, named as in SQS. Policies are JSON strings or objects. */
  attributes?: Readonly<Record<string, string | number | boolean | object>>;
  tags?: Readonly<Record<string, string>>;
  /**
   * The dead-letter queue, by name. It must be in the same account and region; the order of the queues does not
   * matter.
   */
  redrive?: { deadLetterQueue: string; maxReceiveCount: number };
  /** Functions that get the messages: their names, or names with settings. */
  functions?: readonly (string | TriggerDefinition)[];
  /** Sent once, when the queue is created. */
  messages?: readonly (string | MessageDefinition)[];
}

/** A function that gets the messages of a queue, with the settings of its event source mapping. */
export interface TriggerDefinition {
  name: string;
  /** Default: true. */
  enabled?: boolean;
  /** The largest number of messages in an event. Default: 10. */
  batchSize?: number;
  /** How long a message may wait for others of its batch, in seconds. Default: 0. */
  windowSeconds?: number;
  /** Whether the function's answer lists the messages that failed. Default: false. */
  reportBatchItemFailures?: boolean;
  /** The largest number of events that the function gets at the same time. */
  maxConcurrency?: number;
  /** Patterns of which a message must match one. */
  filters?: readonly (object | string)[];
}

/** A message to send to a new queue. */
export interface MessageDefinition {
  /** A string is sent as it is, and anything else as JSON. */
  body: unknown;
  /** A string is short for `{ DataType: 'String', StringValue }`, and a number for the same with `Number`. */
  attributes?: Readonly<Record<string, string | number | MessageAttributeDefinition>>;
  delaySeconds?: number;
  groupId?: string;
  deduplicationId?: string;
  traceHeader?: string;
  /** In a dead-letter queue: the name of the queue that the message came from. */
  deadLetterSource?: string;
}

/** A message attribute, with the members named as in SQS. `BinaryValue` is base64. */
export interface MessageAttributeDefinition {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

/** A topic that a program passes to `start()`. `squab.yaml` has the same form. */
export interface TopicDefinition {
  /** Ends with `.fifo` for a FIFO topic. */
  name: string;
  /** By default, Squab's own account and region. */
  account?: string;
  region?: string;
  /** Topic attributes, named as in SNS. Policies are JSON strings or objects. */
  attributes?: Readonly<Record<string, string | number | boolean | object>>;
  tags?: Readonly<Record<string, string>>;
  /** A string is the name of a queue. */
  subscriptions?: readonly (string | SubscriptionDefinition)[];
}

/** A subscription, with one endpoint: `queue`, `function`, `url`, or `protocol` and `endpoint`. */
export interface SubscriptionDefinition {
  /** The name of a queue in the account and region of the topic, or the ARN of any queue. */
  queue?: string;
  /** The name of a function, or its ARN. */
  function?: string;
  /** An HTTP endpoint. */
  url?: string;
  protocol?: string;
  endpoint?: string;
  /** The filter policy: an object, or a JSON string. */
  filter?: object | string;
  filterScope?: 'MessageAttributes' | 'MessageBody';
  /** Whether messages have no envelope. Default: false. */
  raw?: boolean;
  /** The name of a queue in the account and region of the topic, or the ARN of any queue. */
  deadLetterQueue?: string;
  /** Other subscription attributes, named as in SNS. */
  attributes?: Readonly<Record<string, string | number | boolean | object>>;
}

/** What a file contains. */
export interface FileDefinition {
  queues: readonly QueueDefinition[];
  topics?: readonly TopicDefinition[];
}
