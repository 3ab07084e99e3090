/** What files cost: a file that is four times as long takes about four times as long, whatever is in it. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates'
import { describe, expect, it } from 'vitest';
import type { Server } from '../../src/queue-files/add-messages.ts';
import { applyDeclared } from '../../src/queue-files/apply.ts';
import type { CallSqs } from '../../src/queue-files/call-sqs.ts';
import { QueueFileError } from '../../src/queue-files/syntax/tree.ts';
import type { QueueState } from '../../src/queue-files/write.ts';
import { definitionsOf, queueFileText } from '../../src/queue-files/write.ts';
import { deployment, read } from './contents.ts';

const lines = (count: number, line: (index: number) => string, separator = '\n') =>
  Array.from({ length: count }, (_, index) => line(index)).join(separator);
const state = { account: deployment.account, region: deployment.region, tags: new Map<string, string>() };

/** Returns the processor time of an action in milliseconds. Other processes do not count. */
function costOf(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function readOrRefuse(text: string, name: string): void {
  try {
    read(text, name);
  } catch (error) {
    if (!(error instanceof QueueFileError)) throw error;
  }
}

const queue = (index: number, properties: string) =>
  `  Q${index}: { Type: AWS::SQS::Queue, Properties: { ${properties} } }`;

const serverless = (custom: string, resources: string) =>
  `service: s\nprovider: { name: aws }\ncustom: ${custom}\nresources: { Resources: { ${resources} } }`;

/** Files with `n` of something. */
const files: Record<string, (n: number) => [text: string, name: string]> = {
  'aliases of one anchor': (n) => [`x-a: &a x\nx-b: [${lines(4 * n, () => '*a', ',')}]\nqueues: []`, 'squab.yaml'],
  'merged maps': (n) => [
    `x-a: &a { DelaySeconds: 3 }\nqueues:\n${lines(n, (i) => `  - { name: q${i}, attributes: { <<: *a } }`)}`,
    'squab.yaml',
  ],
  'anchors with an alias each': (n) => [
    `${lines(n, (i) => `x-${i}: &a${i} x\nx-y-${i}: *a${i}`)}\nqueues: []`,
    'squab.yaml',
  ],
  'keys of a map': (n) => [`x-a: { ${lines(4 * n, (i) => `k${i}: 1`, ', ')} }\nqueues: []`, 'squab.yaml'],
  'keys of an object': (n) => [`{ "queues": {}, "x-a": { ${lines(8 * n, (i) => `"k${i}": 1`, ', ')} } }`, 'squab.json'],
  'unknown keys': (n) => [`queues: [${lines(n, (i) => `{ nam: q${i} }`, ', ')}]`, 'squab.yaml'],
  'brackets that are never closed': (n) => [`queues: ${'['.repeat(20 * n)}`, 'squab.yaml'],
  'queues of a template': (n) => [
    `Resources:\n${lines(4 * n, (i) => queue(i, `QueueName: !Sub 'q-${i}', RedrivePolicy: { deadLetterTargetArn: !GetAtt Q0.Arn, maxReceiveCount: 3 }`))}`,
    'template.yaml',
  ],
  'entries of a mapping': (n) => [
    `Mappings: { M: { ${lines(n, (i) => `k${i}: { a: b${i} }`, ', ')} } }\nResources:\n${lines(n, (i) => queue(i, `QueueName: !FindInMap [M, k${i}, a]`))}`,
    'template.yaml',
  ],
  'policies of a template': (n) => [
    `Resources:\n${lines(n, (i) => `${queue(i, '')}\n  P${i}: { Type: AWS::SQS::QueuePolicy, Properties: { Queues: [!Ref Q${i}], PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: "*", Action: "sqs:*", Resource: "*" }] } } }`)}`,
    'template.yaml',
  ],
  'conditions that refer to each other': (n) => [
    `Conditions:\n  C0: !Equals [a, a]\n${lines(80, (i) => `  C${i + 1}: !And [!Condition C${i}, !Condition C${i}]`)}\nResources:\n${lines(n, (i) => `  Q${i}: { Type: AWS::SQS::Queue, Condition: C80 }`)}`,
    'template.yaml',
  ],
  'references to unknown queues': (n) => [
    `Resources:\n${lines(n, (i) => queue(i, `QueueName: !Ref Unknown${i}`))}`,
    'template.yaml',
  ],
  'values of a loop': (n) => [
    `Resources: { "Fn::ForEach::X": [N, [${lines(n, (i) => `v${i}`, ', ')}], { "Q\${N}": { Type: AWS::SQS::Queue } }] }`,
    'template.yaml',
  ],
  'variables of a serverless.yml': (n) => [
    serverless(
      `{ ${lines(n, (i) => `k${i}: n${i}`, ', ')} }`,
      lines(n, (i) => `Q${i}: { Type: AWS::SQS::Queue, Properties: { QueueName: "\${self:custom.k${i}}" } }`, ', '),
    ),
    'serverless.yml',
  ],
  'queues of a Terraform plan': (n) => [
    JSON.stringify({
      format_version: '1.2',
      planned_values: {
        root_module: {
          resources: Array.from({ length: n }, (_, i) => ({
            ...{
              address: `aws_sqs_queue.q${i}`,
              mode: 'managed',
              type: 'aws_sqs_queue',
              name: `q${i}`,
              values: { name: `q${i}` },
            },
          })),
        },
      },
      resource_changes: Array.from({ length: n }, (_, i) => ({
        address: `aws_sqs_queue.q${i}`,
        change: { after_unknown: { redrive_policy: true } },
      })),
      configuration: {
        root_module: {
          resources: Array.from({ length: n }, (_, i) => ({
            address: `aws_sqs_queue.q${i}`,
            expressions: { redrive_policy: { references: ['aws_sqs_queue.q0.arn'] } },
          })),
        },
      },
    }),
    'plan.json',
  ],
  'substitutions of an elasticmq.conf': (n) => [
    `base { delay = 1s }\nqueues {\n${lines(n, (i) => `q${i} = \${base} { fifo = true }`)} }`,
    'q.conf',
  ],
  'values of a key that others refer to': (n) => [
    `c = 1\n${lines(8 * n, () => 'a = 1')}\n${lines(8 * n, (i) => `b${i} = \${a}`)}\nqueues {}`,
    'q.conf',
  ],
  'objects that a value is merged from': (n) => [
    `${lines(10 * n, (i) => `b${i} { k = 1 }\na = \${b${i}}`)}\nqueues {}`,
    'q.conf',
  ],
  'items that are added to a list': (n) => [`a = \${?A}\n${lines(100 * n, () => 'a += 1')}\nqueues {}`, 'q.conf'],
  'text that looks like nested variables': (n) => [
    serverless(
      '{}',
      `Q: { Type: AWS::SQS::Queue, Properties: { QueueName: "${'${'.repeat(n / 20)}x${'}'.repeat(n / 20)}" } }`,
    ),
    'serverless.yml',
  ],
  'paths of an elasticmq.conf': (n) => [lines(n, (i) => `queues.q${i}.delay = 1s\nqueues.q${i}.tags.a = b`), 'q.conf'],
  'FIFO queues of an elasticmq.conf that share a dead-letter queue': (n) => [
    `queues { d {}\n${lines(n, (i) => `q${i} { fifo = true, deadLettersQueue { name = d, maxReceiveCount = 1 } }`)} }`,
    'q.conf',
  ],
  'messages with the same deduplication ID': (n) => {
    const messages = Array.from({ length: 4 * n }, () => ({ body: 'x', groupId: 'g', deduplicationId: 'same' }));
    const queues: QueueState[] = [{ ...state, name: 'q.fifo', fifo: true, attributes: new Map(), messages }];
    return [queueFileText({ queues: definitionsOf(queues, () => {}) }, 'json'), 'queues.json'];
  },
  'quotes in an attribute that is written': (n) => {
    const attributes = new Map([['KmsMasterKeyId', `"${'\\"'.repeat(16 * n)}`]]);
    const queues: QueueState[] = [{ ...state, name: 'q', fifo: false, attributes, messages: [] }];
    return [queueFileText({ queues: definitionsOf(queues, () => {}) }, 'json'), 'queues.json'];
  },
};

describe('reading a file takes time in proportion to its length:', () => {
  it.each(Object.keys(files))('%s', (kind) => {
    // With n ten times as large, 8 s and 40 s were seen for two of these.
    const cost = (n: number) =>
      costOf(() => {
        const [text, name] = files[kind]!(n);
        readOrRefuse(text, name);
      });
    cost(500);
    const [once, fourTimes] = [cost(500), cost(2000)];
    // Quadratic would be sixteen times. The constant is for collections of garbage.
    expect(fourTimes).toBeLessThan(9 * once + 150);
  });
});

/** Files that are small beside what they stand for, or that have very much of something. */
const excessive: Record<string, () => [text: string, name: string]> = {
  'a merged map with very many keys': () => [
    `x-a: &a { ${lines(200_000, (i) => `k${i}: 1`, ', ')} }\nx-b: { <<: *a }\nqueues: []`,
    'squab.yaml',
  ],
  'very many blank lines': () => [`${'\n'.repeat(10_000_000)}queues {}`, 'queues'],
  'very many comments': () => [`${'#\n'.repeat(5_000_000)}queues {}`, 'q.conf'],
  'a long parameter, substituted often': () => [
    `Parameters: { A: { Default: ${'x'.repeat(900_000)} } }\nResources:\n${queue(0, `QueueName: !Sub "${'${A}'.repeat(100_000)}"`)}`,
    'template.yaml',
  ],
  'very many variables that are not closed': () => [
    `Resources:\n${queue(0, `QueueName: !Sub "a}${'${'.repeat(500_000)}"`)}`,
    'template.yaml',
  ],
  'a long separator between many items': () => [
    `Parameters: { A: { Default: ${'x'.repeat(900_000)} } }\nResources:\n${queue(0, `QueueName: { "Fn::Join": [!Ref A, [${lines(10_000, () => 'a', ',')}]] }`)}`,
    'template.yaml',
  ],
  'a long text in a loop': () => [
    `Resources: { "Fn::ForEach::X": [N, [${lines(20_000, (i) => `v${i}`, ', ')}], { "Q\${N}": { Type: AWS::SQS::Queue, Properties: { QueueName: "${'${N}'.repeat(40_000)}" } } }] }`,
    'template.yaml',
  ],
  'a long text that is split again and again': () => [
    `Transform: AWS::LanguageExtensions\nParameters: { A: { Default: "${','.repeat(900_000)}" } }\nResources:\n${lines(1000, (i) => queue(i, 'DelaySeconds: { "Fn::Length": { "Fn::Split": [",", !Ref A] } }'))}`,
    'template.yaml',
  ],
  'a variable that modules of a Terraform plan pass on several times each': () => {
    const references = Array<string>(10).fill('var.x');
    const address = `${'module.m.'.repeat(15)}aws_sqs_queue.q`;
    let module: object = {
      resources: [{ address: 'aws_sqs_queue.q', expressions: { redrive_policy: { references } } }],
    };
    for (let depth = 0; depth < 15; depth++) {
      module = { module_calls: { m: { expressions: { x: { references } }, module } } };
    }
    const resources = [{ address, mode: 'managed', type: 'aws_sqs_queue', name: 'q', values: { name: 'q' } }];
    const plan = {
      format_version: '1.2',
      planned_values: { root_module: { child_modules: [{ resources }] } },
      resource_changes: [{ address, change: { after_unknown: { redrive_policy: true } } }],
      configuration: { root_module: module },
    };
    return [JSON.stringify(plan), 'plan.json'];
  },
  'a long value of a loop': () => [
    `Resources: { "Fn::ForEach::X": [N, [${'v'.repeat(900_000)}], { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: "${'${N}'.repeat(100_000)}" } } }] }`,
    'template.yaml',
  ],
};

describe('a file is read, or refused with a place:', () => {
  it.each(Object.keys(excessive))('%s', (kind) => {
    const [text, name] = excessive[kind]!();
    expect(costOf(() => readOrRefuse(text, name))).toBeLessThan(10_000);
  });
});

it('an error or warning about a long text quotes only its beginning', () => {
  const long = 'x'.repeat(1_000_000);
  const { warnings } = read(`Resources:\n${queue(0, `QueueName: !GetAtt ${long}.Arn`)}`, 'template.yaml');
  expect(warnings).toEqual([expect.stringMatching(/^template\.yaml:2:.{1900,2100}…$/)]);
  expect(() => read(`queues { ${'"'.repeat(1_000_000)}`, 'q.conf')).toThrow(/^q\.conf:1:.{1900,2100}…$/);
});

describe('applying a file', () => {
  it('takes a few requests for each queue', async () => {
    const counts = new Map<string, number>();
    const existing = new Map<string, Record<string, string>>();
    const callSqs: CallSqs = async (operation, input) => {
      counts.set(operation, (counts.get(operation) ?? 0) + 1);
      const {
        QueueName,
        QueueUrl,
        QueueNamePrefix,
        Attributes = {},
      } = input as Record<string, string & Record<string, string>>;
      if (operation === 'CreateQueue') existing.set(QueueName!, Attributes);
      if (operation === 'SetQueueAttributes') Object.assign(existing.get(QueueUrl!.slice(3))!, Attributes);
      return {
        ...(operation === 'CreateQueue' && { QueueUrl: `/q/${QueueName}` }),
        ...(operation === 'ListQueues' && {
          QueueUrls: existing.has(QueueNamePrefix!) ? [`/q/${QueueNamePrefix}`] : [],
        }),
        ...(operation === 'GetQueueAttributes' && {
          Attributes: {
            QueueArn: `arn:aws:sqs:us-east-1:000000000000:${QueueUrl!.slice(3)}`,
            ...existing.get(QueueUrl!.slice(3)),
          },
        }),
      };
    };
    const server: Server = { callSqs };
    const redrive = '{ deadLetterQueue: q, maxReceiveCount: 3 }';
    const { queues } = read(
      `queues: [q, ${lines(300, (i) => `{ name: q${i}, redrive: ${redrive} }`, ', ')}]`,
      'squab.yaml',
    );
    expect((await applyDeclared({ queues, topics: [] }, server)).created).toHaveLength(301);
    expect(Object.fromEntries(counts)).toEqual({
      ...{ ListQueues: 301, CreateQueue: 301, GetQueueAttributes: 301, SetQueueAttributes: 300 },
    });
  });
});
