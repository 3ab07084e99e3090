/** Queues and topics as they were read from a file, independent of its format. */

import type { SendInput } from '../queues/send.ts';
import type { Located } from './syntax/tree.ts';

/** A queue that a file declares. Whatever it leaves out gets the defaults of the Squab that it is applied to. */
export interface DeclaredQueue {
  at: string;
  name: Located<string>;
  account?: string | undefined;
  region?: string | undefined;
  attributes: Map<string, Located<string>>;
  tags: Map<string, Located<string>>;
  redrive?: DeclaredRedrive | undefined;
  messages: DeclaredMessage[];
  /** The functions that get its messages. */
  functions?: DeclaredTrigger[] | undefined;
}

export interface DeclaredRedrive {
  at: string;
  deadLetterQueue: Located<string>;
  maxReceiveCount: Located<string>;
  /** If the dead-letter queue does not exist, the queue is created without it: another stack may have it. */
  optional?: boolean;
}

/** A function that gets the messages of a queue. */
export interface DeclaredTrigger {
  at: string;
  functionName: string;
  /** Settings of an event source mapping, as CreateEventSourceMapping names them. */
  settings: Readonly<Record<string, unknown>>;
}

export interface DeclaredMessage {
  at: string;
  input: SendInput;
  /** The name or the ARN of the queue that dead-lettered the message. */
  deadLetterSource?: string | undefined;
}

/** A topic that a file declares. Whatever it leaves out is as in `DeclaredQueue`. */
export interface DeclaredTopic {
  at: string;
  name: Located<string>;
  account?: string | undefined;
  region?: string | undefined;
  /** By SNS's names, and `DataProtectionPolicy`, which SNS keeps apart. */
  attributes: Map<string, Located<string>>;
  tags: Map<string, Located<string>>;
  subscriptions: DeclaredSubscription[];
}

export interface DeclaredSubscription {
  at: string;
  protocol: string;
  /** The endpoint, or the name of a queue or function in the account and region of the topic. */
  endpoint: Located<string>;
  isName: boolean;
  attributes: Map<string, Located<string>>;
  /** The name of a queue in the account and region of the topic. */
  deadLetterQueue?: Located<string> | undefined;
  /** Without queues that do not exist, the topic is created all the same: another stack may have them. */
  optional?: boolean;
}

/** What a file declares. */
export interface Declared {
  queues: readonly DeclaredQueue[];
  topics: readonly DeclaredTopic[];
}

/** Returns what identifies a queue or topic: its account, region and name. */
export function identityOf({ account, region, name }: Pick<DeclaredQueue, 'account' | 'region' | 'name'>): string {
  return [account ?? '', region ?? '', name.value].join('/');
}

/** Returns located texts as a plain object. */
export function valuesOf(located: ReadonlyMap<string, Located<string>>): Record<string, string> {
  return Object.fromEntries([...located].map(([name, { value }]) => [name, value]));
}

/** The account, region, parameters and stack name with which a template is deployed. */
export interface Deployment {
  /** For `AWS::AccountId` and `AWS::Region`. */
  account: string;
  region: string;
  /** Values for the parameters of templates and the variables of a serverless.yml. */
  parameters?: Readonly<Record<string, string>> | undefined;
  /** For `AWS::StackName`. */
  stackName?: string | undefined;
}
