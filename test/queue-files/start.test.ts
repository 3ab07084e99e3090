/** Queues that Squab is started with: created once, and updated to the file at every later start. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type QueueDefinition, start } from '../../src/index.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { client, setup, temporaryFolder } from '../helpers.ts';
import { attributesOf, during, file, url, warningsOf } from './starting.ts';

describe('queues that Squab is started with', () => {
  it('exist with attributes, tags and messages when it is ready', async () => {
    const config = file(`
queues:
  - name: orders
    attributes: { VisibilityTimeout: 60, Policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:000000000000:orders" }] } }
    tags: { team: shop }
    messages: [{ body: first, attributes: { kind: express } }]
`);
    const { squab } = await setup({ config });
    expect(await attributesOf(squab.url, 'orders')).toMatchObject({
      VisibilityTimeout: '60',
      Policy: expect.stringContaining('sqs:SendMessage'),
      ApproximateNumberOfMessages: '1',
    });
    const { call } = client('JSON', squab.url);
    expect((await call('ListQueueTags', { QueueUrl: url('orders') })).Tags).toEqual({ team: 'shop' });
    const { Messages } = await call('ReceiveMessage', { QueueUrl: url('orders'), MessageAttributeNames: ['All'] });
    expect(Messages).toMatchObject([
      { Body: 'first', MessageAttributes: { kind: { DataType: 'String', StringValue: 'express' } } },
    ]);
  });

  it('may come from a program and a file together', async () => {
    const queues: QueueDefinition[] = [{ name: 'mine', messages: ['hello', { body: { a: [1] } }] }];
    const { squab } = await setup({ queues, config: file('{ "queues": ["theirs"] }', 'squab.json') });
    const { QueueUrls } = await client('JSON', squab.url).call('ListQueues');
    expect(QueueUrls).toEqual([`${squab.url}/000000000000/mine`, `${squab.url}/000000000000/theirs`]);
    const { Messages } = await client('JSON', squab.url).call('ReceiveMessage', {
      QueueUrl: url('mine'),
      MaxNumberOfMessages: 10,
    });
    expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(['hello', '{"a":[1]}']);
  });

  it('name their dead-letter queues, in any order and even each other', async () => {
    const { squab } = await setup({
      queues: [
        { name: 'a', redrive: { deadLetterQueue: 'b', maxReceiveCount: 3 } },
        { name: 'b', redrive: { deadLetterQueue: 'a', maxReceiveCount: 1 } },
        { name: 'c.fifo', redrive: { deadLetterQueue: 'c.fifo', maxReceiveCount: 1000 } },
      ],
    });
    const policy = async (name: string) => JSON.parse((await attributesOf(squab.url, name)).RedrivePolicy);
    const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
    expect(await policy('a')).toEqual({ deadLetterTargetArn: arn('b'), maxReceiveCount: 3 });
    expect(await policy('b')).toEqual({ deadLetterTargetArn: arn('a'), maxReceiveCount: 1 });
    expect(await policy('c.fifo')).toEqual({ deadLetterTargetArn: arn('c.fifo'), maxReceiveCount: 1000 });
  });

  it('belong to the account and region that they name', async () => {
    const { squab } = await setup({
      queues: [
        { name: 'q', region: 'eu-west-1', attributes: { DelaySeconds: 1 } },
        { name: 'q', account: '111111111111', attributes: { DelaySeconds: 2 } },
        { name: 'q', attributes: { DelaySeconds: 3 } },
      ],
    });
    const delay = async (options: object, account?: string) =>
      (
        await client('JSON', squab.url).call(
          'GetQueueAttributes',
          { QueueUrl: url('q', account), AttributeNames: ['DelaySeconds'] },
          options,
        )
      ).Attributes.DelaySeconds;
    expect(await delay({ region: 'eu-west-1' })).toBe('1');
    expect(await delay({ account: '111111111111' }, '111111111111')).toBe('2');
    expect(await delay({})).toBe('3');
  });

  it('are not subject to the cooldowns and FIFO quotas of AWS', async () => {
    const messages = Array.from({ length: 400 }, (_, n) => ({ body: `${n}`, groupId: 'g', deduplicationId: `${n}` }));
    const { squab } = await setup({ fifoQuotas: true, cooldowns: true, queues: [{ name: 'q.fifo', messages }] });
    expect((await attributesOf(squab.url, 'q.fifo')).ApproximateNumberOfMessages).toBe('400');
  });
});

describe('a file describes the final state of queues:', () => {
  it('a dead-letter queue may not allow its source queue any more', async () => {
    const redrive = { deadLetterQueue: 'd', maxReceiveCount: 3 };
    const queues = [
      { name: 'q', redrive },
      { name: 'd', attributes: { RedriveAllowPolicy: { redrivePermission: 'denyAll' } } },
    ];
    const warnings = await warningsOf({ queues });
    expect(warnings).toEqual([
      'queues[1].attributes.RedriveAllowPolicy: d does not allow q to use it as its dead-letter queue. q uses it ' +
        'anyway, as if this policy had been set later.',
    ]);
  });

  it('a message may be longer than the limit of its queue is now', async () => {
    const queues = [{ name: 'q', attributes: { MaximumMessageSize: 1024 }, messages: ['x'.repeat(2000)] }];
    const { squab } = await setup({ queues });
    expect(await attributesOf(squab.url, 'q')).toMatchObject({
      MaximumMessageSize: '1024',
      ApproximateNumberOfMessages: '1',
    });
    const tooLong = [{ name: 'q', messages: ['x'.repeat(1_048_577)] }];
    await expect(start({ port: 0, queues: tooLong })).rejects.toThrow('Message must be shorter than 1048576 bytes.');
  });
});

describe('at a later start on the same data', () => {
  const before = [
    {
      name: 'q',
      attributes: { VisibilityTimeout: 60, DelaySeconds: 5 },
      tags: { team: 'shop', cost: '1' },
      redrive: { deadLetterQueue: 'dlq', maxReceiveCount: 3 },
      messages: ['once'],
    },
    { name: 'dlq' },
  ];

  it('an unchanged file has no effect: no message is sent again, no queue is modified', async () => {
    const [data, clock] = [temporaryFolder(), new VirtualClock()];
    const read = (squabUrl: string) => attributesOf(squabUrl, 'q');
    const first = await during({ data, clock, queues: before }, read);
    await clock.advance(60_000);
    const second = await during({ data, clock, queues: before }, read);
    // The message was delayed by five seconds, which have passed.
    expect({ ...second, ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesDelayed: '1' }).toEqual(first);
  });

  it('a queue with messages has the tags of the file, as many as a queue can have', async () => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`tag-${index}`, String(index)]));
    await during({ queues: [{ name: 'q', tags, messages: ['once'] }] }, async (squabUrl) => {
      const { Tags } = await client('JSON', squabUrl).call('ListQueueTags', { QueueUrl: url('q') });
      expect(Tags).toEqual(tags);
    });
  });

  it('queues get the new values in the file, and keep what it does not mention', async () => {
    const data = temporaryFolder();
    await during({ data, queues: before }, async () => {});
    const after = [{ name: 'q', attributes: { VisibilityTimeout: 90 }, tags: { cost: '2' }, messages: ['again'] }];
    await during({ data, queues: after }, async (squabUrl) => {
      expect(await attributesOf(squabUrl, 'q')).toMatchObject({
        VisibilityTimeout: '90',
        DelaySeconds: '5',
        RedrivePolicy: expect.stringContaining(':dlq'),
        ApproximateNumberOfMessagesDelayed: '1',
      });
      const { Tags } = await client('JSON', squabUrl).call('ListQueueTags', { QueueUrl: url('q') });
      expect(Tags).toEqual({ team: 'shop', cost: '2' });
      expect((await client('JSON', squabUrl).call('ListQueues')).QueueUrls).toHaveLength(2);
    });
  });

  it('a dead-letter queue may already exist without being in the file', async () => {
    const data = temporaryFolder();
    await during({ data, queues: [{ name: 'dlq' }] }, async () => {});
    const queues = [{ name: 'q', redrive: { deadLetterQueue: 'dlq', maxReceiveCount: 3 } }];
    await during({ data, queues }, async (squabUrl) => {
      expect((await attributesOf(squabUrl, 'q')).RedrivePolicy).toContain(':dlq');
    });
  });
});

describe('Squab does not start', () => {
  const redrive = { deadLetterQueue: 'dql', maxReceiveCount: 3 };

  it('if the file has a mistake, and creates nothing', async () => {
    const data = temporaryFolder();
    const config = file(
      'queues:\n  - fine\n  - { name: q, redrive: { deadLetterQueue: dql, maxReceiveCount: 3 } }\n  - dlq',
    );
    await expect(start({ port: 0, data, config })).rejects.toThrow(
      'squab.yaml:3:44: The dead-letter queue "dql" exists neither in Squab nor in the file. Did you mean "dlq"?',
    );
    await during({ data }, async (squabUrl) => {
      expect(await client('JSON', squabUrl).call('ListQueues')).toEqual({});
    });
  });

  it.each<[string, QueueDefinition[], string]>([
    [
      'a dead-letter queue of another type',
      [{ name: 'q', redrive: { ...redrive, deadLetterQueue: 'd.fifo' } }, { name: 'd.fifo' }],
      'queues[0].redrive.deadLetterQueue: Value {"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:d.fifo",' +
        '"maxReceiveCount":3} for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source',
    ],
    [
      'the same queue twice',
      [{ name: 'q' }, { name: 'q' }],
      'queues[1].name: The queue "q" is already declared at queues[0].name.',
    ],
    [
      'redrive and RedrivePolicy for the same queue',
      [{ name: 'q', attributes: { RedrivePolicy: {} }, redrive }],
      'queues[0].redrive: redrive and the attribute RedrivePolicy cannot be used together: remove one of them.',
    ],
  ])('with %s', async (_what, queues, message) => {
    await expect(start({ port: 0, queues })).rejects.toThrow(message);
  });

  it('with a missing file, or a folder or a device instead of a file', async () => {
    const folder = temporaryFolder();
    await expect(start({ port: 0, config: folder })).rejects.toThrow(`Cannot read ${folder}: it is a folder.`);
    const nothing = join(folder, 'no.yaml');
    await expect(start({ port: 0, config: nothing })).rejects.toThrow(`Cannot read ${nothing}: there is no such file.`);
    if (process.platform === 'win32') return;
    await expect(start({ port: 0, config: '/dev/zero' })).rejects.toThrow('Cannot read /dev/zero: it is a device.');
    const including = join(folder, 'q.conf');
    writeFileSync(including, 'include file("/dev/zero")\nqueues {}');
    await expect(start({ port: 0, config: including })).rejects.toThrow('it is a device.');
  });

  it('with a binary file', async () => {
    const file = join(temporaryFolder(), 'squab.yaml');
    for (const bytes of [Buffer.from([0xff, 0xfe, 0x20]), Buffer.from('queues:\0 [a]')]) {
      writeFileSync(file, bytes);
      await expect(start({ port: 0, config: file })).rejects.toThrow(`Cannot read ${file}: it is not UTF-8 text.`);
    }
  });
});
