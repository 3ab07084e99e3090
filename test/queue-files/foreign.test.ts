/** Queue files in other formats: ElasticMQ configurations and CloudFormation templates. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeclaredQueue } from '../../src/queue-files/declared.ts';
import { readHocon } from '../../src/queue-files/hocon.ts';
import { readQueueFile, readQueueText } from '../../src/queue-files/read.ts';
import { plain } from '../../src/queue-files/tree.ts';

const deployment = { account: '000000000000', region: 'us-east-1' };
const fixture = (name: string) => readQueueFile(join(import.meta.dirname, '../data/queue-files', name), deployment);
const read = (text: string, name = 'template.yaml') => readQueueText(text, name, deployment);

/** The contents of a declared queue, without their places in the file. */
function contentsOf({ name, region, attributes, tags, redrive }: DeclaredQueue) {
  const values = (located: ReadonlyMap<string, { value: string }>) =>
    Object.fromEntries([...located].map(([key, { value }]) => [key, value]));
  return {
    name: name.value,
    ...(region && { region }),
    ...values(attributes),
    ...(tags.size > 0 && { tags: values(tags) }),
    ...(redrive && { redrive: `${redrive.deadLetterQueue.value} after ${redrive.maxReceiveCount.value}` }),
  };
}

describe('an ElasticMQ configuration', () => {
  it('declares queues, with warnings for ignored settings', async () => {
    const { kind, queues, warnings } = await fixture('elasticmq.conf');
    expect(kind).toBe('an ElasticMQ configuration');
    const region = 'us-west-2';
    expect(queues.map(contentsOf)).toEqual([
      {
        ...{ name: 'queue1', region, VisibilityTimeout: '10', DelaySeconds: '5', ReceiveMessageWaitTimeSeconds: '0' },
        ...{ tags: { tag1: 'tagged1', tag2: 'tagged2' }, redrive: 'queue1-dead-letters after 3' },
      },
      { name: 'queue1-dead-letters', region },
      { name: 'audit-queue-name', region, DelaySeconds: '2' },
      { name: 'redirect-queue-name', region, ReceiveMessageWaitTimeSeconds: '2' },
      { name: 'jobs.fifo', region, ContentBasedDeduplication: 'true', redrive: 'jobs-dlq.fifo after 5' },
      { name: 'jobs-dlq.fifo', region },
    ]);
    expect(warnings.map((warning) => warning.replace(/:\d+:\d+/, ''))).toEqual([
      'elasticmq.conf: The queues exist only in the region us-west-2; ElasticMQ shows its queues in every region.',
      expect.stringContaining('node-address is ignored'),
      'elasticmq.conf: rest-sqs is ignored: --host and --port set the address that Squab listens on.',
      expect.stringContaining('generate-node-address is ignored'),
      'elasticmq.conf: defaultDelay is ignored: Squab has no equivalent.',
      'elasticmq.conf: copyTo of the queue queue1 is ignored: SQS has no equivalent.',
      'elasticmq.conf: moveTo of the queue queue1 is ignored: SQS has no equivalent.',
      'elasticmq.conf: receiveMessageWait is rounded up to 2 seconds: SQS has whole seconds only.',
    ]);
    expect(warnings[5]).toMatch(/^elasticmq\.conf:32:5: copyTo/);
  });

  it.each([
    ['queues { q { delay = soon } }', '1:22: delay must be a duration such as 10 seconds, not "soon".'],
    ['queues { q { delay = 901s } }', '1:22: DelaySeconds must be a whole number from 0 to 900, not "901".'],
    ['queues { q { fifo = maybe } }', '1:21: fifo must be true or false, not "maybe".'],
    ['queues { q { deadLettersQueue { name = d } } }', '1:14: deadLettersQueue needs both name (of a queue) and'],
    ['queues { q = 3 }', '1:14: q must be an object: { … }.'],
    ['queues { q {', '1:13: the brace opened at q.conf:1:12 is never closed'],
    ['queues { q { delay 5 } }', '1:20: "delay" must be followed by =, : or {'],
    ['queues { q { tags += { a = 1 } } }', '1:19: += is not supported'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: HOCON's
    ['queues { q { delay = ${nothing.here} } }', '1:22: nothing.here is defined neither in this file nor in'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: HOCON's
    ['a = ${b}, b = ${a}\nqueues {}', 'refers to itself'],
    [
      'include "other.conf"\nqueues {}',
      '1:1: include is not supported: copy the contents of "other.conf" into this file',
    ],
    ['queues { q { delay = "5 } }', '1:22: the string is never closed'],
    ['queues {} }', '1:11: expected a key, but found "}"'],
    ['rest-sqs { bind-port = 9324 }', '1:1: queues is missing'],
  ])('%j is rejected with its place', (text, problem) => {
    expect(() => read(text, 'q.conf')).toThrow(problem);
  });

  it('is HOCON: comments, paths, merged objects, lists, concatenated strings, substitutions', () => {
    const text = `
      # A comment, and // another
      a.b.c = 1, a { b { d : two words } }   // after a value
      a.b.c = \${?NOT_SET}
      "quoted.key" = "with \\"quotes\\" and # no comment"
      long = """three
"quotes" """
      list = [1, 2
        three, { x = y }]
      url = "http://"\${HOST}":"\${a.e}/path
      a.e = 9324
      on = true, none = null, n = -1.5
      last = 1
      last = { now = object }`;
    expect(plain(readHocon(text, 'f', { HOST: 'mq.local' }))).toEqual({
      a: { b: { d: 'two words' }, e: 9324 },
      'quoted.key': 'with "quotes" and # no comment',
      long: 'three\n"quotes" ',
      list: [1, 2, 'three', { x: 'y' }],
      url: 'http://mq.local:9324/path',
      on: true,
      none: null,
      n: -1.5,
      last: { now: 'object' },
    });
  });
});

describe('a CloudFormation template', () => {
  it('declares queues with evaluated functions and defaults, with warnings for ignored parts', async () => {
    const { kind, queues, warnings } = await fixture('template.yaml');
    expect(kind).toBe('a CloudFormation template');
    expect(queues.map(contentsOf)).toEqual([
      {
        ...{ name: 'squab-orders-dev', VisibilityTimeout: '90', MessageRetentionPeriod: '1209600' },
        ...{ tags: { stage: 'dev' }, redrive: 'OrderDeadLetterQueue after 5' },
      },
      {
        name: 'OrderDeadLetterQueue',
        MessageRetentionPeriod: '1209600',
        RedriveAllowPolicy:
          '{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:squab-orders-dev"]}',
      },
      { name: 'Payments.fifo', FifoQueue: 'true', ContentBasedDeduplication: 'true' },
    ]);
    expect(warnings).toEqual([
      'template.yaml:38:5: OnlyProd is ignored: its condition IsProd is false.',
      'template.yaml:18:7: KmsMasterKeyId of OrderQueue is ignored: the parameter KeyArn has no Default.',
      'template.yaml:44:7: the policy OrderQueuePolicy is ignored: Topic is neither a queue nor a parameter of this template.',
      'template.yaml:39:3: Ignored, because they are not queues: AWS::SNS::Topic, AWS::Serverless::Function.',
    ]);
  });

  it('may be JSON, like the output of the CDK', () => {
    const template = {
      Resources: {
        OrdersDeadLetters7B1F: { Type: 'AWS::SQS::Queue', UpdateReplacePolicy: 'Delete', DeletionPolicy: 'Delete' },
        Orders9AC0: {
          Type: 'AWS::SQS::Queue',
          Properties: {
            FifoQueue: false,
            VisibilityTimeout: 300,
            RedrivePolicy: {
              deadLetterTargetArn: { 'Fn::GetAtt': ['OrdersDeadLetters7B1F', 'Arn'] },
              maxReceiveCount: 3,
            },
          },
        },
        OrdersPolicy31D4: {
          Type: 'AWS::SQS::QueuePolicy',
          Properties: {
            Queues: [{ Ref: 'Orders9AC0' }],
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Deny',
                  Action: 'sqs:*',
                  Principal: { AWS: ['*', 111122223333] },
                  Resource: { 'Fn::GetAtt': ['Orders9AC0', 'Arn'] },
                  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
                },
              ],
            },
          },
        },
      },
    };
    const { queues, warnings } = read(JSON.stringify(template, null, 1), 'stack.template.json');
    expect(warnings).toEqual([]);
    expect(queues.map(contentsOf)).toEqual([
      { name: 'OrdersDeadLetters7B1F' },
      {
        name: 'Orders9AC0',
        VisibilityTimeout: '300',
        redrive: 'OrdersDeadLetters7B1F after 3',
        Policy: expect.stringContaining(
          '"Principal":{"AWS":["*","111122223333"]},"Resource":"arn:aws:sqs:us-east-1:000000000000:Orders9AC0","Condition":{"Bool":{"aws:SecureTransport":"false"}}',
        ),
      },
    ]);
  });

  /** Returns the name of a queue whose QueueName is an expression. */
  const nameOf = (expression: string, rest = '') =>
    read(`Parameters: { Env: { Type: String, Default: dev }, List: { Type: CommaDelimitedList, Default: "a, b" } }
Mappings: { ByRegion: { us-east-1: { short: use1 } } }
Conditions: { Dev: !Equals [!Ref Env, dev], NotDev: !Not [!Condition Dev], Any: !Or [!Condition NotDev, !And [!Condition Dev, !Condition Dev]] }
${rest}
Resources:
  Other: { Type: AWS::SQS::Queue, Properties: { QueueName: other } }
  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: ${expression} } }`).queues[1]!.name.value;

  it.each([
    ['!Ref Env', 'dev'],
    ['!Join ["-", [q, !Ref Env, !Ref "AWS::Region"]]', 'q-dev-us-east-1'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
    ["!Sub '${Env}-${Other.QueueName}-${AWS::AccountId}'", 'dev-other-000000000000'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
    ["!Sub ['${Env}-${x}', { x: !Ref Env }]", 'dev-dev'],
    ['!Select [1, !Ref List]', 'b'],
    ['!Select [2, !Split ["/", "a/b/c"]]', 'c'],
    ['!FindInMap [ByRegion, !Ref "AWS::Region", short]', 'use1'],
    ['!If [NotDev, no, !If [Any, yes, no]]', 'yes'],
    ['!If [Dev, !Ref "AWS::NoValue", named]', 'Queue'],
    ['!ImportValue elsewhere', 'Queue'],
    ['!GetAtt Queue.QueueName', 'Queue'],
    ["'{{resolve:ssm:/name}}'", 'Queue'],
  ])('QueueName %s evaluates to %j', (expression, name) => {
    expect(nameOf(expression)).toBe(name);
  });

  it.each([
    [
      'Resources: { Q: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 43201 } } }',
      '1:75: VisibilityTimeout must be a whole number from 0 to 43200, not "43201"',
    ],
    [
      'Resources: { Q: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true, QueueName: q } } }',
      '1:84: Invalid queue name "q"',
    ],
    ['AWSTemplateFormatVersion: 2010-09-09', '1:1: Resources is missing'],
  ])('%j is rejected with its place', (text, problem) => {
    expect(() => read(text)).toThrow(`template.yaml:${problem}`);
  });
});
