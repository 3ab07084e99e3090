/** Creates, fills and drains the queues of the benchmark. */

import type { Server } from '../servers/servers.ts';
import { type Ask, withConnections } from './load.ts';
import {
  askBatch,
  entries,
  FIFO_MARKS,
  KIB,
  numbered,
  queueUrlIn,
  type Requests,
  receiveAndDelete,
  requestsAbout,
  requestTo,
} from './requests.ts';

export interface QueuePlan {
  name: string;
  attributes: Readonly<Record<string, string>>;
  /** Number of messages at the start of each round. */
  depth: number;
  /** FIFO queues only: the number of message groups. */
  groups?: number;
  /** FIFO queues only: nine tenths of the messages are in one more group, which stays blocked during the benchmark. */
  locked?: true;
}

export const BATCH = 10;
const PREPARING_CONNECTIONS = 16;

/** Creates a queue and fills it. Throws if that takes longer than `patienceMs` milliseconds. */
export async function makeQueue({ url, protocol }: Server, plan: QueuePlan, patienceMs: number): Promise<Requests> {
  const { name, attributes, depth, groups, locked } = plan;
  const requests = await withConnections(url, 1, async ([connection]) => {
    const create = requestTo(url, 'CreateQueue', { QueueName: name, Attributes: attributes }, protocol);
    const about = requestsAbout(url, queueUrlIn(await connection!.ask(create)), protocol);
    if (locked) await lockGroup(connection!.ask, about, depth * 0.9);
    return about;
  });
  const next = sendBatchRequest(requests, groups);
  const start = performance.now();
  let missing = locked ? depth * 0.1 : depth;
  await withConnections(url, PREPARING_CONNECTIONS, (connections) =>
    Promise.all(
      connections.map(async ({ ask }) => {
        while (missing > 0) {
          if (performance.now() - start > patienceMs) {
            throw new Error(
              `After ${patienceMs / 1000} seconds, the queue had only ${depth - missing} of ${depth} messages.`,
            );
          }
          missing -= BATCH;
          await askBatch(ask, next());
        }
      }),
    ),
  );
  return requests;
}

/**
 * Returns a function that builds requests to send ten messages of 1 KiB; in a FIFO queue, each to the next message
 * group.
 */
export function sendBatchRequest({ build }: Requests, groups: number | undefined): () => Buffer {
  const message = { MessageBody: KIB, ...(groups && FIFO_MARKS) };
  const request = build('SendMessageBatch', { Entries: entries(BATCH, message) });
  return groups ? numbered(request, groups) : () => request;
}

/** Fills a message group whose first message is in flight, so that the others are blocked. */
async function lockGroup(ask: Ask, { build }: Requests, count: number): Promise<void> {
  const message = { MessageBody: KIB, ...FIFO_MARKS, MessageGroupId: 'locked' };
  const send = (size: number) => numbered(build('SendMessageBatch', { Entries: entries(size, message) }), 1);
  await askBatch(ask, send(1)());
  await ask(build('ReceiveMessage', { VisibilityTimeout: 43_200 }));
  const next = send(BATCH);
  for (let sent = 1; sent < count; sent += BATCH) await askBatch(ask, next());
}

/** Receives and deletes the `count` messages that a round has left in the queue. */
export async function drain({ url }: Server, requests: Requests, { groups }: QueuePlan, count: number): Promise<void> {
  let missing = count;
  const receive = (size: number) => requests.build('ReceiveMessage', { MaxNumberOfMessages: size });
  // In a FIFO queue, the messages that one connection has in flight block those that the others could receive.
  await withConnections(url, groups ? 1 : PREPARING_CONNECTIONS, (connections) =>
    Promise.all(
      connections.map(async ({ ask }) => {
        while (missing > 0) {
          const share = Math.min(missing, BATCH);
          missing -= share;
          const taken = await receiveAndDelete(ask, requests, receive(share));
          if (taken === 0) throw new Error('The queue has fewer messages than were sent to it.');
          missing += share - taken;
        }
      }),
    ),
  );
}

export async function deleteQueue({ url }: Server, { build }: Requests): Promise<void> {
  await withConnections(url, 1, ([connection]) => connection!.ask(build('DeleteQueue')));
}
