/** Measures what deep queues and many queues cost other clients, verb by verb. */

import { setTimeout as wait } from 'node:timers/promises';
import { withConnections } from './load/load.ts';
import { type Requests, requestsAbout } from './load/requests.ts';
import { longestWait } from './parts/longest-wait.ts';
import type { Server } from './servers/servers.ts';

const DEPTH = 200_000;
const QUEUES = 10_000;
const BATCH = 10;
const CONNECTIONS = 16;
const KIB = 'x'.repeat(1024);

const about = (url: string, name: string): Requests['build'] => requestsAbout(url, `${url}/000000000000/${name}`).build;

function control(url: string, method: string, path: string, body = ''): Buffer {
  const head = `host: ${new URL(url).host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n\r\n${body}`);
}

async function ask(url: string, ...requests: Buffer[]): Promise<void> {
  await withConnections(url, 1, async ([connection]) => {
    for (const request of requests) await connection!.ask(request);
  });
}

/** Measures requests, and what they cause in the `after` milliseconds that follow. */
async function measure(what: string, url: string, requests: Buffer[], after = 100): Promise<void> {
  let took = 0;
  const longest = await longestWait(url, async () => {
    const start = performance.now();
    await ask(url, ...requests);
    took = performance.now() - start;
    await wait(after);
  });
  console.log(`${what}: others wait ${longest.toFixed(0)} ms, the request itself takes ${took.toFixed(0)} ms`);
}

async function fill(url: string, name: string, groups?: number): Promise<void> {
  const send = about(url, name);
  await withConnections(url, CONNECTIONS, (connections) =>
    Promise.all(
      connections.map(async ({ ask }, first) => {
        for (let n = first; n < DEPTH / BATCH; n += CONNECTIONS) {
          const Entries = Array.from({ length: BATCH }, (_, index) => ({
            Id: `${index}`,
            MessageBody: KIB,
            ...(groups && { MessageGroupId: `${n % groups}`, MessageDeduplicationId: `${n}-${index}` }),
          }));
          await ask(send('SendMessageBatch', { Entries }));
        }
      }),
    ),
  );
}

/** Verbs on a queue of 200,000 messages of 1 KiB. */
export async function deepQueues({ url }: Server): Promise<void> {
  const q = about(url, 'q');
  const f = about(url, 'f.fifo');
  const snapshot = '/_squab/snapshots/s';
  const advance = (seconds: number) => control(url, 'POST', '/_squab/clock/advance', `{"by":"${seconds}s"}`);
  const attributes = q('GetQueueAttributes', { AttributeNames: ['All'] });
  await ask(url, q('CreateQueue', { QueueName: 'q', Attributes: { DelaySeconds: '900' } }));
  await fill(url, 'q');
  const retention = { MessageRetentionPeriod: '86400' };
  await measure('a new retention period', url, [q('SetQueueAttributes', { Attributes: retention })]);
  await measure('GetQueueAttributes', url, [attributes]);
  await measure('explain', url, [control(url, 'GET', '/_squab/queues/q/explain')]);
  await measure('looking at 1,000 messages', url, [control(url, 'GET', '/_squab/queues/q/messages?limit=1000')]);
  await measure('taking a snapshot', url, [control(url, 'PUT', snapshot)]);
  await measure('restoring it, nothing changed', url, [control(url, 'POST', `${snapshot}/restore`)]);
  await ask(url, control(url, 'POST', '/_squab/reset'));
  await wait(8000);
  await measure('restoring it after a reset', url, [control(url, 'POST', `${snapshot}/restore`)]);
  await ask(url, control(url, 'POST', '/_squab/clock/freeze', '{}'));
  await measure('the end of 200,000 delays at once', url, [advance(901), attributes]);
  await measure('the expiry of 200,000 messages', url, [advance(86_401), attributes], 1000);
  await measure('restoring it after all messages were freed', url, [control(url, 'POST', `${snapshot}/restore`)]);
  await measure('removing the snapshot', url, [control(url, 'DELETE', snapshot)]);
  await measure('PurgeQueue', url, [q('PurgeQueue', {})], 3000);
  await ask(url, f('CreateQueue', { QueueName: 'f.fifo', Attributes: { FifoQueue: 'true' } }));
  await fill(url, 'f.fifo', 100);
  const delay = { DelaySeconds: '900' };
  await measure('a new DelaySeconds of a FIFO queue', url, [f('SetQueueAttributes', { Attributes: delay })]);
  await measure('DeleteQueue', url, [f('DeleteQueue', {})], 3000);
}

/** Requests about 10,000 queues with a message each, which share a dead-letter queue. */
export async function manyQueues({ url }: Server): Promise<void> {
  const dlq = about(url, 'dlq');
  await ask(url, dlq('CreateQueue', { QueueName: 'dlq' }));
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
  const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }) };
  await withConnections(url, CONNECTIONS, (connections) =>
    Promise.all(
      connections.map(async ({ ask }, first) => {
        for (let n = first; n < QUEUES; n += CONNECTIONS) {
          const request = about(url, `q${n}`);
          await ask(request('CreateQueue', { QueueName: `q${n}`, Attributes }));
          await ask(request('SendMessage', { MessageBody: 'm' }));
        }
      }),
    ),
  );
  const get = (path: string) => [control(url, 'GET', path)];
  const snapshot = '/_squab/snapshots/s';
  await measure('ListQueues', url, [dlq('ListQueues', { MaxResults: 1000 })]);
  await measure('ListDeadLetterSourceQueues', url, [dlq('ListDeadLetterSourceQueues', { MaxResults: 1000 })]);
  await measure('/_squab/queues, 1,000 a page', url, get('/_squab/queues?limit=1000'));
  await measure('/statistics/queues', url, get('/statistics/queues'));
  await measure('1,000 messages of all queues', url, get('/_squab/messages?limit=1000'));
  const scrape = await longestWait(url, async () => (await fetch(`${url}/metrics`)).text());
  console.log(`/metrics: others wait ${scrape.toFixed(0)} ms`);
  await measure('taking a snapshot', url, [control(url, 'PUT', snapshot)]);
  await measure('restoring it', url, [control(url, 'POST', `${snapshot}/restore`)]);
  await measure('a reset', url, [control(url, 'POST', '/_squab/reset')], 1500);
}
