/** A database that can no longer grow, as on a full disk: the errors on each wire, and the recovery. */

import type { Database as Connection } from 'better-sqlite3';
import { expect, it, vi } from 'vitest';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { type Fixture, overBothWires, temporaryFolder } from '../helpers.ts';

/** The database connections in the order of opening. The tests set limits on them without the engine's knowledge. */
const opened = vi.hoisted(() => [] as Connection[]);
vi.mock('better-sqlite3', async (importOriginal) => {
  const { default: Original } = await importOriginal<{ default: typeof import('better-sqlite3') }>();
  class Watched extends Original {
    constructor(...args: ConstructorParameters<typeof Original>) {
      super(...args);
      opened.push(this as unknown as Connection);
    }
  }
  return { default: Watched };
});

const LONG = 'x'.repeat(100_000);

function stopGrowth(): void {
  const connection = opened.at(-1)!;
  connection.pragma(`max_page_count = ${connection.pragma('page_count', { simple: true })}`);
}

function allowGrowth(): void {
  opened.at(-1)!.pragma('max_page_count = 1000000');
}

const refused = {
  status: 503,
  code: 'ServiceUnavailable',
  message: expect.stringMatching(/is full\. Free some space on it\.$/),
};

/** The lines of a log, except for those about starting and stopping. */
class Log {
  readonly lines: { level: number; msg: string }[] = [];
  write(line: string): void {
    const entry = JSON.parse(line);
    if (!/Squab (is|has)/.test(entry.msg)) this.lines.push(entry);
  }
}

overBothWires('On a full disk', (fixture) => {
  /** SQS's clock is frozen, as in every test, so the machine's clock has to be moved too. */
  const logging = async (): Promise<Fixture & { log: Log; machine: VirtualClock; QueueUrl: string }> => {
    const log = new Log();
    const machine = new VirtualClock();
    const squab = await fixture({ data: temporaryFolder(), logLevel: 'info', logStream: log, machine });
    return { ...squab, log, machine, QueueUrl: await squab.queue() };
  };

  it('a send fails and stores nothing', async () => {
    const { call, QueueUrl } = await logging();
    await call('SendMessage', { QueueUrl, MessageBody: 'before' });
    stopGrowth();
    await expect(call('SendMessage', { QueueUrl, MessageBody: LONG })).rejects.toMatchObject(refused);
    const Entries = [
      { Id: 'a', MessageBody: 'short' },
      { Id: 'b', MessageBody: LONG },
    ];
    await expect(call('SendMessageBatch', { QueueUrl, Entries })).rejects.toMatchObject(refused);
    allowGrowth();
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes.ApproximateNumberOfMessages).toBe('1');
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(['before']);
  });

  it('a queue that cannot be created does not exist, and its name stays free', async () => {
    const { call } = await logging();
    stopGrowth();
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`tag-${at}`, 'x'.repeat(250)]));
    await expect(call('CreateQueue', { QueueName: 'new', tags })).rejects.toMatchObject(refused);
    await expect(call('GetQueueUrl', { QueueName: 'new' })).rejects.toMatchObject({ status: 400 });
    allowGrowth();
    await call('CreateQueue', { QueueName: 'new', tags: { other: 'tag' } });
    const { QueueUrl } = await call('GetQueueUrl', { QueueName: 'new' });
    expect((await call('ListQueueTags', { QueueUrl })).Tags).toEqual({ other: 'tag' });
  });

  it('small requests succeed while large ones fail, and deleted messages make room', async () => {
    const { call, QueueUrl } = await logging();
    await call('SendMessage', { QueueUrl, MessageBody: LONG });
    stopGrowth();
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    const results = await Promise.allSettled([
      call('SendMessage', { QueueUrl, MessageBody: LONG }),
      call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }),
      call('ListQueues'),
    ]);
    expect(results.slice(1).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    await call('SendMessage', { QueueUrl, MessageBody: LONG });
  });

  it('Squab logs the fault once, and its end once, even while the clock of SQS is frozen', async () => {
    const { call, QueueUrl, log, machine } = await logging();
    stopGrowth();
    for (let time = 0; time < 10; time++) {
      await expect(call('SendMessage', { QueueUrl, MessageBody: LONG })).rejects.toMatchObject(refused);
      // This message fits, but that does not end the fault.
      await call('SendMessage', { QueueUrl, MessageBody: 'short' });
      await machine.advance(1000);
    }
    const logged = [{ level: 50, msg: expect.stringMatching(/is full\. .* fail with ServiceUnavailable\.$/) }];
    expect(log.lines).toMatchObject(logged);
    allowGrowth();
    await call('SendMessage', { QueueUrl, MessageBody: LONG });
    await machine.advance(5000);
    expect(log.lines).toMatchObject([...logged, { level: 40, msg: 'The storage works again.' }]);
  });

  it('the health check fails until Squab can write again, even if no request writes', async () => {
    const { call, QueueUrl, squab } = await logging();
    const health = async () => (await fetch(`${squab.url}/health`)).status;
    expect(await health()).toBe(200);
    opened.at(-1)!.pragma('query_only = ON');
    await expect(call('SendMessage', { QueueUrl, MessageBody: 'b' })).rejects.toMatchObject({ status: 503 });
    expect([await health(), await health()]).toEqual([503, 503]);
    opened.at(-1)!.pragma('query_only = OFF');
    expect(await health()).toBe(200);
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
  });

  it('a message move task waits, without logging each attempt, and continues although the clock is frozen', async () => {
    const { call, queue, log, clock, machine } = await logging();
    const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
    const dead = await queue('dead');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 5 });
    await queue('work', { RedrivePolicy });
    for (const MessageBody of [LONG, LONG, LONG]) await call('SendMessage', { QueueUrl: dead, MessageBody });
    // From now on, the database cannot write at all.
    opened.at(-1)!.pragma('query_only = ON');
    await expect(
      call('StartMessageMoveTask', { SourceArn: arn('dead'), DestinationArn: arn('work') }),
    ).rejects.toMatchObject({ status: 503 });
    opened.at(-1)!.pragma('query_only = OFF');
    await call('StartMessageMoveTask', {
      SourceArn: arn('dead'),
      DestinationArn: arn('work'),
      MaxNumberOfMessagesPerSecond: 1,
    });
    const moved = async () => (await call('ListMessageMoveTasks', { SourceArn: arn('dead') })).Results[0];
    await clock.advance(0);
    expect(await moved()).toMatchObject({ Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 1 });
    opened.at(-1)!.pragma('query_only = ON');
    await clock.advance(1000);
    await machine.advance(5000);
    opened.at(-1)!.pragma('query_only = OFF');
    expect(await moved()).toMatchObject({ Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 1 });
    await machine.advance(1000);
    expect(await moved()).toMatchObject({ Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 2 });
    await clock.advance(1000);
    expect(await moved()).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3 });
    await machine.advance(5000);
    expect(log.lines.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/is not writable \(SQLITE_READONLY: .*\)\. Make it writable/),
      'The storage works again.',
    ]);
  });
});
