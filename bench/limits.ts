/**
 * Measures what many waiting or slow clients, queues and big messages cost: `npm run bench:limits`. Each part has its
 * own Squab; `-- escapes` measures one part of the list below. CPU time and memory come from /proc, so this works only on Linux.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { deepQueues, manyQueues } from './depth.ts';
import { expensiveImports, expensiveJson, expensivePolicies, withPolicies } from './hostile.ts';
import { Connection, withConnections } from './load/load.ts';
import { type Requests, requestsAbout } from './load/requests.ts';
import { openSockets } from './load/sockets.ts';
import { launch, leaveNothingBehind, type Server, scratchFolder, squabCommand } from './servers/servers.ts';
import { escapes, pipelines, unread } from './stalls.ts';

const POLLS = 1000;
const POLLED_QUEUES = 100;
const LONGEST_POLL_SECONDS = 20;
const MANY_QUEUES = 10_000;
const CONNECTIONS = 64;
const BIG = 'x'.repeat(2 ** 20);
const BIG_MESSAGES = 640;

const parts: [name: string, work: (squab: Server) => Promise<void>, flags?: () => string[]][] = [
  ['polls', polls],
  ['queues', queues],
  ['big messages', bigMessages],
  ['clients that do not read', silentReaders],
  ['unfinished requests', halfRequests],
  ['escapes', escapes],
  ['unread responses', unread],
  ['pipelines', pipelines],
  ['expensive JSON', expensiveJson],
  ['expensive policies', expensivePolicies, withPolicies],
  ['expensive imports', expensiveImports],
  ['deep queues', deepQueues],
  ['deep queues on disk', deepQueues, () => ['--data', scratchFolder('deep')]],
  ['many queues', manyQueues, () => ['--metrics']],
];

leaveNothingBehind();
const wanted = process.argv.slice(2);
for (const [name, work, flags] of parts) {
  if (wanted.length === 0 || wanted.includes(name)) await measure(name, work, flags?.());
}

async function measure(name: string, work: (squab: Server) => Promise<void>, flags: string[] = []): Promise<void> {
  const squab = await launch(squabCommand(name, flags));
  console.log(`\n${name}: RSS at the start ${mib(squab)} MiB`);
  try {
    await work(squab);
  } finally {
    await squab.stop();
  }
}

function mib(squab: Server): string {
  return ((squab.rss() ?? Number.NaN) / 2 ** 20).toFixed(0);
}

async function createQueues({ url }: Server, count: number): Promise<void> {
  await withConnections(url, 16, (connections) =>
    Promise.all(
      connections.map(async ({ ask }, first) => {
        for (let n = first; n < count; n += connections.length) {
          await ask(requestTo(url, n)('CreateQueue', { QueueName: `q${n}` }));
        }
      }),
    ),
  );
}

function requestTo(url: string, queue: number): Requests['build'] {
  return requestsAbout(url, `${url}/000000000000/q${queue}`).build;
}

/** Measures the CPU time of polls while nothing happens, and then how long a poll takes to return a message. */
async function polls(squab: Server): Promise<void> {
  const { url } = squab;
  await createQueues(squab, POLLED_QUEUES);
  await withConnections(url, POLLS, async (connections) => {
    const sentAt = new Map<string, number>();
    const delays: number[] = [];
    const poll = async (ask: Connection['ask'], queue: number) => {
      const request = requestTo(url, queue)('ReceiveMessage', { WaitTimeSeconds: LONGEST_POLL_SECONDS });
      const { Messages = [] } = JSON.parse((await ask(request)).toString()) as { Messages?: { Body: string }[] };
      for (const { Body } of Messages) delays.push(performance.now() - sentAt.get(Body)!);
      return Messages.length;
    };
    const waiting = connections.map(({ ask }, n) => poll(ask, n % POLLED_QUEUES));
    await wait(3000);
    const [cpu, from] = [squab.cpuMs()!, performance.now()];
    await wait(10_000);
    const used = squab.cpuMs()! - cpu;
    const share = (100 * used) / (performance.now() - from);
    console.log(
      `${POLLS} polls on ${POLLED_QUEUES} queues: ${used.toFixed(1)} ms of CPU in 10 s, ${share.toFixed(2)} % of a core`,
    );
    console.log(`RSS ${mib(squab)} MiB`);
    const sender = await Connection.open(url);
    for (let n = 0; n < POLLS; n++) {
      sentAt.set(`${n}`, performance.now());
      await sender.ask(requestTo(url, n % POLLED_QUEUES)('SendMessage', { MessageBody: `${n}` }));
    }
    sender.close();
    const counts = await Promise.all(waiting);
    const once = counts.filter((count) => count === 1).length;
    delays.sort((a, b) => a - b);
    const at = (share: number) => delays[Math.floor(share * (delays.length - 1))]!.toFixed(2);
    console.log(
      `${POLLS} messages: ${once} polls returned one each, after ${at(0.5)} ms (median), ${at(0.99)} ms (99 %)`,
    );
  });
}

async function queues(squab: Server): Promise<void> {
  await createQueues(squab, MANY_QUEUES);
  console.log(`${MANY_QUEUES} queues: RSS ${mib(squab)} MiB`);
  await withConnections(squab.url, 1, async ([connection]) => {
    const from = performance.now();
    await connection!.ask(requestTo(squab.url, MANY_QUEUES - 1)('SendMessage', { MessageBody: 'm' }));
    const send = performance.now() - from;
    await connection!.ask(requestTo(squab.url, 0)('ListQueues', { MaxResults: 1000 }));
    const list = performance.now() - from - send;
    console.log(`a send takes ${send.toFixed(1)} ms, listing 1,000 queues ${list.toFixed(1)} ms`);
  });
}

/** Sends messages of 1 MiB on all connections, then receives and deletes them. */
async function bigMessages(squab: Server): Promise<void> {
  await createQueues(squab, 1);
  const request = requestTo(squab.url, 0);
  const share = BIG_MESSAGES / CONNECTIONS;
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, squab.rss() ?? 0);
  }, 20);
  const from = performance.now();
  await withConnections(squab.url, CONNECTIONS, async (connections) => {
    const send = request('SendMessage', { MessageBody: BIG });
    await Promise.all(
      connections.map(async ({ ask }) => {
        for (let n = 0; n < share; n++) await ask(send);
      }),
    );
    const seconds = (performance.now() - from) / 1000;
    console.log(
      `${BIG_MESSAGES} messages of 1 MiB over ${CONNECTIONS} connections in ${seconds.toFixed(1)} s: RSS ${mib(squab)} MiB`,
    );
    await Promise.all(
      connections.map(async ({ ask }) => {
        for (let n = 0; n < share; n++) {
          const answer = JSON.parse((await ask(request('ReceiveMessage'))).toString());
          await ask(request('DeleteMessage', { ReceiptHandle: answer.Messages[0].ReceiptHandle }));
        }
      }),
    );
  });
  clearInterval(watch);
  console.log(`received and deleted: RSS ${mib(squab)} MiB, with a peak of ${(highest / 2 ** 20).toFixed(0)} MiB`);
}

/** Each client asks for 10 MiB a hundred times, and reads nothing. */
async function silentReaders(squab: Server): Promise<void> {
  await createQueues(squab, 1);
  const request = requestTo(squab.url, 0);
  await withConnections(squab.url, 1, async ([connection]) => {
    for (let n = 0; n < 10; n++) await connection!.ask(request('SendMessage', { MessageBody: BIG }));
  });
  const greedy = request('ReceiveMessage', { MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
  const open = await openSockets(squab.url, CONNECTIONS);
  for (const socket of open) socket.pause().write(Buffer.concat(Array.from({ length: 100 }, () => greedy)));
  for (let second = 0; second < 10; second++) await wait(1000);
  console.log(`${CONNECTIONS} clients that asked for 1,000 MiB each and read nothing: RSS ${mib(squab)} MiB`);
  for (const socket of open) socket.destroy();
}

/** Each client sends the headers of a request and half of its body of 1 MiB. */
async function halfRequests(squab: Server): Promise<void> {
  await createQueues(squab, 1);
  const request = requestTo(squab.url, 0)('SendMessage', { MessageBody: BIG });
  const open = await openSockets(squab.url, POLLS);
  for (const socket of open) socket.write(request.subarray(0, request.length / 2));
  await wait(5000);
  console.log(`${POLLS} requests with half of their body of 1 MiB: RSS ${mib(squab)} MiB`);
  for (const socket of open) socket.destroy();
  await wait(5000);
  console.log(`after the clients have gone: RSS ${mib(squab)} MiB`);
}
