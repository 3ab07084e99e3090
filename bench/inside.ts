/**
 * Measures what requests cost inside Squab, without HTTP: from the request as plain data to the response as text. CPU
 * time per request is far less noisy than requests per second. `npm run bench:inside`; `-- --journal 0` measures
 * without the journal, and `-- send,cycle` only some rows.
 */

import { parseArgs } from 'node:util';
import { dispatch } from '../src/api/dispatch.ts';
import { queueUrls } from '../src/api/names.ts';
import type { Call } from '../src/api/operation.ts';
import { operations } from '../src/api/sqs/index.ts';
import { Control } from '../src/control/control.ts';
import { completeOptions } from '../src/settings/config.ts';
import { systemClock } from '../src/time/clock.ts';
import { VirtualClock } from '../src/time/virtual-clock.ts';
import { startWorks } from '../src/works.ts';
import { spread } from './figures.ts';
import { entries, KIB } from './load/requests.ts';

const ROUNDS = 15;
/** Requests in a round, and how many of them are in flight together. */
const REQUESTS = 1200;
const AT_ONCE = 4;
const GROUPS = 100;

const { values, positionals } = parseArgs({ options: { journal: { type: 'string' } }, allowPositionals: true });
const options = completeOptions(values.journal === undefined ? {} : { journal: Number(values.journal) });
const clock = VirtualClock.running(systemClock);
const log = { error: console.error, warn: console.error, info() {}, debug() {} };
const works = await startWorks(options, { clock, machine: systemClock }, log);
const { env, store } = works;
const control = new Control({
  ...{
    clock,
    env,
    states: store.states,
    mappings: store.mappings,
    faults: works.faults,
    operations: [...operations.keys()],
  },
  ...{ inspection: store.inspection, observation: store.observation, version: 'bench', storage: 'memory' as const },
  ...{ defaults: options, realTime: systemClock, listen: works.happenings.listen },
  journalSize: options.journal,
  stopping: new AbortController().signal,
});

const urls = queueUrls('http://localhost:9324');
const call: Call = {
  ...{ env, functions: works.functions, urls, caller: { account: options.account, region: options.region } },
  ...{ identity: undefined, pathQueue: undefined, traceHeader: undefined, overrides: undefined },
  receiver: () => 'local with aws-sdk-js/3.1169.0 from 127.0.0.1',
  signal: () => new AbortController().signal,
};
const observer = {
  ...{ answered() {}, withoutAction() {}, dropped() {}, wrongSignature() {} },
  failed(_action: string, error: unknown) {
    throw error;
  },
};

let requests = 0;

async function ask(operation: string, input: object): Promise<string> {
  const request = {
    ...{ method: 'POST', path: '/', query: '', raw: { rawHeaders: [], socket: {} } },
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
    body: Buffer.from(JSON.stringify(input)),
  };
  requests++;
  const { status, body } = await dispatch(request, 'request-id', () => call, observer, undefined);
  if (status !== 200) throw new Error(`${operation} failed: ${body}`);
  return body;
}

let sent = 0;
const fifo = (entry: object, index: number) => ({
  ...entry,
  ...{ MessageGroupId: `group${(sent + index) % GROUPS}`, MessageDeduplicationId: `id${sent + index}` },
});

async function cycle(queue: { QueueUrl: string }, isFifo: boolean): Promise<void> {
  const batch = entries(10, { MessageBody: KIB });
  await ask('SendMessageBatch', { ...queue, Entries: isFifo ? batch.map(fifo) : batch });
  sent += batch.length;
  const { Messages = [] } = JSON.parse(await ask('ReceiveMessage', { ...queue, MaxNumberOfMessages: 10 }));
  const received = Messages.map(({ ReceiptHandle }: { ReceiptHandle: string }, index: number) => ({
    ...{ Id: `entry-${index}`, ReceiptHandle },
  }));
  if (received.length > 0) await ask('DeleteMessageBatch', { ...queue, Entries: received });
}

const rows: Readonly<Record<string, (queue: { QueueUrl: string }) => Promise<unknown>>> = {
  send: (queue) => ask('SendMessage', { ...queue, MessageBody: KIB }),
  batch: (queue) => ask('SendMessageBatch', { ...queue, Entries: entries(10, { MessageBody: KIB }) }),
  cycle: (queue) => cycle(queue, false),
  'fifo-cycle': (queue) => cycle(queue, true),
  'empty-receive': (queue) => ask('ReceiveMessage', queue),
  attributes: (queue) => ask('GetQueueAttributes', { ...queue, AttributeNames: ['All'] }),
};

/** Returns the microseconds of CPU time per request. */
async function round(work: () => Promise<unknown>): Promise<number> {
  requests = 0;
  const before = process.cpuUsage();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (requests < REQUESTS) await work();
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}

for (const [name, work] of Object.entries(rows)) {
  if (positionals.length > 0 && !positionals.join(',').split(',').includes(name)) continue;
  const isFifo = name.startsWith('fifo');
  const { QueueUrl } = JSON.parse(
    await ask('CreateQueue', {
      QueueName: isFifo ? `${name}.fifo` : name,
      ...(isFifo && { Attributes: { FifoQueue: 'true' } }),
    }),
  );
  const figures: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    figures.push(await round(() => work({ QueueUrl })));
    if (name === 'send' || name === 'batch') await ask('PurgeQueue', { QueueUrl });
  }
  const { median, min, max } = spread(figures);
  console.log(`${name.padEnd(14)} ${median.toFixed(1).padStart(7)} µs (${min.toFixed(1)}–${max.toFixed(1)})`);
}
await control.reset();
await works.end();
