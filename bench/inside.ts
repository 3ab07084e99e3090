/**
 * Measures what requests cost inside Squab, without HTTP: from the request as plain data to the response as text. CPU
 * time per request is far less noisy than requests per second. `npm run bench:inside`; `-- --journal 0` measures
 * without the journal, `-- --depth 1000000` with that number of messages in the queue, and `-- send,cycle` only some
 * rows. The rows `engine-…` call the verbs of the engine alone, so the difference is what everything around it costs.
 * The row `followed-cycle` compares `cycle` with itself while a console follows all events.
 */

import { parseArgs } from 'node:util';
import { dispatch } from '../src/api/dispatch.ts';
import { queueUrls } from '../src/api/names.ts';
import type { Call } from '../src/api/operation.ts';
import { Control } from '../src/control/control.ts';
import { eventStream } from '../src/control/events/event-stream.ts';
import { completeOptions } from '../src/settings/complete.ts';
import { openEngine } from '../src/storage/open-engine.ts';
import type { NewMessage } from '../src/storage/store.ts';
import { systemClock } from '../src/time/clock.ts';
import { VirtualClock } from '../src/time/virtual-clock.ts';
import { startWorks } from '../src/works.ts';
import { spread } from './figures.ts';
import { entries, FIFO_MARKS, KIB, numbered } from './load/requests.ts';

const ROUNDS = 15;
/** Requests in a round, and how many of them are in flight together. */
const REQUESTS = 1200;
const AT_ONCE = 4;
const GROUPS = 100;
/** How many events a second the console asks for. */
const CONSOLE_PER_SECOND = 20;
/** The row `followed-cycle` compares rounds one by one, since the machine's speed changes. */
const PAIRS = 100;
const WARM_UP = 5;

const { values, positionals } = parseArgs({
  options: { journal: { type: 'string' }, depth: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const depth = Number(values.depth);
const options = completeOptions(values.journal === undefined ? {} : { journal: Number(values.journal) });
const clock = VirtualClock.running(systemClock);
const log = { error: console.error, warn: console.error, info() {}, debug() {} };
const works = await startWorks(options, { clock, machine: systemClock }, log);
const { env, store } = works;
const control = new Control({
  ...{ clock, env, states: store.states, topics: store.topics, mappings: store.mappings, faults: works.faults },
  operations: [],
  ...{ inspection: store.inspection, observation: store.observation, version: 'bench', storage: 'memory' as const },
  ...{ defaults: options, realTime: systemClock, listen: works.happenings.listen },
  journalSize: options.journal,
  stopping: new AbortController().signal,
});

const urls = queueUrls('http://localhost:9324');
const call: Call = {
  ...{ env, functions: works.functions, urls, base: () => 'http://localhost:9324' },
  caller: { account: options.account, region: options.region },
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

/** A request as the HTTP server hands it over. Making one costs as much as a send, so most are made only once. */
const bodyOf = (input: object) => Buffer.from(JSON.stringify(input));

async function ask(operation: string, body: Buffer): Promise<string> {
  const request = {
    ...{ method: 'POST', path: '/', query: '', raw: { rawHeaders: [], socket: {} } },
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
    body,
  };
  requests++;
  const response = await dispatch(request, 'request-id', () => call, observer, undefined);
  if (response.status !== 200) throw new Error(`${operation} failed: ${response.body}`);
  return response.body;
}

async function newQueue(name: string): Promise<{ QueueUrl: string }> {
  const isFifo = name.startsWith('fifo');
  const QueueName = isFifo ? `${name}.fifo` : name;
  const answer = await ask('CreateQueue', bodyOf({ QueueName, ...(isFifo && { Attributes: { FifoQueue: 'true' } }) }));
  return JSON.parse(answer);
}

type Work = () => Promise<unknown>;

async function fill(queue: { QueueUrl: string }, isFifo: boolean): Promise<void> {
  const batch = entries(10, { MessageBody: KIB, ...(isFifo && FIFO_MARKS) });
  const send = numbered(bodyOf({ ...queue, Entries: batch }), GROUPS);
  for (let sent = 0; sent < depth; sent += 10) await ask('SendMessageBatch', send());
}

function cycle(queue: { QueueUrl: string }, isFifo: boolean): Work {
  const batch = entries(10, { MessageBody: KIB, ...(isFifo && FIFO_MARKS) });
  const send = numbered(bodyOf({ ...queue, Entries: batch }), GROUPS);
  const receive = bodyOf({ ...queue, MaxNumberOfMessages: 10 });
  return async () => {
    await ask('SendMessageBatch', send());
    const answer = await ask('ReceiveMessage', receive);
    const handles = [...answer.matchAll(/"ReceiptHandle":"([^"]*)"/g)];
    const Entries = handles.map(([, ReceiptHandle], index) => ({ Id: `entry-${index}`, ReceiptHandle }));
    if (Entries.length > 0) await ask('DeleteMessageBatch', bodyOf({ ...queue, Entries }));
  };
}

function repeated(operation: string, input: object): Work {
  const body = bodyOf(input);
  return () => ask(operation, body);
}

const rows: Readonly<Record<string, (queue: { QueueUrl: string }) => Work>> = {
  send: (queue) => repeated('SendMessage', { ...queue, MessageBody: KIB }),
  batch: (queue) => repeated('SendMessageBatch', { ...queue, Entries: entries(10, { MessageBody: KIB }) }),
  cycle: (queue) => cycle(queue, false),
  'fifo-cycle': (queue) => cycle(queue, true),
  'empty-receive': (queue) => repeated('ReceiveMessage', queue),
  attributes: (queue) => repeated('GetQueueAttributes', { ...queue, AttributeNames: ['All'] }),
};

/** The engine alone, with nothing that listens to its events. */
const engine = await openEngine({ durability: options.durability });

/** Returns a verb that sends ten messages, and one that receives and deletes ten. Each counts as the requests it stands for. */
async function verbs(name: string, isFifo: boolean): Promise<{ send: Work; receive: Work; id: number }> {
  const key = { region: 'us-east-1', account: options.account, name };
  const settings = { fifo: isFifo, attributes: new Map(), tags: new Map(), retentionMs: 345_600_000 };
  const { queue } = await engine.createQueue(key, settings, clock.now());
  let sent = 0;
  const message = (): NewMessage => {
    const id = `id${sent++}`;
    const deduplication = { key: id, windowMs: 300_000 };
    // As after parsing: each message has a body of its own.
    const body = Buffer.from(KIB).toString();
    const content = { messageId: id, body, bodyMd5: '0123456789abcdef0123456789abcdef', senderId: 'me', delayMs: 0 };
    return isFifo ? { ...content, groupId: `group${sent % GROUPS}`, deduplicationId: id, deduplication } : content;
  };
  return {
    id: queue.id,
    send() {
      requests++;
      return engine.send(queue.id, Array.from({ length: 10 }, message), clock.now());
    },
    async receive() {
      requests += 2;
      const request = { max: 10, visibilityMs: 30_000, inFlightLimit: 120_000, receiver: undefined };
      const received = await engine.receive(queue.id, request, clock.now());
      if (!Array.isArray(received)) throw new Error(`The receive returned ${received}.`);
      const receipts = received.map(({ receipt }) => receipt);
      if (receipts.length > 0) await engine.delete(queue.id, receipts, clock.now());
    },
  };
}

const engineRows: Readonly<Record<string, () => Promise<{ work: Work; empty?: Work }>>> = {
  async 'engine-batch'() {
    const { send, id } = await verbs('batch', false);
    return { work: send, empty: () => engine.purge(id) };
  },
  async 'engine-cycle'() {
    const { send, receive } = await verbs('cycle', false);
    return { work: async () => [await send(), await receive()] };
  },
  async 'engine-fifo-cycle'() {
    const { send, receive } = await verbs('cycle.fifo', true);
    return { work: async () => [await send(), await receive()] };
  },
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

async function measure(name: string, work: Work, empty?: Work): Promise<void> {
  const figures: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    figures.push(await round(work));
    await empty?.();
  }
  const { median, min, max } = spread(figures);
  console.log(`${name.padEnd(18)} ${median.toFixed(1).padStart(7)} µs (${min.toFixed(1)}–${max.toFixed(1)})`);
}

/** Does something while a reader follows all events, as the console does. */
async function whileFollowed<T>(act: () => Promise<T>): Promise<T> {
  const left = new AbortController();
  const texts = eventStream(control.events.follow({}, undefined, CONSOLE_PER_SECOND), left.signal, systemClock);
  const reading = (async () => {
    for await (const _text of texts);
  })();
  const result = await act();
  left.abort();
  await reading;
  return result;
}

const isChosen = (name: string) => positionals.length === 0 || positionals.join(',').split(',').includes(name);

for (const [name, workOn] of Object.entries(rows)) {
  if (!isChosen(name)) continue;
  const queue = await newQueue(name);
  await fill(queue, name === 'fifo-cycle');
  const empty = depth === 0 && (name === 'send' || name === 'batch') ? repeated('PurgeQueue', queue) : undefined;
  await measure(name, workOn(queue), empty);
}
if (isChosen('followed-cycle')) {
  const work = cycle(await newQueue('followed-cycle'), false);
  const ratios: number[] = [];
  for (let n = -WARM_UP; n < PAIRS; n++) {
    const alone = await round(work);
    const followed = await whileFollowed(() => round(work));
    if (n >= 0) ratios.push(alone / followed);
  }
  const { median, min, max } = spread(ratios);
  console.log(`followed-cycle     ${median.toFixed(3).padStart(7)} of cycle (${min.toFixed(3)}–${max.toFixed(3)})`);
}
for (const [name, make] of Object.entries(engineRows)) {
  if (!isChosen(name)) continue;
  const { work, empty } = await make();
  await measure(name, work, empty);
}
await control.reset();
await Promise.all([works.end(), engine.close()]);
