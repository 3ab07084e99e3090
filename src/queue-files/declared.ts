/** Queues as they were read from a file, independent of its format. */

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

/** Returns what identifies a queue: its account, region and name. */
export function identityOf({ account, region, name }: DeclaredQueue): string {
  return [account ?? '', region ?? '', name.value].join('/');
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
