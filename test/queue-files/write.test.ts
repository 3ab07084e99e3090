/** Queues that are written to a file and read back are unchanged. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDeclared } from '../../src/queue-files/apply.ts';
import { callSqsOverHttp } from '../../src/queue-files/call-sqs.ts';
import { collectQueues } from '../../src/queue-files/collect.ts';
import { addDeadLetterOverHttp } from '../../src/queue-files/dead-letters.ts';
import type { QueueDefinition } from '../../src/queue-files/definition.ts';
import { readQueueText } from '../../src/queue-files/read.ts';
import { definitionsOf, queueFileText } from '../../src/queue-files/write.ts';
import { settableAttributes } from '../../src/queues/attributes.ts';
import { readQueues } from '../../src/storage/sqlite/offline/read-queues.ts';
import { type Client, client, setup, temporaryFolder } from '../helpers.ts';
import { read } from './contents.ts';
import { oddTexts } from './histories.ts';

const deployment = { account: '000000000000', region: 'us-east-1' };
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const noWarning = (warning: string) => expect.fail(warning);

/** Queues with every kind of attribute. */
const everything: QueueDefinition[] = [
  {
    name: 'all',
    attributes: {
      VisibilityTimeout: 7,
      DelaySeconds: 8,
      MaximumMessageSize: 4096,
      MessageRetentionPeriod: 777_777,
      ReceiveMessageWaitTimeSeconds: 9,
      KmsMasterKeyId: 'alias/key',
      KmsDataKeyReusePeriodSeconds: 600,
      Policy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: arn('all') }],
      },
    },
    tags: { team: 'Käse & Brot'.replace('&', '+'), yes: 'no', cost: '007', empty: '' },
    redrive: { deadLetterQueue: 'dlq', maxReceiveCount: 3 },
  },
  {
    name: 'dlq',
    attributes: {
      SqsManagedSseEnabled: false,
      RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: [arn('all')] },
    },
  },
  { name: 'bare' },
  {
    name: 'high.fifo',
    attributes: {
      ContentBasedDeduplication: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    },
    redrive: { deadLetterQueue: 'high.fifo', maxReceiveCount: 10 },
  },
];

/** Everything that a client sees of the queues, except timestamps. */
async function visibleState({ call }: Client): Promise<unknown[]> {
  const { QueueUrls = [] } = await call('ListQueues');
  return Promise.all(
    QueueUrls.map(async (QueueUrl: string) => {
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
      const { CreatedTimestamp, LastModifiedTimestamp, ...attributes } = Attributes;
      return { ...attributes, ...(await call('ListQueueTags', { QueueUrl })) };
    }),
  );
}

const callOf = (url: string) => callSqsOverHttp(url, undefined, () => 0);
const serverAt = (url: string) => ({ callSqs: callOf(url), addDeadLetter: addDeadLetterOverHttp(url) });

describe.each(['yaml', 'json'] as const)('a file in %s', (form) => {
  it('keeps every text as it is, whatever its lines begin and end with', () => {
    const pieces = [' ', '\n', '\n', '\t', '\r', 'a', '#', '-', ':', '"', '\\', '\u202e', 'x'.repeat(45)];
    const text = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 10 }).map((parts) => parts.join(''));
    const property = fc.property(fc.array(text, { minLength: 10, maxLength: 10 }), (bodies) => {
      const file = queueFileText({ queues: [{ name: 'q', messages: bodies.map((body) => ({ body })) }] }, form);
      expect(read(file, `queues.${form}`).queues[0]!.messages.map(({ input }) => input.body)).toEqual(bodies);
    });
    fc.assert(property, { numRuns: 200, examples: [[[' \n', `\n \n\u202e${'x'.repeat(45)}`]]] });
  });

  it('written from a running Squab creates the same queues in another', async () => {
    const first = await setup({ queues: everything });
    const text = queueFileText(
      { queues: definitionsOf(await collectQueues(callOf(first.squab.url), {}, () => {}), noWarning) },
      form,
    );
    const second = await setup();
    const applied = await applyDeclared(readQueueText(text, 'q', deployment), serverAt(second.squab.url));
    expect(applied).toMatchObject({ created: ['all', 'bare', 'dlq', 'high.fifo'], changed: [], unchanged: [] });
    const expected = await visibleState(client('JSON', first.squab.url));
    expect(expected).toHaveLength(4);
    expect(await visibleState(client('JSON', second.squab.url))).toEqual(expected);
    const again = await applyDeclared(readQueueText(text, 'q', deployment), serverAt(first.squab.url));
    expect(again).toMatchObject({ created: [], changed: [], unchanged: ['all', 'bare', 'dlq', 'high.fifo'] });
    // Exporting the copy results in the same file.
    const copied = await collectQueues(callOf(second.squab.url), {}, () => {});
    expect(queueFileText({ queues: definitionsOf(copied, noWarning) }, form)).toBe(text);
  });

  it('written from a data folder creates the same queues and messages, in all accounts and regions', async () => {
    const data = temporaryFolder();
    const elsewhere = { account: '111111111111', region: 'eu-west-1' };
    const messages = [
      {
        body: 'plain',
        attributes: { n: 3, raw: { DataType: 'Binary.png', BinaryValue: 'AAEC' } },
        traceHeader: 'Root=1',
      },
      { body: '{"not": "parsed"}', groupId: 'tenant' },
    ];
    const queues: QueueDefinition[] = [
      ...everything,
      { name: 'here', messages },
      { ...elsewhere, name: 'there.fifo', messages: [{ body: 'x', groupId: 'g', deduplicationId: 'd' }] },
    ];
    const read = (folder: string, now = 0) => readQueues(folder, { messages: true, now }, () => {});
    const first = await setup({ data, queues });
    await first.squab.stop();
    const stored = read(data);
    expect(stored.map(({ messages }) => messages.length)).toEqual([0, 0, 0, 2, 0, 1]);
    const text = queueFileText({ queues: definitionsOf(stored, noWarning) }, form);

    const copy = temporaryFolder();
    const second = await setup({ data: copy });
    await applyDeclared(readQueueText(text, 'q', deployment), serverAt(second.squab.url));
    await second.squab.stop();
    expect(read(copy)).toEqual(stored);
    // Expired messages are not read: at this time, that is all of them.
    expect(read(data, 1e15).flatMap(({ messages }) => messages)).toEqual([]);
  });
});

it('the queues of these tests have every attribute that can be set', () => {
  const tried = everything.flatMap(({ attributes = {} }) => Object.keys(attributes));
  // FifoQueue follows from the name of a queue, RedrivePolicy from its `redrive`.
  expect([...tried, 'FifoQueue', 'RedrivePolicy']).toEqual(expect.arrayContaining([...settableAttributes]));
});

describe('the written file', () => {
  const state = { account: '000000000000', region: 'us-east-1', tags: new Map<string, string>(), messages: [] };

  it('omits a redrive policy whose dead-letter queue no longer exists, with a warning', () => {
    const attributes = new Map([
      ['RedrivePolicy', JSON.stringify({ deadLetterTargetArn: arn('gone'), maxReceiveCount: 3 })],
    ]);
    const warnings: string[] = [];
    const written = definitionsOf(
      [{ ...state, name: 'q', fifo: false, attributes }],
      (text) => void warnings.push(text),
    );
    expect(written).toEqual([{ name: 'q' }]);
    expect(warnings).toEqual([
      'The queue q is written without its redrive policy: the dead-letter queue gone does not exist.',
    ]);
  });

  it('gives messages distinct deduplication IDs, because sent together they would be deduplicated', () => {
    const messages = ['a', 'b', 'c'].map((body) => ({ body, groupId: 'g', deduplicationId: 'same' }));
    const [written] = definitionsOf(
      [{ ...state, name: 'q.fifo', fifo: true, attributes: new Map(), messages }],
      noWarning,
    );
    expect(written!.messages!.map((one) => typeof one === 'object' && one.deduplicationId)).toEqual([
      'same',
      'same#2',
      'same#3',
    ]);
  });

  it('is read back unchanged, whatever is in bodies and tags', () => {
    const text = fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed());
    // Characters that SQS accepts.
    const body = text.filter((one) => one !== '' && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(one));
    const odd = fc.constantFrom(...oddTexts);
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'aé0 _.:/=+-@') }),
      fc.constantFrom('null', 'true', '007', '1.0', ''),
    );
    const forms = fc.constantFrom('yaml' as const, 'json' as const);
    fc.assert(
      fc.property(fc.oneof(body, odd), value, forms, (body, tag, form) => {
        const queue = {
          ...state,
          name: 'q',
          fifo: false,
          attributes: new Map(),
          tags: new Map([['k', tag]]),
          messages: [{ body }],
        };
        const [read] = readQueueText(
          queueFileText({ queues: definitionsOf([queue], noWarning) }, form),
          'q',
          deployment,
        ).queues;
        expect(read!.messages[0]!.input.body).toBe(body);
        expect(read!.tags.get('k')!.value).toBe(tag);
      }),
      { numRuns: 500 },
    );
  });
});
