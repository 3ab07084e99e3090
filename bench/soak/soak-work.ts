/** The work of a soak test: clients that send, receive and vanish, and a record of all messages. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from '../load/load.ts';

const STANDARD = Array.from({ length: 6 }, (_, n) => `soak-${n}`);
const FIFO = ['soak-a.fifo', 'soak-b.fifo'];
const GROUPS = 20;
const CONSUMERS_PER_QUEUE = 3;
/** If a client vanishes during a receive, its messages become visible again after this time. */
const VISIBILITY_SECONDS = 5;
/** The interval of each action. If actions ran at full speed, memory would depend on the machine's other work. */
const EVERY_MS = { standard: 40, fifo: 100, vanish: 100, churn: 250 };
const SIZES = [20, 200, 1000, 1000, 5000, 60_000];

interface Message {
  Body: string;
  ReceiptHandle: string;
  Attributes?: Record<string, string>;
}

type Call = (operation: string, input: object) => Promise<Record<string, unknown>>;

/** A client with its own connection, which can use either wire. */
interface Client {
  call: Call;
  form(action: string, parameters: Record<string, string>): Promise<void>;
}

export class Soak {
  readonly #url: URL;
  #stopped = false;
  #requests = 0;
  #vanished = 0;
  #sent = 0;
  #deleted = 0;
  readonly #open = new Set<Connection>();
  readonly #problems: string[] = [];
  /** Messages that were sent and are not deleted yet. */
  readonly #owed = new Set<string>();
  /** The number of the next message, for each message group. */
  readonly #expected = new Map<string, number>();

  constructor(url: string) {
    this.#url = new URL(url);
  }

  summary(): string {
    const counts = [`${this.#requests} requests`, `${this.#sent} sent`, `${this.#deleted} deleted`];
    return `${counts.join(', ')}, ${this.#vanished} clients vanished`;
  }

  async prepare(): Promise<void> {
    const { call } = await this.#client();
    const VisibilityTimeout = `${VISIBILITY_SECONDS}`;
    for (const QueueName of STANDARD) await call('CreateQueue', { QueueName, Attributes: { VisibilityTimeout } });
    for (const QueueName of FIFO) {
      await call('CreateQueue', { QueueName, Attributes: { VisibilityTimeout, FifoQueue: 'true' } });
    }
  }

  /** Works until `stop()` is called. Consumers end with their current poll. */
  async work(): Promise<void> {
    const consumers = [...STANDARD, ...FIFO].flatMap((queue) =>
      Array.from({ length: CONSUMERS_PER_QUEUE }, () => this.#consume(queue)),
    );
    await Promise.all([
      ...STANDARD.map((queue) => this.#repeat(EVERY_MS.standard, ({ call }, n) => this.#send(call, queue, n))),
      ...FIFO.map((queue) => this.#repeat(EVERY_MS.fifo, ({ call }, n) => this.#sendFifo(call, queue, n))),
      ...[...STANDARD, ...FIFO].map((queue) => this.#repeat(EVERY_MS.vanish, (_, n) => this.#vanish(queue, n))),
      this.#repeat(EVERY_MS.churn, (client, n) => this.#churn(client, n)),
      ...consumers,
    ]);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Receives and deletes the remaining messages. Resolves to the problems of the whole run. */
  async drain(): Promise<string[]> {
    const { call } = await this.#client();
    for (let pass = 0; this.#owed.size > 0 && pass < 3 * VISIBILITY_SECONDS; pass++) {
      for (const queue of [...STANDARD, ...FIFO]) while (await this.#receive(call, queue, 0));
      await wait(1000);
    }
    if (this.#owed.size > 0) this.#problem(`${this.#owed.size} messages are lost, among them ${[...this.#owed][0]}.`);
    return this.#problems;
  }

  /** Closes all connections, and waits until the server has noticed. */
  async settle(): Promise<void> {
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await wait(1000);
  }

  #problem(text: string): void {
    if (this.#problems.length < 20) this.#problems.push(text);
  }

  async #client(): Promise<Client> {
    const connection = await Connection.open(this.#url.href);
    this.#open.add(connection);
    const ask = async (request: Buffer) => {
      this.#requests++;
      return (await connection.ask(request)).toString();
    };
    return {
      call: async (operation, input) => JSON.parse((await ask(this.#json(operation, input))) || '{}'),
      form: async (Action, parameters) => {
        await ask(this.#request([], new URLSearchParams({ Action, ...parameters }).toString()));
      },
    };
  }

  #json(operation: string, input: object): Buffer {
    const headers = [`x-amz-target: AmazonSQS.${operation}`, 'content-type: application/x-amz-json-1.0'];
    return this.#request(headers, JSON.stringify(input));
  }

  #request(headers: readonly string[], body: string): Buffer {
    const own = [`host: ${this.#url.host}`, `content-length: ${Buffer.byteLength(body)}`];
    return Buffer.from(['POST / HTTP/1.1', ...own, ...headers, '', body].join('\r\n'));
  }

  async #repeat(everyMs: number, act: (client: Client, n: number) => Promise<void>): Promise<void> {
    const client = await this.#client();
    const startedAt = performance.now();
    for (let n = 0; !this.#stopped; n++) {
      await act(client, n).catch((error: Error) => this.#problem(error.message));
      await wait(Math.max(0, startedAt + (n + 1) * everyMs - performance.now()));
    }
  }

  /** Sends one message, or a batch of ten; some are delayed. */
  async #send(call: Call, QueueUrl: string, n: number): Promise<void> {
    const bodyOf = (index: number) => `${QueueUrl} ${n}.${index} ${'x'.repeat(SIZES[n % SIZES.length]!)}`;
    const isBatch = n % 10 === 0;
    const bodies = Array.from({ length: isBatch ? 10 : 1 }, (_, index) => bodyOf(index));
    for (const body of bodies) this.#owed.add(keyOf(body));
    this.#sent += bodies.length;
    const DelaySeconds = n % 7 === 0 ? 2 : 0;
    const entries = bodies.map((MessageBody, index) => ({ Id: `${index}`, MessageBody, DelaySeconds }));
    if (isBatch) await call('SendMessageBatch', { QueueUrl, Entries: entries });
    else await call('SendMessage', { QueueUrl, ...entries[0], Id: undefined });
  }

  async #sendFifo(call: Call, QueueUrl: string, n: number): Promise<void> {
    const MessageGroupId = `group-${n % GROUPS}`;
    const body = `${QueueUrl}/${MessageGroupId} ${Math.floor(n / GROUPS)}`;
    this.#owed.add(keyOf(body));
    this.#sent++;
    await call('SendMessage', {
      QueueUrl,
      MessageBody: body,
      MessageGroupId,
      MessageDeduplicationId: body.replaceAll(' ', '-'),
    });
  }

  async #consume(queue: string): Promise<void> {
    const { call } = await this.#client();
    while (!this.#stopped) {
      await this.#receive(call, queue, 2).catch((error: Error) => this.#problem(error.message));
    }
  }

  /** Receives, checks and deletes messages; makes some visible again instead. Resolves to the number of messages. */
  async #receive(call: Call, QueueUrl: string, WaitTimeSeconds: number): Promise<number> {
    const answer = await call('ReceiveMessage', { QueueUrl, WaitTimeSeconds, MaxNumberOfMessages: 10 });
    const messages = (answer.Messages ?? []) as Message[];
    for (const { Body, ReceiptHandle } of messages) {
      const key = keyOf(Body);
      if (this.#requests % 50 === 0 && !QueueUrl.endsWith('.fifo')) {
        await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
        continue;
      }
      if (QueueUrl.endsWith('.fifo')) this.#checkOrder(key);
      await call('DeleteMessage', { QueueUrl, ReceiptHandle });
      if (this.#owed.delete(key)) this.#deleted++;
    }
    return messages.length;
  }

  /** A message may be delivered again if its last client vanished or was slow, but never before its predecessors. */
  #checkOrder(key: string): void {
    const [group = '', number = ''] = key.split(' ');
    const expected = this.#expected.get(group) ?? 0;
    if (Number(number) > expected) this.#problem(`${group}: received ${number} instead of ${expected}.`);
    this.#expected.set(group, Math.max(expected, Number(number) + 1));
  }

  /** A client that vanishes before it has its response: during a poll, its request, or the response. */
  async #vanish(QueueUrl: string, n: number): Promise<void> {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port) });
    await once(socket, 'connect');
    const request = this.#json('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 2 });
    socket.write(n % 3 === 0 ? request.subarray(0, request.length - 5) : request);
    await wait(n % 3 === 1 ? 30 : 2);
    if (n % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
    this.#vanished++;
  }

  /** Creates a queue, uses it over the Query wire, and deletes it. */
  async #churn({ call, form }: Client, n: number): Promise<void> {
    const QueueUrl = `soak-passing-${n % 5}`;
    await call('CreateQueue', { QueueName: QueueUrl, tags: { n: `${n}` } });
    await form('SendMessage', { QueueUrl, MessageBody: 'passing' });
    await form('ReceiveMessage', { QueueUrl, 'AttributeName.1': 'All' });
    await form('GetQueueAttributes', { QueueUrl, 'AttributeName.1': 'All' });
    await form('PurgeQueue', { QueueUrl });
    await call('DeleteQueue', { QueueUrl });
  }
}

/** The part of a body that identifies its message. */
function keyOf(body: string): string {
  return body.split(' ', 2).join(' ');
}
