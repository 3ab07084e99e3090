/**
 * Measures how long clients with long responses, and with many requests at once, keep another client waiting.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { withConnections } from './load/load.ts';
import { type Requests, requestsAbout } from './load/requests.ts';
import { openSockets } from './load/sockets.ts';
import { longestWait } from './parts/longest-wait.ts';
import type { Server } from './servers/servers.ts';

const MIB = 2 ** 20;
/** The character with the longest form in XML. */
const QUOTES = '"'.repeat(MIB);

type Part = (squab: Server) => Promise<void>;

const about = ({ url }: Server, name: string) => requestsAbout(url, `${url}/000000000000/${name}`);

async function create(squab: Server, name: string, attributes?: object): Promise<Requests> {
  const requests = about(squab, name);
  await withConnections(squab.url, 1, ([connection]) =>
    connection!.ask(requests.build('CreateQueue', { QueueName: name, Attributes: attributes })),
  );
  return requests;
}

async function fill(squab: Server, requests: Requests, bodies: readonly string[]): Promise<void> {
  await withConnections(squab.url, 8, (connections) =>
    Promise.all(
      connections.map(async ({ ask }, first) => {
        for (let n = first; n < bodies.length; n += connections.length) {
          await ask(requests.build('SendMessage', { MessageBody: bodies[n] }));
        }
      }),
    ),
  );
}

const get = (squab: Server, path: string, method = 'GET') =>
  Buffer.from(
    `${method} ${path} HTTP/1.1\r\nhost: ${new URL(squab.url).host}\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n`,
  );

function print(what: string, figures: string): void {
  console.log(`${what}: ${figures}`);
}

const ms = (time: number) => `${time.toFixed(0)} ms`;

/** Ten messages of 1 MiB of quotation marks, received over each wire, and all of them shown. */
export const escapes: Part = async (squab) => {
  const requests = await create(squab, 'q');
  await fill(
    squab,
    requests,
    Array.from({ length: 32 }, () => QUOTES),
  );
  const receive = { MaxNumberOfMessages: 10, VisibilityTimeout: 0 };
  for (const [what, request] of [
    ['ReceiveMessage over Query', requests.overQuery.build('ReceiveMessage', receive)],
    ['ReceiveMessage over JSON', requests.build('ReceiveMessage', receive)],
    ['/_aws/sqs/messages', get(squab, '/_aws/sqs/messages/us-east-1/000000000000/q')],
    ['/_squab/queues/q/messages', get(squab, '/_squab/queues/q/messages?limit=1000')],
    ['/_squab/messages', get(squab, '/_squab/messages?limit=1000')],
  ] as const) {
    await withConnections(squab.url, 1, async ([connection]) => {
      let bytes = 0;
      const longest = await longestWait(squab.url, async () => {
        for (let times = 0; times < 5; times++) bytes = (await connection!.ask(request)).length;
      });
      print(`${what} of messages of 1 MiB of quotation marks`, `${ms(longest)}, ${(bytes / MIB).toFixed(0)} MiB`);
    });
  }
};

/** 400 clients that ask for as much as they can get, and read nothing. */
export const unread: Part = async (squab) => {
  const requests = await create(squab, 'q');
  await fill(
    squab,
    requests,
    Array.from({ length: 10 }, () => QUOTES),
  );
  const greedy = requests.overQuery.build('ReceiveMessage', { MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
  const open = await openSockets(squab.url, 400);
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, squab.rss() ?? 0);
  }, 20);
  for (const socket of open) {
    socket.pause().write(greedy);
    await wait(20);
  }
  await wait(5000);
  clearInterval(watch);
  print(
    '400 clients that ask for ten such messages over Query and read nothing',
    `RSS ${(highest / MIB).toFixed(0)} MiB`,
  );
  for (const socket of open) socket.destroy();
};

/** 1,500 connections that each send 200 long polls at once. */
export const pipelines: Part = async (squab) => {
  await create(squab, 'q');
  const polls = Buffer.concat(
    Array.from({ length: 200 }, () =>
      Buffer.from(
        'POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: AmazonSQS.ReceiveMessage\r\ncontent-length: 37\r\n\r\n' +
          '{"QueueUrl":"q","WaitTimeSeconds":20}',
      ),
    ),
  );
  const open = await openSockets(squab.url, 1500);
  const longest = await longestWait(squab.url, async () => {
    for (const socket of open) socket.write(polls);
    await wait(8000);
  });
  print(
    '1,500 connections with 200 pipelined polls each',
    `${ms(longest)}, RSS ${((squab.rss() ?? 0) / MIB).toFixed(0)} MiB`,
  );
  for (const socket of open) socket.destroy();
};
