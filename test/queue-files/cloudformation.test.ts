/** CloudFormation and SAM templates. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's
import { describe, expect, it } from 'vitest';
import { contentsOf, fixture, read } from './contents.ts';

const readTemplate = (text: string, more?: Parameters<typeof read>[2]) => read(text, 'template.yaml', more);

describe('a CloudFormation template', () => {
  it('declares queues with evaluated functions and defaults, with warnings for ignored parts', async () => {
    const { kind, queues, warnings } = await fixture('template.yaml');
    expect(kind).toBe('a CloudFormation template');
    expect(queues.map(contentsOf)).toEqual([
      {
        ...{ name: 'squab-orders-dev', VisibilityTimeout: '90', MessageRetentionPeriod: '1209600' },
        ...{ tags: { stage: 'dev' }, redrive: 'OrderDeadLetterQueue after 5' },
        Policy: expect.stringContaining('"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:Topic"'),
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
      'template.yaml:18:7: KmsMasterKeyId of OrderQueue is ignored: the parameter KeyArn has no Default: give it with --parameter KeyArn=VALUE.',
      'template.yaml:52:3: Ignored, because they are neither queues nor topics: AWS::Serverless::Function.',
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
    readTemplate(`Parameters: { Env: { Type: String, Default: dev }, List: { Type: CommaDelimitedList, Default: "a, b" } }
Mappings: { ByRegion: { us-east-1: { short: use1 } } }
Conditions: { Dev: !Equals [!Ref Env, dev], NotDev: !Not [!Condition Dev], Any: !Or [!Condition NotDev, !And [!Condition Dev, !Condition Dev]] }
${rest}
Resources:
  Other: { Type: AWS::SQS::Queue, Properties: { QueueName: other } }
  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: ${expression} } }`).queues[1]!.name.value;

  it.each([
    ['!Ref Env', 'dev'],
    ['!Join ["-", [q, !Ref Env, !Ref "AWS::Region"]]', 'q-dev-us-east-1'],
    ["!Sub '${Env}-${Other.QueueName}-${AWS::AccountId}'", 'dev-other-000000000000'],
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
    expect(() => readTemplate(text)).toThrow(`template.yaml:${problem}`);
  });
});

describe('parameters of a template', () => {
  const queue = (name: string, rest = '') =>
    `Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: ${name} ${rest} } } }`;
  const nameIn = (text: string, more?: Parameters<typeof read>[2]) => readTemplate(text, more).queues[0]!.name.value;

  it('have the value that they are given, or else their default', () => {
    const text = `Parameters: { Stage: { Type: String, Default: dev } }\n${queue('!Sub "q-${Stage}"')}`;
    expect(nameIn(text)).toBe('q-dev');
    expect(nameIn(text, { parameters: { Stage: 'prod' } })).toBe('q-prod');
  });

  it('may be lists, and values that AWS would look up in SSM', () => {
    const text = `Parameters: { Names: { Type: CommaDelimitedList }, Stored: { Type: "AWS::SSM::Parameter::Value<String>" } }
${queue('!Join ["-", [!Select [1, !Ref Names], !Ref Stored]]')}`;
    expect(nameIn(text, { parameters: { Names: 'a, b', Stored: 'c' } })).toBe('b-c');
  });

  it.each(['!Ref Stage', '!Sub "q-${Stage}"', '!If [Prod, a, b]', '!Join ["-", [a, !Ref Stage]]'])(
    'are an error that says which flag to use, if the name %s needs one without a value',
    (name) => {
      const text = `Parameters: { Stage: { Type: String } }
Conditions: { Prod: !Equals [!Ref Stage, prod] }
${queue(name)}`;
      expect(() => readTemplate(text)).toThrow(
        /^template\.yaml:3:7\d: QueueName of Q cannot be determined: the parameter Stage has no Default: give it with --parameter Stage=VALUE\.$/,
      );
      expect(readTemplate(text, { parameters: { Stage: 'prod' } }).queues).toHaveLength(1);
    },
  );

  it('that another property needs are a warning that says which flag to use', () => {
    const text = `Parameters: { Key: { Type: String } }\n${queue('q', ', KmsMasterKeyId: !Ref Key')}`;
    expect(readTemplate(text).warnings).toEqual([
      expect.stringContaining(
        'KmsMasterKeyId of Q is ignored: the parameter Key has no Default: give it with --parameter Key=VALUE.',
      ),
    ]);
  });

  it('that are misspelt properties are a warning that suggests the right name', () => {
    expect(readTemplate(queue('q', ', VisibilityTimout: 5')).warnings).toEqual([
      expect.stringContaining('queues have no such property. Did you mean "VisibilityTimeout"?'),
    ]);
  });

  it('name the stack by --stack-name', () => {
    expect(nameIn(queue('!Sub "${AWS::StackName}-q"'))).toBe('squab-q');
    expect(nameIn(queue('!Sub "${AWS::StackName}-q"'), { stackName: 'shop' })).toBe('shop-q');
  });
});

describe('the language extensions of a template', () => {
  it('make queues for each value of a list, in loops within loops', async () => {
    const { queues, warnings } = await fixture('loops.yaml', { parameters: { Stage: 'dev' } });
    const tags = (service: string) => ({ service, of: '2' });
    expect(queues.map(contentsOf)).toEqual([
      { name: 'dev-orders', tags: tags('orders'), redrive: 'dev-orders-dlq after 3' },
      { name: 'dev-orders-dlq' },
      { name: 'dev-mail-out', tags: tags('mail-out'), redrive: 'dev-mail-out-dlq after 3' },
      { name: 'dev-mail-out-dlq' },
      ...['usfast', 'usslow', 'eufast', 'euslow'].map((name) => ({ name: `Audit${name}` })),
      { name: 'settings', RedriveAllowPolicy: expect.stringContaining(':dev-orders"') },
    ]);
    expect(warnings).toEqual([]);
    const prod = await fixture('loops.yaml', { parameters: { Stage: 'prod', Services: 'mail' } });
    expect(prod.queues.map(contentsOf)[0]).toMatchObject({ name: 'prod-mail', redrive: 'prod-mail-dlq after 10' });
    await expect(fixture('loops.yaml', { parameters: { Stage: 'qa' } })).rejects.toThrow(
      'loops.yaml:6:41: Stage cannot be "qa": the template allows only "dev", "prod".',
    );
  });

  it.each([
    ['Fn::ForEach::X: [N, [a]]', 'Fn::ForEach::X must be a list: an identifier, a list of values and a map.'],
    [
      'Fn::ForEach::X: [N, !Ref P, { "Q${N}": { Type: AWS::SQS::Queue } }]',
      'Fn::ForEach::X: the parameter P has no Default: give it with --parameter P=VALUE.',
    ],
  ])('that are wrong are reported: %s', (loop, problem) => {
    expect(() => readTemplate(`Parameters: { P: { Type: CommaDelimitedList } }\nResources:\n  ${loop}`)).toThrow(
      problem,
    );
  });

  it('cannot make a small template endless', () => {
    const values = Array.from({ length: 40 }, (_, index) => `v${index}`).join(', ');
    const loops = ['A', 'B', 'C', 'D', 'E'].reduceRight(
      (body, name) => `{ "Fn::ForEach::${name}": [${name}, [${values}], ${body}] }`,
      '{ "Q${A}${B}${C}${D}${E}": { Type: AWS::SQS::Queue } }',
    );
    expect(() => readTemplate(`Resources: ${loops}`)).toThrow('the loops produce more than 1000000 values');
  });
});

describe('a SAM template', () => {
  it('declares the queues that SAM generates for functions, as Globals say', async () => {
    const { queues, warnings } = await fixture('sam.yaml');
    expect(queues.map(contentsOf)).toEqual([
      { name: 'JobQueue', VisibilityTimeout: '120', redrive: 'shared-dead-letters after 4' },
      { name: 'ResizeUploadsQueue' },
      { name: 'ResizeEventInvokeConfigOnFailureQueue' },
      { name: 'MissedReports' },
      { name: 'ReportEventInvokeConfigOnSuccessQueue' },
    ]);
    expect(warnings).toEqual([
      'sam.yaml:40:5: SendMailEventInvokeConfigOnFailureQueue is ignored: its condition WithMail is false.',
      'sam.yaml:47:30: The dead-letter queue shared-dead-letters is expected in the account 000000000000 and region us-east-1 of its source queue.',
      'sam.yaml:17:3: Ignored, because they are neither queues nor topics: AWS::Serverless::Function.',
      'sam.yaml:23:9: Resize is ignored for arn:aws:sns:us-east-1:123456789012:uploads: this template declares no such topic.',
    ]);
    const { queues: withMail } = await fixture('sam.yaml', { parameters: { Mail: 'yes' } });
    expect(withMail.map(({ name }) => name.value)).toContain('SendMailEventInvokeConfigOnFailureQueue');
  });

  it('has a warning for Globals that SAM does not support', () => {
    const { warnings } = readTemplate(
      'Globals: { Queue: { VisibilityTimeout: 3 } }\nResources: { Q: { Type: AWS::SQS::Queue } }',
    );
    expect(warnings).toEqual([
      'template.yaml:1:12: Globals of Queue are ignored: SAM does not support them for queues.',
    ]);
  });
});
