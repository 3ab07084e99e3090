/** Random histories of queues: what clients may do to them, in any order. */

import fc from 'fast-check';
import { type Client, type Input, Refusal } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';

const STANDARD = ['a', 'b', 'c'];
const FIFO = ['f.fifo', 'g.fifo', 'h.fifo'];
const NAMES = [...STANDARD, ...FIFO];
export const urlOf = (name: string) => `http://localhost/000000000000/${name}`;

/** An operation, or time that passes. */
type Action = { operation: string; input: Input } | { advance: number };

/** Texts that a writer of YAML has to quote. */
export const oddTexts = [
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
  '\ttab',
  'two\nlines\n',
  '\r\n',
  '---',
  '%',
  '# {',
];
const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.constantFrom(...oddTexts),
  fc.constantFrom('x'.repeat(1500), 'y'.repeat(3000)),
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
export async function act(
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

/** Random actions of clients, most of which SQS accepts. */
export const actions = fc.array(action, { minLength: 10, maxLength: 60, size: 'max' });
