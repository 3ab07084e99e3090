/** What clients see while the database is away for a while, refuses connections or does not answer. */

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { client, Refusal, wires } from '../helpers.ts';
import { database, newSchema } from '../postgres.ts';
import { startNetwork, startNodes } from './cluster.ts';
import { startNode } from './processes.ts';

const url = await database();

/** `npm run test:cluster` takes its time. */
const long = process.env.SQUAB_CLUSTER_ROUNDS !== undefined;

/** A database that does not answer is waited for until time limits end. */
const states: readonly ('refuses' | 'silent')[] = long ? ['refuses', 'silent'] : ['refuses'];

/** Resolves to what became of a call, and how long it took. */
async function outcomeOf(call: Promise<unknown>): Promise<{ code: string; ms: number }> {
  const start = Date.now();
  const code = await call.then(
    () => 'OK',
    (error) => (error instanceof Refusal ? `${error.status} ${error.code}` : String(error)),
  );
  return { code, ms: Date.now() - start };
}

describe.skipIf(!url)('While the database', () => {
  it.each(states)(
    'is away (%s), calls fail within ten seconds, and soon work again',
    {
      timeout: 90_000,
    },
    async (state) => {
      const network = await startNetwork(url!);
      const place = { database: network.url, databaseSchema: newSchema() };
      const [squab] = await startNodes(1, place);
      const calls = wires.map((wire) => client(wire, squab!.url).call);
      const { QueueUrl } = await calls[0]!('CreateQueue', { QueueName: 'q' });
      const fifo = await calls[0]!('CreateQueue', { QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } });
      await calls[0]!('SendMessage', { QueueUrl, MessageBody: 'before' });
      const waiting = Array.from({ length: 50 }, () =>
        outcomeOf(calls[0]!('ReceiveMessage', { QueueUrl: fifo.QueueUrl, WaitTimeSeconds: 20 })),
      );
      await pause(200);
      network.state = state;
      network.attempts = 0;
      const awaySince = Date.now();
      const during = calls.flatMap((call) => [
        outcomeOf(call('SendMessage', { QueueUrl, MessageBody: 'during' })),
        outcomeOf(call('ReceiveMessage', { QueueUrl })),
        outcomeOf(
          call('SendMessage', {
            QueueUrl: fifo.QueueUrl,
            MessageBody: 'd',
            MessageGroupId: 'g',
            MessageDeduplicationId: 'd',
          }),
        ),
        outcomeOf(call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })),
        outcomeOf(call('ListQueues')),
      ]);
      for (const { code, ms } of await Promise.all(during)) {
        expect(code).toBe('503 ServiceUnavailable');
        expect(ms).toBeLessThan(10_000);
      }
      // By then it is known, and nothing waits for it.
      const { code, ms } = await outcomeOf(calls[1]!('SendMessage', { QueueUrl, MessageBody: 'later' }));
      expect(code).toBe('503 ServiceUnavailable');
      expect(ms).toBeLessThan(10_000);
      expect((await fetch(`${squab!.url}/health`)).status).toBe(503);
      // One attempt at a time, after longer and longer pauses, for the lanes; one for the ear.
      expect(network.attempts).toBeLessThan(20 + (Date.now() - awaySince) / 200);
      network.state = 'passes';
      const backAt = Date.now();
      await eventually(() => calls[0]!('SendMessage', { QueueUrl, MessageBody: 'after' }), 15_000);
      expect(Date.now() - backAt).toBeLessThan(8000);
      await eventually(async () => expect((await fetch(`${squab!.url}/health`)).status).toBe(200));
      await eventually(async () => expect((await squab!.control.about()).node!.ear).toBe('open'), 15_000);
      expect(network.open).toBeLessThanOrEqual(13);
      const { Messages } = await calls[0]!('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
      expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(expect.arrayContaining(['before', 'after']));
      for (const { code: ended } of await Promise.all(waiting)) expect(ended).toMatch(/^(OK|503 ServiceUnavailable)$/);
    },
  );

  it.each(['refuses', 'silent'] as const)('is away (%s), a node stops within five seconds', async (state) => {
    const network = await startNetwork(url!);
    const [squab] = await startNodes(1, { database: network.url, databaseSchema: newSchema() });
    await client('JSON', squab!.url).call('CreateQueue', { QueueName: 'q' });
    network.state = state;
    const { call } = client('JSON', squab!.url);
    const waiting = ['q', 'r'].map((QueueName) => outcomeOf(call('CreateQueue', { QueueName })));
    await pause(100);
    const start = Date.now();
    await squab!.stop();
    // What is under way may have to be given up first.
    expect(Date.now() - start).toBeLessThan(5000);
    for (const { code } of await Promise.all(waiting)) expect(code).toMatch(/^503 ServiceUnavailable$|fetch failed/);
  });

  it.runIf(long)(
    'does not answer, memory is bounded: what is too much is refused at once',
    { timeout: 90_000 },
    async () => {
      const network = await startNetwork(url!);
      const node = await startNode('a', { database: network.url, databaseSchema: newSchema() }, [
        '--log-level',
        'info',
      ]);
      const { call } = client('JSON', node.url);
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
      await call('SendMessage', { QueueUrl, MessageBody: 'before' });
      const megabytes = () =>
        (Number(readFileSync(`/proc/${node.child.pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1e6;
      network.state = 'silent';
      const before = megabytes();
      const MessageBody = 'x'.repeat(500_000);
      let most = before;
      const watching = setInterval(() => {
        most = Math.max(most, megabytes());
      }, 20);
      // 500 MB.
      const outcomes = await Promise.all(
        Array.from({ length: 1000 }, () => outcomeOf(call('SendMessage', { QueueUrl, MessageBody }))),
      );
      clearInterval(watching);
      for (const { code } of outcomes) expect(code).toMatch(/^503 ServiceUnavailable$|fetch failed/);
      expect(most - before).toBeLessThan(400);
      network.state = 'refuses';
      network.state = 'passes';
      await eventually(() => call('SendMessage', { QueueUrl, MessageBody: 'after' }), 15_000);
    },
  );
});
