/** Adds a message to a queue by the rules of SendMessage. */

import { refusalOr } from '../../errors.ts';
import { parseArn } from '../../queues/arn.ts';
import { checkQueueName } from '../../queues/catalog.ts';
import { hasOnlyAllowedCharacters, isRegion } from '../../queues/characters.ts';
import type { Env } from '../../queues/env.ts';
import { TRACE_HEADER_MAX } from '../../queues/limits.ts';
import { prepareSend, send, singleSend } from '../../queues/send.ts';
import type { MessageAttribute, Queue } from '../../storage/store.ts';
import { refused } from '../control-context.ts';
import { ControlError } from '../control-error.ts';

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

/**
 * @internal Resolves to the ID of the new message. Throws ControlError: 400 for an invalid source, 409 if the queue
 * rejects the message.
 */
export async function addMessage(env: Env, queue: Queue, added: AddedMessage): Promise<string> {
  const { body, attributes, groupId, deduplicationId, deadLetterSource } = added;
  // As for a header of a request, an empty one is none.
  const traceHeader = added.traceHeader || undefined;
  if (deadLetterSource !== undefined) checkSource(queue, deadLetterSource);
  if (traceHeader !== undefined) checkTraceHeader(traceHeader);
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
  return new Map(Object.entries(attributes));
}

/** The rules of the system attribute `AWSTraceHeader`. */
function checkTraceHeader(text: string): void {
  if (text.length > TRACE_HEADER_MAX)
    throw new ControlError(400, `"traceHeader" is invalid: it must have at most ${TRACE_HEADER_MAX} characters.`);
  if (!hasOnlyAllowedCharacters(text))
    throw new ControlError(400, '"traceHeader" is invalid: it has characters that SQS does not allow.');
}

/** A message move task sends the message to its source, which therefore must be a queue of the same type. */
function checkSource({ fifo, name }: Queue, text: string): void {
  const arn = parseArn(text);
  if (arn?.service === 'sqs' && isRegion(arn.region) && refusalOr(() => checkQueueName(arn.name, fifo)) === undefined)
    return;
  throw new ControlError(
    400,
    `"deadLetterSource" is invalid: must be the ARN of a ${fifo ? 'FIFO' : 'standard'} queue, as ${name} is ` +
      `(got ${JSON.stringify(text)}).`,
  );
}
