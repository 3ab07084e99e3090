/** Long responses: they arrive whole, do not hold up other requests, and have a limit for clients that do not read. */

import { afterEach, describe, expect, it } from 'vitest';
import type { HttpLimits } from '../../src/http/limits.ts';
import type { Squab } from '../../src/index.ts';
import { startServer } from '../../src/server.ts';
import { completeOptions } from '../../src/settings/complete.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { type Client, client, overBothWires } from '../helpers.ts';
import { RawConnection, rawRequest } from './raw-http.ts';

const MIB = 2 ** 20;
const QUOTES = '"'.repeat(MIB);

const running: Squab[] = [];
const connections: RawConnection[] = [];
afterEach(async () => {
  for (const { socket } of connections.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((squab) => squab.stop()));
});

interface Served {
  call: Client['call'];
  open(): Promise<RawConnection>;
  log: string[];
}

/** Starts a Squab whose queue `q` has ten messages of 1 MiB of quotation marks. */
async function serve(limits: Partial<HttpLimits>): Promise<Served> {
  const log: string[] = [];
  const options = completeOptions({ port: 0, logLevel: 'warn' });
  const logStream = { write: (line: string) => log.push(line) };
  const squab = await startServer(options, { clock: new VirtualClock(), limits, logStream });
  running.push(squab);
  const { call } = client('JSON', squab.url);
  await call('CreateQueue', { QueueName: 'q' });
  for (let n = 0; n < 10; n++) await call('SendMessage', { QueueUrl: 'q', MessageBody: QUOTES });
  const open = async () => {
    const connection = await RawConnection.open(squab.port);
    connections.push(connection);
    return connection;
  };
  return { call, open, log };
}

const FORM = 'Content-Type: application/x-www-form-urlencoded';
const greedy = rawRequest(
  'POST /',
  ['Host: localhost', FORM],
  'Action=ReceiveMessage&QueueUrl=q&MaxNumberOfMessages=10&VisibilityTimeout=0',
);
const list = rawRequest('GET /?Action=ListQueues', ['Host: localhost']);
const messagesIn = (body: string) => body.split('<Message>').length - 1;

overBothWires('ReceiveMessage', (fixture) => {
  it('returns long messages whole, whatever their characters', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    // Of a body of these, a portion of any size ends within a character at some place.
    const bodies = ['😀x'.repeat(200_000), `é${'😀'.repeat(250_000)}`, '&<>"\r\n\t€'.repeat(80_000)];
    for (const MessageBody of bodies) await call('SendMessage', { QueueUrl, MessageBody });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(bodies);
    expect((await squab.control.queues.get('q')).messages.inFlight).toBe(3);
  });

  it('returns ten messages of 1 MiB of ordinary text, but fewer if XML would make them much longer', async () => {
    const { call, queue } = await fixture();
    for (const [name, body, count] of [
      ['plain', 'x'.repeat(MIB), 10],
      ['quotes', QUOTES, 3],
    ] as const) {
      const QueueUrl = await queue(name);
      for (let n = 0; n < 10; n++) await call('SendMessage', { QueueUrl, MessageBody: body });
      const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
      expect(Messages).toHaveLength(count);
    }
  });
});

describe('a long response', () => {
  it('has a Content-Length, and lets other requests run while it is sent', async () => {
    const { open } = await serve({});
    const [slow, other] = [await open(), await open()];
    slow.socket.pause();
    slow.send(greedy);
    for (let times = 0; times < 3; times++) {
      other.send(list);
      expect((await other.answer()).status).toBe(200);
    }
    slow.socket.resume();
    const { status, headers, body } = await slow.answer();
    expect({ status, messages: messagesIn(body) }).toEqual({ status: 200, messages: 3 });
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body));
  });

  it('that its client does not read is dropped when others need the memory', async () => {
    const { open, log } = await serve({ unread: 20 * MIB, unreadMs: 0 });
    const silent = await open();
    silent.socket.pause();
    silent.send(greedy);
    const other = await open();
    for (let times = 0; times < 3; times++) {
      other.send(greedy);
      expect((await other.answer()).status).toBe(200);
    }
    silent.socket.resume();
    await silent.closed;
    await expect(silent.answer()).rejects.toThrow('Closed after');
    expect(log.filter((line) => line.includes('has stopped reading its response'))).toHaveLength(1);
  });

  it('of the developer endpoint does not hold up others there while its client does not read it', async () => {
    const { open } = await serve({});
    const show = rawRequest('GET /_aws/sqs/messages/us-east-1/000000000000/q', ['Host: localhost']);
    const [silent, other] = [await open(), await open()];
    silent.socket.pause();
    silent.send(show);
    other.send(show);
    expect(messagesIn((await other.answer()).body)).toBe(3);
    silent.socket.resume();
    expect(messagesIn((await silent.answer()).body)).toBe(3);
  });

  it('makes receives return fewer messages while its client does not read it', async () => {
    const { open } = await serve({ unread: 20 * MIB, unreadMs: 60_000 });
    const [silent, other] = [await open(), await open()];
    silent.socket.pause();
    silent.send(greedy);
    other.send(greedy);
    // The other request may have been processed first, and then got all the memory.
    await other.answer();
    other.send(greedy);
    expect(messagesIn((await other.answer()).body)).toBe(1);
    silent.socket.resume();
    expect((await silent.answer()).status).toBe(200);
    other.send(greedy);
    expect(messagesIn((await other.answer()).body)).toBe(3);
  });
});
