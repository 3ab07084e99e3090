/**
 * Kills Squab (`kill -9`) again and again while clients use it. Squab must keep every promise that it has made:
 * acknowledged messages are kept, removed ones do not come back, groups stay in order, duplicates are recognized, move
 * tasks continue, and published messages are in all matching queues or in none.
 *
 * `npm run test:crash` uses SQUAB_CRASH_ROUNDS and SQUAB_CRASH_SEED. The seed decides what the clients do, and after
 * how many responses Squab is killed. It does not decide what else the machine does at that moment.
 */

import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { start } from '../../src/index.ts';
import { checkFolder } from '../../src/storage/sqlite/offline/check-folder.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { scratch, squabServes } from '../commands/command.ts';
import { type Client, client } from '../helpers.ts';
import { snsClient } from '../sns-client.ts';
import { randomNumbers } from '../storage/random.ts';
import { Ledger } from './ledger.ts';
import { HIDDEN_SECONDS, Load } from './load.ts';
import { type Found, Publications, SUBSCRIBED } from './publications.ts';
import { prepareTopics, startEndpoint } from './publishers.ts';

const rounds = Number(process.env.SQUAB_CRASH_ROUNDS ?? 50);
const seed = Number(process.env.SQUAB_CRASH_SEED ?? 1);

const ARN = 'arn:aws:sqs:us-east-1:000000000000';
const QUEUES = ['plain', 'groups.fifo', 'purged', 'work', 'dead'];
/** Messages for a move task, and its rate: it runs for ten seconds, which is many rounds. */
const TO_MOVE = 400;
const MOVED_PER_SECOND = 40;

const queueUrl = (url: string, queue: string) => `${url}/000000000000/${queue}`;

async function prepare(call: Client['call'], url: string, ledger: Ledger): Promise<void> {
  const redrive = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${ARN}:dead`, maxReceiveCount: 1000 }) };
  for (const queue of QUEUES.toReversed()) {
    const Attributes = queue.endsWith('.fifo') ? { FifoQueue: 'true' } : queue === 'work' ? redrive : {};
    await call('CreateQueue', { QueueName: queue, Attributes });
  }
  for (let sent = 0; sent < TO_MOVE; sent += 10) {
    const bodies = Array.from({ length: 10 }, (_, at) => `moved-${sent + at}`);
    // They are sent to `dead`, and the task moves all of them to `work`.
    for (const body of bodies) ledger.sending('work', body);
    const Entries = bodies.map((body, at) => ({ Id: `${at}`, MessageBody: body }));
    const { Successful } = await call('SendMessageBatch', { QueueUrl: queueUrl(url, 'dead'), Entries });
    for (const { Id } of Successful) ledger.sent(bodies[Id]!);
  }
  await call('StartMessageMoveTask', {
    SourceArn: `${ARN}:dead`,
    DestinationArn: `${ARN}:work`,
    MaxNumberOfMessagesPerSecond: MOVED_PER_SECOND,
  });
}

async function count(call: Client['call'], url: string, queue: string): Promise<number> {
  const { Attributes } = await call('GetQueueAttributes', {
    QueueUrl: queueUrl(url, queue),
    AttributeNames: ['All'],
  });
  const parts = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ];
  return parts.reduce((sum, part) => sum + Number(Attributes[part]), 0);
}

/** Receives and deletes messages until the queue is empty. Returns their bodies. */
async function drain(call: Client['call'], url: string, queue: string): Promise<string[]> {
  const QueueUrl = queueUrl(url, queue);
  const left: string[] = [];
  for (;;) {
    const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) return left;
    const messages = Messages as { Body: string; ReceiptHandle: string }[];
    left.push(...messages.map(({ Body }) => Body));
    const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle }));
    await call('DeleteMessageBatch', { QueueUrl, Entries });
  }
}

/** Returns the messages of the queues that are subscribed to topics. */
async function drainSubscribed(call: Client['call'], url: string): Promise<Map<string, Found[]>> {
  const found = new Map<string, Found[]>();
  for (const { queue, wrapped } of SUBSCRIBED) {
    const bodies = await drain(call, url, queue);
    const unwrapped = (body: string): Found => {
      const { Message: text, MessageId: messageId } = JSON.parse(body);
      return { text, messageId };
    };
    found.set(queue, wrapped ? bodies.map(unwrapped) : bodies.map((text) => ({ text })));
  }
  return found;
}

/**
 * Half a day later all messages are visible. Expects exactly those that the ledger and the publications have left, and
 * that the endpoint got its messages.
 */
async function finalCheck(
  data: string,
  { ledger, publications, delivered }: { ledger: Ledger; publications: Publications; delivered: Set<string> },
): Promise<void> {
  const clock = new VirtualClock(Date.now() + (HIDDEN_SECONDS + 3600) * 1000);
  const squab = await start({ port: 0, data, clock });
  try {
    const { call } = client('JSON', squab.url);
    await clock.advance((TO_MOVE / MOVED_PER_SECOND + 2) * 1000);
    const { Results } = await call('ListMessageMoveTasks', { SourceArn: `${ARN}:dead` });
    expect(Results[0]).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: TO_MOVE });
    for (const queue of QUEUES) {
      const counted = await count(call, squab.url, queue);
      const left = await drain(call, squab.url, queue);
      expect(ledger.verdict(queue, left)).toEqual([]);
      expect(counted, `the counts of ${queue}`).toBe(left.length);
    }
    expect(publications.verdict(await drainSubscribed(call, squab.url))).toEqual([]);
    expect(publications.missing('news', delivered)).toEqual([]);
  } finally {
    await squab.stop();
  }
}

let summary = '';
afterAll(() => summary && console.log(summary));

it(`keeps what it acknowledged through ${rounds} kills (seed ${seed})`, {
  timeout: 60_000 + rounds * 5000,
}, async () => {
  const random = randomNumbers(seed);
  const data = join(scratch(), 'data');
  const ledger = new Ledger();
  const publications = new Publications();
  const load = new Load(ledger, publications, random);
  const { url: endpoint, delivered, stop } = await startEndpoint();
  onTestFinished(async () => void (await stop()));
  for (let round = 0; round < rounds; round++) {
    const durability = random() < 0.2 ? 'power' : 'process';
    const { child, url, ended } = await squabServes([
      '--data',
      data,
      '--durability',
      durability,
      '--confirm-http',
      '--log-level',
      'info',
    ]);
    const { call } = client('JSON', url);
    const about = `round ${round} of seed ${seed}`;
    if (round === 0) {
      await prepare(call, url, ledger);
      await prepareTopics(snsClient(url), call, endpoint);
    }
    for (const queue of ['plain', 'groups.fifo', 'purged']) {
      const counted = await count(call, url, queue);
      const { least, most } = ledger.bounds(queue);
      expect(counted, `${about}: the counts of ${queue}`).toBeGreaterThanOrEqual(least);
      expect(counted, `${about}: the counts of ${queue}`).toBeLessThanOrEqual(most);
    }
    await load
      .run(client('JSON', url), url, 1 + Math.floor(random() * 200), () => child.kill('SIGKILL'))
      .catch((error: Error) => expect.fail(`${about}: ${error.message}`));
    expect(await ended, about).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    expect(checkFolder(data).problems, about).toEqual([]);
  }
  await finalCheck(data, { ledger, publications, delivered });
  expect(checkFolder(data).problems, `at the end of seed ${seed}`).toEqual([]);
  const facts = [...ledger.facts.values()];
  const removedCount = (wanted: string) => facts.filter(({ removed }) => removed === wanted).length;
  summary =
    `${rounds} kills, seed ${seed}: of ${facts.length} messages, ${removedCount('yes')} were certainly removed, ` +
    `${removedCount('maybe')} possibly, and ${removedCount('no')} not. ${publications.count} were published.`;
});
