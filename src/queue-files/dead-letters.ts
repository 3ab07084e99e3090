/**
 * Adds messages to a dead-letter queue with the name of the queue that they come from. A message move task needs it, and
 * no operation of SQS can set it, so this uses the queues of this process, or the control interface of a server.
 */

import type { Env } from '../queues/env.ts';
import { prepareSend, send, singleSend } from '../queues/send.ts';
import type { QueueKey } from '../storage/store.ts';
import type { DeclaredMessage } from './declared.ts';

/**
 * Adds a message that the queue with the ARN `sourceArn` dead-lettered. Resolves to false if the server cannot do that:
 * the message has not been added then.
 */
export type AddDeadLetter = (queue: QueueKey, message: DeclaredMessage, sourceArn: string) => Promise<boolean>;

/** Returns a function that adds messages to the queues of this process. It rejects with SqsError. */
export function addDeadLetterInProcess(env: Env): AddDeadLetter {
  return async (key, { input }, sourceArn) => {
    const queue = await env.store.findQueue(key);
    if (!queue) return false;
    const sender = { id: queue.account, traceHeader: undefined };
    const prepared = prepareSend(env, queue, input, sender, singleSend);
    await send(env, queue, [{ ...prepared, message: { ...prepared.message, deadLetterSource: sourceArn } }]);
    return true;
  };
}

/** Returns a function that adds messages to the queues of a Squab, if its control interface lets it. */
export function addDeadLetterOverHttp(url: string): AddDeadLetter {
  return async ({ name, account, region }, { input }, deadLetterSource) => {
    const query = new URLSearchParams({ account, region });
    const { body, groupId, deduplicationId, attributes = new Map(), systemAttributes } = input;
    const message = {
      ...{ body, groupId, deduplicationId, deadLetterSource },
      attributes: Object.fromEntries(attributes),
      traceHeader: systemAttributes?.get('AWSTraceHeader')?.stringValue,
    };
    const target = new URL(`/_squab/queues/${encodeURIComponent(name)}/messages?${query}`, url);
    const headers = { 'content-type': 'application/json' };
    // If nothing answers, sending the message in the usual way reports that.
    const response = await fetch(target, { method: 'POST', headers, body: JSON.stringify(message) }).catch(
      () => undefined,
    );
    await response?.body?.cancel();
    return response?.ok === true;
  };
}
