/**
 * The messages in the backlog of a subscription: requests that are due, or wait to be tried again. The first line of a
 * message's body says what it is; the rest is the body of the request, as a JSON string if it has characters that engines
 * need not store.
 */

import { md5OfBody } from '../../queues/digest.ts';
import type { MessageAttribute, MessageContent, NewMessage } from '../../storage/store.ts';

/** A request to a subscriber. */
export interface Due {
  type: 'Notification' | 'SubscriptionConfirmation';
  /** SNS's ID of the message, the same for every attempt. */
  messageId: string;
  /** Whether the body has no envelope. */
  raw: boolean;
  /** The body of the request, and of a message in the dead-letter queue. For a function: the envelope. */
  body: string;
  /** For a message in the dead-letter queue. Only without an envelope, which contains them. */
  attributes?: ReadonlyMap<string, MessageAttribute> | undefined;
}

const RAW = 'raw';
const JSON_STRING = 'json';

/** Returns the message to send to the backlog. */
export function backlogMessage({ type, messageId, raw, body: sent, attributes }: Due): NewMessage {
  // SQS refuses NUL, and PostgreSQL has no texts with it.
  const isPlain = !sent.includes('\0');
  const head = [type, ...(raw ? [RAW] : []), ...(isPlain ? [] : [JSON_STRING])].join(' ');
  const body = `${head}\n${isPlain ? sent : JSON.stringify(sent)}`;
  return { messageId, body, bodyMd5: md5OfBody(body), senderId: 'sns', attributes, delayMs: 0 };
}

/** Returns what a message of a backlog says. */
export function dueIn({ messageId, body, attributes }: Pick<MessageContent, 'messageId' | 'body' | 'attributes'>): Due {
  const end = body.indexOf('\n');
  const [type, ...marks] = body.slice(0, end).split(' ') as [Due['type'], ...string[]];
  const rest = body.slice(end + 1);
  const sent = marks.includes(JSON_STRING) ? (JSON.parse(rest) as string) : rest;
  return { type, messageId, raw: marks.includes(RAW), body: sent, attributes };
}
