/** Whatever clients have done to queues: exported, imported into an empty Squab and exported again, they are the same. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allMessages } from '../../src/queue-files/all-messages.ts';
import { applyQueues } from '../../src/queue-files/apply.ts';
import { callSqsOverHttp } from '../../src/queue-files/call-sqs.ts';
import { collectQueues } from '../../src/queue-files/collect.ts';
import { addDeadLetterOverHttp } from '../../src/queue-files/dead-letters.ts';
import { definitionsOf, type QueueState, queueFileText } from '../../src/queue-files/write.ts';
import { readQueues } from '../../src/storage/sqlite/offline/read-queues.ts';
import { type Client, type Input, type Output, Refusal, setup, temporaryFolder } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';
import { read } from './contents.ts';

type Form = 'yaml' | 'json';

const STANDARD = ['a', 'b', 'c'];
const FIFO = ['f.fifo', 'g.fifo', 'h.fifo'];
const NAMES = [...STANDARD, ...FIFO];
const urlOf = (name: string) => `http://localhost/000000000000/${name}`;

const queueState = async (url: string): Promise<QueueState[]> => {
  const queues = await collectQueues(
    callSqsOverHttp(url, undefined, () => 0),
    {},
    () => {},
  );
  return Promise.all(queues.map(async (queue) => ({ ...queue, messages: await allMessages(url, queue) })));
};

/** Returns the text that `squab export --messages` writes. */
async function exported(url: string, form: Form): Promise<string> {
  return queueFileText(
    definitionsOf(await queueState(url), () => {}),
    form,
  );
}

async function imported(text: string, form: Form, url: string): Promise<string[]> {
  const server = { callSqs: callSqsOverHttp(url, undefined, () => 0), addDeadLetter: addDeadLetterOverHttp(url) };
  return (await applyQueues(read(text, `queues.${form}`).queues, server)).warnings;
}

/** An operation, or time that passes. */
type Action = { operation: string; input: Input } | { advance: number };

const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.constantFrom(
    'null',
    '~',
    '1e3',
    '012',
    '<<',
    '- a',
    '# no',
    '"',
    "'",
    ' x ',
    '\u0085',
    '\u2028',
    'a: b',
    '!Ref x',
    '&a',
    '*a',
    '{',
    '|',
  ),
  fc.constantFrom('x'.repeat(1500), 'y'.repeat(3000)),
  fc.constantFrom('\ttab', 'two\nlines\n', '\r\n', '---', '%', '# {'),
);
const tagText = fc.string({ unit: fc.constantFrom(...'aé0 _.:/=+-@'), minLength: 1, maxLength: 12 });
const policyOf = (name: string) =>
  fc
    .constantFrom(
      { redrivePermission: 'denyAll' },
      { redrivePermission: 'allowAll' },
      { redrivePermission: 'byQueue', sourceQueueArns: [arnOf('a'), arnOf('f.fifo')] },
    )
    .map((policy) => ({ QueueUrl: urlOf(name), Attributes: { RedriveAllowPolicy: JSON.stringify(policy) } }));

const attributes = (fifo: boolean) =>
  fc.record(
    {
      VisibilityTimeout: fc.constantFrom('0', '30', '43200'),
      DelaySeconds: fc.constantFrom('0', '7'),
      MaximumMessageSize: fc.constantFrom('1024', '1024', '2048', '1048576'),
      MessageRetentionPeriod: fc.constantFrom('60', '345600', '1209600'),
      ReceiveMessageWaitTimeSeconds: fc.constantFrom('0', '5'),
      SqsManagedSseEnabled: fc.constantFrom('true', 'false'),
      KmsMasterKeyId: fc.constantFrom('', 'alias/key', '007', 'true'),
      KmsDataKeyReusePeriodSeconds: fc.constantFrom('60', '300'),
      Policy: fc.constantFrom(
        '',
        `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"${arnOf('a')}"}]}`,
        `{ "Version": "2012-10-17", "Id": "é \\u0041: x", "Statement": { "Sid": "2", "Effect": "Deny", "Principal": { "AWS": ["*"] }, "Action": "SQS:*", "Resource": "*", "Condition": { "NumericLessThan": { "aws:x": 1.0 } } } }`,
      ),
      ...(fifo && {
        ContentBasedDeduplication: fc.constantFrom('true', 'false'),
        DeduplicationScope: fc.constantFrom('queue', 'messageGroup'),
        FifoThroughputLimit: fc.constantFrom('perQueue', 'perMessageGroupId'),
      }),
    },
    { requiredKeys: [] },
  );

const messageAttribute = fc.oneof(
  fc.record({ DataType: fc.constantFrom('String', 'String.é', 'String.x.y'), StringValue: text }),
  fc.record({
    DataType: fc.constantFrom('Number', 'Number.int'),
    StringValue: fc.constantFrom('1.50', '-0', '1e10', '007'),
  }),
  fc.record({
    DataType: fc.constantFrom('Binary', 'Binary.png'),
    BinaryValue: fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  }),
);
const attributeNames = fc.constantFrom('kind', '1', '2', 'x-y.z', 'é', '__proto__', 'constructor', 'toString');
const messageAttributes = fc
  .array(fc.tuple(attributeNames, messageAttribute), { maxLength: 4 })
  .map(Object.fromEntries);

function sendTo(name: string): fc.Arbitrary<Action> {
  const input = {
    MessageBody: text,
    MessageAttributes: messageAttributes,
    MessageSystemAttributes: fc.constantFrom({}, { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1: é' } }),
    MessageGroupId: fc.constantFrom('g', 'h', 'null', '~'),
    ...(FIFO.includes(name) && {
      MessageDeduplicationId: fc.constantFrom('1', '2', 'yes', `${'d'.repeat(127)}1`, `${'d'.repeat(127)}2`),
    }),
  };
  const requiredKeys = ['MessageBody', ...(FIFO.includes(name) ? ['MessageGroupId' as const] : [])] as 'MessageBody'[];
  return fc
    .record(input, { requiredKeys })
    .map((given) => ({ operation: 'SendMessage', input: { QueueUrl: urlOf(name), ...given } }));
}

const action: fc.Arbitrary<Action> = fc.constantFrom(...NAMES).chain((name) => {
  const fifo = FIFO.includes(name);
  const QueueUrl = urlOf(name);
  const neighbour = fc.constantFrom(...(fifo ? FIFO : STANDARD));
  const on = (operation: string, input: fc.Arbitrary<Input>) =>
    input.map((given): Action => ({ operation, input: { QueueUrl, ...given } }));
  return fc.oneof(
    { arbitrary: sendTo(name), weight: 5 },
    {
      arbitrary: on(
        'ReceiveMessage',
        fc.constantFrom<Input>(
          { MaxNumberOfMessages: 10, VisibilityTimeout: 0, WaitTimeSeconds: 0 },
          { MaxNumberOfMessages: 2, WaitTimeSeconds: 0 },
        ),
      ),
      weight: 4,
    },
    {
      arbitrary: on(
        'SetQueueAttributes',
        attributes(fifo).map((Attributes) => ({ Attributes })),
      ),
      weight: 2,
    },
    {
      arbitrary: on(
        'SetQueueAttributes',
        neighbour.map((target) => ({
          Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(target), maxReceiveCount: 1 }) },
        })),
      ),
      weight: 3,
    },
    { arbitrary: policyOf(name).map((input): Action => ({ operation: 'SetQueueAttributes', input })), weight: 2 },
    on(
      'TagQueue',
      fc.dictionary(tagText, tagText, { maxKeys: 3 }).map((Tags) => ({ Tags })),
    ),
    on('AddPermission', fc.constantFrom({ Label: 'l', AWSAccountIds: ['111111111111'], Actions: ['SendMessage'] })),
    on('DeleteQueue', fc.constant({})),
    fc.record({
      operation: fc.constant('CreateQueue'),
      input: attributes(fifo).map((given) => ({
        QueueName: name,
        Attributes: { ...given, ...(fifo && { FifoQueue: 'true' }) },
      })),
    }),
    fc.constantFrom({ advance: 1000 }, { advance: 40_000 }, { advance: 310_000 }),
  );
});

/** Does what it can of the actions. */
async function act(
  { call }: Client,
  advance: (ms: number) => Promise<void>,
  actions: readonly Action[],
): Promise<void> {
  for (const QueueName of NAMES) {
    await call('CreateQueue', { QueueName, ...(FIFO.includes(QueueName) && { Attributes: { FifoQueue: 'true' } }) });
  }
  for (const one of actions) {
    if ('advance' in one) await advance(one.advance);
    else {
      await call(one.operation, one.input).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
      });
    }
  }
}

const actions = fc.array(action, { minLength: 10, maxLength: 60, size: 'max' });

describe('queues that are exported, imported into an empty Squab and exported again', () => {
  it('are the same, whatever clients have done', async () => {
    const property = fc.asyncProperty(actions, fc.constantFrom<Form>('yaml', 'json'), async (done, form) => {
      const first = await setup();
      await act(first.client('JSON'), (ms) => first.clock.advance(ms), done);
      const file = await exported(first.squab.url, form);
      const second = await setup();
      await imported(file, form, second.squab.url);
      expect(await exported(second.squab.url, form)).toBe(file);
      const config = join(temporaryFolder(), `queues.${form}`);
      writeFileSync(config, file);
      const third = await setup({ config });
      expect(await exported(third.squab.url, form)).toBe(file);
      await Promise.all([first, second, third].map(({ squab }) => squab.stop()));
    });
    await fc.assert(property, { numRuns: Number(process.env.SQUAB_FUZZ_TIMES ?? 1) * 40 });
  });

  it('are the same if they come from a data folder', async () => {
    const property = fc.asyncProperty(actions, async (done) => {
      const [data, copy] = [temporaryFolder(), temporaryFolder()];
      const first = await setup({ data });
      await act(first.client('JSON'), (ms) => first.clock.advance(ms), done);
      const now = first.clock.now();
      await first.squab.stop();
      const written = (folder: string) =>
        queueFileText(
          definitionsOf(
            readQueues(folder, { messages: true, now }, () => {}),
            () => {},
          ),
          'json',
        );
      const second = await setup({ data: copy });
      await imported(written(data), 'json', second.squab.url);
      await second.squab.stop();
      expect(written(copy)).toBe(written(data));
    });
    await fc.assert(property, { numRuns: Number(process.env.SQUAB_FUZZ_TIMES ?? 1) * 10 });
  });
});

describe('an imported dead-letter queue', () => {
  const build = async () => {
    const started = await setup();
    const { call } = started.client('JSON');
    for (const QueueName of ['q', 'dlq']) await call('CreateQueue', { QueueName });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 });
    await call('SetQueueAttributes', { QueueUrl: urlOf('q'), Attributes: { RedrivePolicy } });
    await call('SendMessage', { QueueUrl: urlOf('q'), MessageBody: 'poison' });
    for (let receive = 0; receive < 2; receive++)
      await call('ReceiveMessage', { QueueUrl: urlOf('q'), VisibilityTimeout: 0 });
    return { ...started, call };
  };

  it('knows where its messages came from, so that a message move task brings them back', async () => {
    const first = await build();
    const second = await setup();
    expect(await imported(await exported(first.squab.url, 'yaml'), 'yaml', second.squab.url)).toEqual([]);
    const { call } = second.client('JSON');
    const { Messages } = await call('ReceiveMessage', {
      ...{ QueueUrl: urlOf('dlq'), VisibilityTimeout: 0, MessageSystemAttributeNames: ['DeadLetterQueueSourceArn'] },
    });
    expect(Messages.map(({ Attributes }: Output) => Attributes)).toEqual([{ DeadLetterQueueSourceArn: arnOf('q') }]);
    await call('StartMessageMoveTask', { SourceArn: arnOf('dlq') });
    await second.clock.advance(1000);
    const moved = await call('ReceiveMessage', { QueueUrl: urlOf('q'), WaitTimeSeconds: 0 });
    expect(moved.Messages).toMatchObject([{ Body: 'poison' }]);
  });

  it('loses that, with a warning, on a server without control interface', async () => {
    const first = await build();
    const second = await setup({ control: false });
    expect(await imported(await exported(first.squab.url, 'yaml'), 'yaml', second.squab.url)).toEqual([
      expect.stringContaining('1 messages of dlq have lost the name of the queue that dead-lettered them'),
    ]);
    const { Messages } = await second.client('JSON').call('ReceiveMessage', { QueueUrl: urlOf('dlq') });
    expect(Messages).toMatchObject([{ Body: 'poison' }]);
  });

  it('still denies its source queue, which keeps its redrive policy', async () => {
    const first = await build();
    const RedriveAllowPolicy = '{"redrivePermission":"denyAll"}';
    await first.call('SetQueueAttributes', { QueueUrl: urlOf('dlq'), Attributes: { RedriveAllowPolicy } });
    const second = await setup();
    const file = await exported(first.squab.url, 'yaml');
    expect(await imported(file, 'yaml', second.squab.url)).toEqual([
      expect.stringMatching(/^queues\.yaml:\d+:\d+: dlq does not allow q to use it as its dead-letter queue\./),
    ]);
    const { call } = second.client('JSON');
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: urlOf('dlq'), AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({ RedriveAllowPolicy });
    expect(await call('ListDeadLetterSourceQueues', { QueueUrl: urlOf('dlq') })).toMatchObject({
      queueUrls: [expect.stringMatching(/\/q$/)],
    });
    // Applied again, it changes nothing.
    expect(await imported(file, 'yaml', second.squab.url)).toEqual([]);
  });
});
