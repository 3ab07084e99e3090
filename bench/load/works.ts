/** The work that connections repeat during a round. */

import type { Step } from './load.ts';
import { BATCH, type QueuePlan, sendBatchRequest } from './queue.ts';
import { askBatch, FIFO_MARKS, KIB, numbered, type Requests, receiptHandles, receiveAndDelete } from './requests.ts';

/** Builds the constant parts of its requests once, and returns the step to repeat. */
export type Work = (requests: Requests, queue: QueuePlan) => Step;

/** Sends one message; in a FIFO queue, to the next message group. */
export function send(body = KIB): Work {
  return ({ build }, { groups }) => {
    const request = build('SendMessage', { MessageBody: body, ...(groups && FIFO_MARKS) });
    return sending(1, groups ? numbered(request, groups) : () => request);
  };
}

/** The same work over the Query protocol. */
export function overQuery(work: Work): Work {
  return (requests, queue) => work(requests.overQuery, queue);
}

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
  const receive = requests.build('ReceiveMessage', { MaxNumberOfMessages: BATCH });
  return async (ask) => {
    const sent = await fill(ask);
    return sent - (await receiveAndDelete(ask, requests, receive));
  };
};

export const emptyReceive: Work = ({ build }) => {
  const request = build('ReceiveMessage', { MaxNumberOfMessages: BATCH });
  return async (ask) => {
    const answer = await ask(request);
    if (receiptHandles(answer).length > 0)
      throw new Error(`A receive that should be empty returned something: ${answer.subarray(0, 200)}`);
    return 0;
  };
};

export const attributes: Work = ({ build }) => {
  const request = build('GetQueueAttributes', { AttributeNames: ['All'] });
  return async (ask) => {
    await ask(request);
    return 0;
  };
};
