/**
 * Sends messages that could not be delivered to the dead-letter queue of their subscription.
 * Source: developer guide, "Amazon SNS dead-letter queues".
 */

import { SqsError } from '../../errors.ts';
import { parseArn, queueArn } from '../../queues/arn.ts';
import type { Env } from '../../queues/env.ts';
import { prepareSend, send, singleSend } from '../../queues/send.ts';
import type { Queue } from '../../storage/store.ts';
import type { TopicKey } from '../../storage/topics.ts';
import type { Due } from './backlog.ts';

/** The sender of messages that SNS sends to queues, as users see it on AWS. */
export const SNS_SENDER_ID = 'AIDAIT2UOQQY3AUEKVGXU';

/** Returns whether a topic may send to a queue. */
export type MaySend = (queue: Queue, topic: TopicKey) => boolean;

/**
 * Sends a message to a dead-letter queue, as the subscriber would have got it. Resolves to the reason, a text for
 * users, if that is not possible; undefined if it was sent. Throws StoreUnavailable.
 */
export async function deadLetter(
  env: Env,
  maySend: MaySend,
  { deadLetterArn, topic }: { deadLetterArn: string; topic: TopicKey },
  { body, attributes }: Due,
): Promise<string | undefined> {
  const key = parseArn(deadLetterArn);
  const queue = key && (await env.store.findQueue(key));
  if (!queue) return `its dead-letter queue ${deadLetterArn} does not exist`;
  if (queue.fifo) return `its dead-letter queue ${queueArn(queue)} is a FIFO queue, and the message has no group`;
  if (!maySend(queue, topic)) return `the policy of its dead-letter queue ${queueArn(queue)} does not allow it`;
  try {
    const sender = { id: SNS_SENDER_ID, traceHeader: undefined };
    const prepared = prepareSend(env, queue, { body, attributes }, sender, singleSend);
    await send(env, queue, [prepared]);
    return undefined;
  } catch (error) {
    if (error instanceof SqsError) return `its dead-letter queue ${queueArn(queue)} refused it: ${error.message}`;
    throw error;
  }
}
