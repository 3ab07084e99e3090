/** The work that connections repeat during a round. */

import type { Step } from './load.ts';
import { BATCH, type QueuePlan, sendBatchRequest } from './queue.ts';
import { askBatch, FIFO_MARKS, KIB, numbered, type Requests, receiveAndDelete } from './requests.ts';

/** Builds the constant parts of its requests once, and returns the step to repeat. */
export type Work = (requests: Requests, queue: QueuePlan) => Step;

/** Sends one message; in a FIFO queue, to the next message group. */
export function send(body = KIB): Work {
  return ({ json }, { groups }) => {
    const request = json('SendMessage', { MessageBody: body, ...(groups && FIFO_MARKS) });
    return sending(1, groups ? numbered(request, groups) : () => request);
  };
}

export const sendQuery: Work = ({ query }) => {
  const request = query('SendMessage', { MessageBody: KIB });
  return sending(1, () => request);
};

function sending(count: number, next: () => Buffer): Step {
  return async (ask) => {
    await ask(next());
    return count;
  };
}

export const sendBatch: Work = (requests, { groups }) => {
  const next = sendBatchRequest(requests, groups);
  return async (ask) => {
    await askBatch(ask, next());
    return BATCH;
  };
};

/** Sends a batch of ten, receives ten, and deletes those, so that the depth of the queue stays the same. */
export const cycle: Work = (requests, queue) => {
  const fill = sendBatch(requests, queue);
  const receive = requests.json('ReceiveMessage', { MaxNumberOfMessages: BATCH });
  return async (ask) => {
    const sent = await fill(ask);
    return sent - (await receiveAndDelete(ask, requests, receive));
  };
};

export const emptyReceive: Work = ({ json }) => {
  const request = json('ReceiveMessage', { MaxNumberOfMessages: BATCH });
  return async (ask) => {
    const answer = await ask(request);
    if (answer.length > 100)
      throw new Error(`A receive that should be empty returned something: ${answer.subarray(0, 200)}`);
    return 0;
  };
};

export const attributes: Work = ({ json }) => {
  const request = json('GetQueueAttributes', { AttributeNames: ['All'] });
  return async (ask) => {
    await ask(request);
    return 0;
  };
};
