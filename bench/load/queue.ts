/** A queue to measure on: how it is made, filled, and brought back to its depth. */

import type { Server } from '../servers/servers.ts';
import { type Ask, withConnections } from './load.ts';
import {
  askBatch,
  entries,
  FIFO_MARKS,
  jsonRequest,
  KIB,
  numbered,
  type Requests,
  receiveAndDelete,
  requestsAbout,
} from './requests.ts';

export interface QueuePlan {
  name: string;
  attributes: Readonly<Record<string, string>>;
  /** Messages in it when a round begins. */
  depth: number;
  /** Of a FIFO queue: over how many message groups its messages are spread. */
  groups?: number;
  /** Of a FIFO queue: nine tenths of its messages are in one more group, which is locked for as long as all this takes. */
  locked?: true;
}

export const BATCH = 10;
const PREPARING_CONNECTIONS = 16;

/** Makes a queue and fills it. Throws when that takes longer than `patienceMs`. */
export async function makeQueue({ url }: Server, plan: QueuePlan, patienceMs: number): Promise<Requests> {
  const { name, attributes, depth, groups, locked } = plan;
  const requests = await withConnections(url, 1, async ([connection]) => {
    const create = jsonRequest(url, 'CreateQueue', { QueueName: name, Attributes: attributes });
    const created = JSON.parse((await connection!.ask(create)).toString()) as { QueueUrl: string };
    const about = requestsAbout(url, created.QueueUrl);
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
            throw new Error(`${depth - missing} of ${depth} messages took longer than ${patienceMs / 1000} seconds.`);
          }
          missing -= BATCH;
          await askBatch(ask, next());
        }
      }),
    ),
  );
  return requests;
}

/** Ten messages of 1 KiB; to a FIFO queue, each to the next of its groups. */
export function sendBatchRequest({ json }: Requests, groups: number | undefined): () => Buffer {
  const message = { MessageBody: KIB, ...(groups && FIFO_MARKS) };
  const request = json('SendMessageBatch', { Entries: entries(BATCH, message) });
  return groups ? numbered(request, groups) : () => request;
}

/** Fills a group whose first message is in flight. */
async function lockGroup(ask: Ask, { json }: Requests, count: number): Promise<void> {
  const message = { MessageBody: KIB, ...FIFO_MARKS, MessageGroupId: 'locked' };
  const send = (size: number) => numbered(json('SendMessageBatch', { Entries: entries(size, message) }), 1);
  await askBatch(ask, send(1)());
  await ask(json('ReceiveMessage', { VisibilityTimeout: 43_200 }));
  const next = send(BATCH);
  for (let sent = 1; sent < count; sent += BATCH) await askBatch(ask, next());
}

/** Takes out as many messages as a round has left behind. */
export async function drain({ url }: Server, requests: Requests, { groups }: QueuePlan, count: number): Promise<void> {
  let missing = count;
  const receive = (size: number) => requests.json('ReceiveMessage', { MaxNumberOfMessages: size });
  // In a FIFO queue, what one connection holds would hide messages from the others.
  await withConnections(url, groups ? 1 : PREPARING_CONNECTIONS, (connections) =>
    Promise.all(
      connections.map(async ({ ask }) => {
        while (missing > 0) {
          const share = Math.min(missing, BATCH);
          missing -= share;
          const taken = await receiveAndDelete(ask, requests, receive(share));
          if (taken === 0) throw new Error('A queue has fewer messages than were sent to it.');
          missing += share - taken;
        }
      }),
    ),
  );
}

export async function deleteQueue({ url }: Server, { json }: Requests): Promise<void> {
  await withConnections(url, 1, ([connection]) => connection!.ask(json('DeleteQueue')));
}
