/** Functions in files: their URLs, and the queues that feed them. */

import { describe, expect, it } from 'vitest';
import { applyDeclared } from '../../src/queue-files/apply.ts';
import { callSqsOverHttp } from '../../src/queue-files/call-sqs.ts';
import { collectQueues } from '../../src/queue-files/collect.ts';
import { readQueueText } from '../../src/queue-files/read.ts';
import { definitionsOf, queueFileText } from '../../src/queue-files/write.ts';
import { readQueues } from '../../src/storage/sqlite/offline/read-queues.ts';
import { lambdaOf, MAPPINGS } from '../functions/fed.ts';
import { functionServer } from '../functions/function-server.ts';
import { client, setup, temporaryFolder } from '../helpers.ts';
import { file, warningsOf } from './starting.ts';

const deployment = { account: '000000000000', region: 'us-east-1' };

/** The mappings of a Squab, by what a file says of them. */
async function mappingsAt(url: string) {
  const { EventSourceMappings } = await lambdaOf(url)('GET', MAPPINGS);
  return EventSourceMappings.map(
    ({ UUID, LastModified, EventSourceMappingArn, StateTransitionReason, ...rest }: Record<string, unknown>) => ({
      ...rest,
      EventSourceArn: String(rest.EventSourceArn).split(':').at(-1),
      FunctionArn: String(rest.FunctionArn).split(':').slice(6).join(':'),
    }),
  );
}

const DEFAULTS = { BatchSize: 10, MaximumBatchingWindowInSeconds: 0, FunctionResponseTypes: [], State: 'Enabled' };

const everything = (url: string) => `
functions:
  resize: ${url}/resize
  report: { url: "${url}/{name}", timeoutSeconds: 20 }
queues:
  - name: images
    functions: [resize]
  - name: reports
    functions:
      - resize
      - name: report:live
        enabled: false
        batchSize: 100
        windowSeconds: 5
        reportBatchItemFailures: true
        maxConcurrency: 3
        filters:
          - body: { size: [{ numeric: [">", 1] }] }
          - '{ "body": ["x"] }'
`;

const LIVE = {
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 5,
  FunctionResponseTypes: ['ReportBatchItemFailures'],
  ScalingConfig: { MaximumConcurrency: 3 },
  FilterCriteria: {
    Filters: [{ Pattern: '{"body":{"size":[{"numeric":[">",1]}]}}' }, { Pattern: '{ "body": ["x"] }' }],
  },
  State: 'Disabled',
};

const expected = [
  { EventSourceArn: 'images', FunctionArn: 'resize', ...DEFAULTS },
  { EventSourceArn: 'reports', FunctionArn: 'resize', ...DEFAULTS },
  { EventSourceArn: 'reports', FunctionArn: 'report:live', ...LIVE },
];

describe("a file in Squab's own format", () => {
  it('gives functions URLs, and lets them get the messages of queues', async () => {
    const functions = await functionServer();
    const { squab } = await setup({ config: file(everything(functions.url)) });
    expect(await mappingsAt(squab.url)).toEqual(expected);
    const { call } = client('JSON', squab.url);
    await call('SendMessage', { QueueUrl: `${squab.url}/000000000000/images`, MessageBody: 'a' });
    expect(await functions.next()).toMatchObject({ path: '/resize', bodies: ['a'] });
  });

  it('can be applied again: it changes mappings that differ, and keeps what it does not mention', async () => {
    const data = temporaryFolder();
    const url = 'http://127.0.0.1:1';
    const first = await setup({ data, config: file(everything(url)) });
    await first.squab.stop();
    const changed = 'queues: [{ name: reports, functions: [{ name: "report:live", windowSeconds: 9 }] }]';
    const second = await setup({ data, config: file(changed), functions: { '*': url } });
    const { EventSourceMappings } = await lambdaOf(second.squab.url)('GET', MAPPINGS);
    expect(EventSourceMappings).toHaveLength(3);
    expect(EventSourceMappings[2]).toMatchObject({ ...LIVE, MaximumBatchingWindowInSeconds: 9 });
  });

  it('gives way to functions of the command line, and warns about functions without a URL', async () => {
    const functions = await functionServer();
    const text = 'functions: { f: "http://127.0.0.1:1" }\nqueues: [{ name: q, functions: [f, g] }]';
    const path = file(text);
    const warnings = await warningsOf({ config: path, functions: { f: functions.url } });
    expect(warnings).toEqual([
      'squab.yaml:2:36: The function g has no URL, so it gets no messages. Give it one with --function g=URL when you start Squab.',
    ]);
    const { squab } = await setup({ config: path, functions: { f: functions.url } });
    await client('JSON', squab.url).call('SendMessage', { QueueUrl: `${squab.url}/000000000000/q`, MessageBody: 'a' });
    expect((await functions.next()).bodies).toEqual(['a']);
  });

  it('can be a list of queues that a program passes', async () => {
    const functions = { f: 'http://127.0.0.1:1' };
    const queues = [{ name: 'q', functions: ['f', { name: 'f:live', batchSize: 1, filters: [{ body: ['x'] }] }] }];
    const { squab } = await setup({ queues, functions });
    expect(await mappingsAt(squab.url)).toMatchObject([
      { FunctionArn: 'f' },
      { FunctionArn: 'f:live', BatchSize: 1, FilterCriteria: { Filters: [{ Pattern: '{"body":["x"]}' }] } },
    ]);
  });

  it.each([
    ['functions: [a]\nqueues: []', '1:12: functions must be a map of names to URLs.'],
    ['functions: { f: ftp://x }\nqueues: []', '1:17: A function needs a URL such as http://localhost:9000/.'],
    ['functions: { f: { url: "http://x", timeoutSeconds: 901 } }\nqueues: []', 'timeoutSeconds must be a number'],
    ['functions: { f: { link: "http://x" } }\nqueues: []', 'A function has no key "link".'],
    ['functions: { "f g": "http://x" }\nqueues: []', '"f g" is not the name of a function'],
    ['queues: [{ name: q, functions: f }]', 'functions of a queue must be a list of names of functions.'],
    ['queues: [{ name: q, functions: [{ batchSize: 1 }] }]', 'A function of a queue needs a name.'],
    ['queues: [{ name: q, functions: [{ name: f, batch: 1 }] }]', 'A function of a queue has no key "batch".'],
    ['queues: [{ name: q, functions: [{ name: f, batchSize: 0 }] }]', "Value '0' at 'batchSize' failed"],
    ['queues: [{ name: q, functions: [{ name: f, batchSize: many }] }]', 'can not be converted to an Integer'],
    ['queues: [{ name: q, functions: [{ name: f, batchSize: 11 }] }]', 'Maximum batch window in seconds'],
    ['queues: [{ name: q.fifo, functions: [{ name: f, windowSeconds: 1 }] }]', 'not supported for FIFO queues'],
    ['queues: [{ name: q, functions: [{ name: f, filters: [{ body: x }] }] }]', 'Invalid filter pattern definition.'],
  ])('is refused if it is %j', (text, problem) => {
    expect(() => readQueueText(text, 'squab.yaml', deployment)).toThrow(problem);
  });
});

describe('an export', () => {
  it('of a running Squab has the functions of queues, with which another can be started', async () => {
    const config = file(everything('http://127.0.0.1:1'));
    const { squab } = await setup({ config });
    const queues = await collectQueues(
      callSqsOverHttp(squab.url, undefined, () => 0),
      {},
      () => {},
    );
    const text = queueFileText({ queues: definitionsOf(queues, () => {}) }, 'yaml');
    expect(text).toContain('functions:\n      - resize\n');
    const other = await setup({ functions: { '*': 'http://127.0.0.1:1' } });
    const server = { callSqs: callSqsOverHttp(other.squab.url, undefined, () => 0) };
    const declared = readQueueText(text, 'q.yaml', deployment);
    expect(await applyDeclared(declared, server)).toMatchObject({ created: ['images', 'reports'], warnings: [] });
    expect(await mappingsAt(other.squab.url)).toEqual(expected);
    expect(await applyDeclared(declared, server)).toMatchObject({
      created: [],
      changed: [],
      unchanged: ['images', 'reports'],
    });
  });

  it('of a data folder has them, too', async () => {
    const data = temporaryFolder();
    const { squab } = await setup({ data, config: file(everything('http://127.0.0.1:1')) });
    await squab.stop();
    const stored = readQueues(data, { messages: false, now: 0 }, () => {});
    expect(stored.map(({ eventSourceMappings }) => eventSourceMappings.length)).toEqual([1, 2]);
  });
});

describe('a template', () => {
  it('has mappings: resources of their own, and events of functions of SAM', () => {
    const { queues, warnings } = readQueueText(
      `
Resources:
  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs } }
  Named: { Type: AWS::Lambda::Function, Properties: { FunctionName: named } }
  Unnamed: { Type: AWS::Serverless::Function, Properties: { Events: {
    Jobs: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn, BatchSize: "5", Enabled: "false" } },
    Elsewhere: { Type: SQS, Properties: { Queue: "arn:aws:sqs:us-east-1:000000000000:elsewhere" } },
    Api: { Type: Api, Properties: { Path: / } } } } }
  Mapping: { Type: AWS::Lambda::EventSourceMapping, Properties: {
    EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !GetAtt Named.Arn, MaximumBatchingWindowInSeconds: 5,
    FunctionResponseTypes: [ReportBatchItemFailures], ScalingConfig: { MaximumConcurrency: 2 },
    FilterCriteria: { Filters: [{ Pattern: '{"body":["1"]}' }] } } }
  Stream: { Type: AWS::Lambda::EventSourceMapping, Properties: {
    EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/s", FunctionName: named } }
`,
      'template.yaml',
      deployment,
    );
    expect(queues.map(({ functions }) => functions)).toMatchObject([
      [
        { functionName: 'Unnamed', settings: { BatchSize: 5, Enabled: false } },
        {
          functionName: 'named',
          settings: {
            MaximumBatchingWindowInSeconds: 5,
            FunctionResponseTypes: ['ReportBatchItemFailures'],
            ScalingConfig: { MaximumConcurrency: 2 },
            FilterCriteria: { Filters: [{ Pattern: '{"body":["1"]}' }] },
          },
        },
      ],
    ]);
    expect(warnings).toContainEqual(
      expect.stringContaining(
        'Unnamed is ignored for arn:aws:sqs:us-east-1:000000000000:elsewhere: this template declares no such queue.',
      ),
    );
  });

  it('of the Serverless Framework has the sqs events of its functions', () => {
    const { queues } = readQueueText(
      `
service: shop
provider: { name: aws, stage: test }
functions:
  work:
    handler: work.handle
    events:
      - http: GET /
      - sqs: { arn: !GetAtt Jobs.Arn, batchSize: 5, maximumBatchingWindow: 2, functionResponseType: ReportBatchItemFailures,
          maximumConcurrency: 2, filterPatterns: [{ body: { a: [1] } }] }
  other: { handler: other.handle, name: own-name, events: [{ sqs: { "Fn::GetAtt": [Jobs, Arn] } }] }
resources: { Resources: { Jobs: { Type: AWS::SQS::Queue } } }
`,
      'serverless.yml',
      deployment,
    );
    expect(queues.map(({ functions }) => functions)).toMatchObject([
      [
        {
          functionName: 'shop-test-work',
          settings: {
            BatchSize: 5,
            MaximumBatchingWindowInSeconds: 2,
            FunctionResponseTypes: ['ReportBatchItemFailures'],
            ScalingConfig: { MaximumConcurrency: 2 },
            FilterCriteria: { Filters: [{ Pattern: '{"body":{"a":[1]}}' }] },
          },
        },
        { functionName: 'own-name', settings: {} },
      ],
    ]);
  });
});
