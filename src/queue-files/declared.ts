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
}

export interface DeclaredRedrive {
  at: string;
  deadLetterQueue: Located<string>;
  maxReceiveCount: Located<string>;
}

export interface DeclaredMessage {
  at: string;
  input: SendInput;
}

/** Returns what identifies a queue: its account, region and name. */
export function identityOf({ account, region, name }: DeclaredQueue): string {
  return [account ?? '', region ?? '', name.value].join('/');
}

/** The account and region that a template is deployed to, for `AWS::AccountId` and `AWS::Region`. */
export interface Deployment {
  account: string;
  region: string;
}
