/** Queues as they were read from a file, whatever its language. */

import type { SendInput } from '../queues/send.ts';
import type { Located } from './tree.ts';

/** A queue as it was read. What it does not say of itself is left to the Squab that gets it. */
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

/** A name is one queue in each account and region. */
export function identityOf({ account, region, name }: DeclaredQueue): string {
  return [account ?? '', region ?? '', name.value].join('/');
}

/** Where a template would be deployed, for `AWS::Region` and `AWS::AccountId`. */
export interface Deployment {
  account: string;
  region: string;
}
