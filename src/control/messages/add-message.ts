/** Adds a message to a queue by the rules of SendMessage. */

import type { Env } from '../../queues/env.ts';
import { prepareSend, send, singleSend } from '../../queues/send.ts';
import type { MessageAttribute, Queue } from '../../storage/store.ts';
import { refused } from '../control-context.ts';

/** A message to add to a queue. */
export interface AddedMessage {
  body: string;
  attributes?: Readonly<Record<string, MessageAttribute>> | undefined;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
  traceHeader?: string | undefined;
  /** The ARN of the queue that dead-lettered it. */
  deadLetterSource?: string | undefined;
  /** By default, the account of the queue. */
  senderId?: string | undefined;
}

/** @internal Resolves to the ID of the new message. Throws ControlError (409) if the queue rejects it. */
export async function addMessage(env: Env, queue: Queue, added: AddedMessage): Promise<string> {
  const { body, attributes, groupId, deduplicationId, traceHeader, deadLetterSource } = added;
  const input = {
    ...{ body, groupId, deduplicationId },
    attributes: attributesOf(attributes),
  };
  try {
    const sender = { id: added.senderId ?? queue.account, traceHeader };
    const prepared = prepareSend(env, queue, input, sender, singleSend);
    const [sent] = await send(env, queue, [{ ...prepared, message: { ...prepared.message, deadLetterSource } }]);
    return sent!.messageId;
  } catch (error) {
    throw refused(error, queue);
  }
}

/** @internal Returns attributes in the form in which a wire passes them on. */
export function attributesOf(attributes: Readonly<Record<string, MessageAttribute>> = {}) {
  return new Map(Object.entries(attributes).map(([name, value]) => [name, { ...value, hasListValue: false }]));
}
