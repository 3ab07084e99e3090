/** Misspelt names in templates and serverless.yml files get a suggestion, and files of other tools get advice. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates'
import { describe, expect, it } from 'vitest';
import { read } from './contents.ts';

const warningsOf = (text: string, name: string) => read(text, name).warnings.join('\n');
const template = (properties: string, type = 'AWS::SQS::Queue') =>
  `Parameters: { Stage: { Default: dev } }\nResources:\n  Orders: { Type: '${type}', Properties: { ${properties} } }`;
const serverless = (name: string) =>
  `service: s\nprovider: { name: aws }\ncustom: { names: { orders: o } }\nresources: { Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: "${name}" } } } }`;

describe('a misspelt name gets a suggestion:', () => {
  it.each([
    ['QueueName: !Sub "${AWS::Acount}-q"', 'AWS::AccountId'],
    ['QueueName: !Sub "${Stge}-q"', 'Stage'],
    ['QueueName: !Ref Order', 'Orders'],
    ['QueueName: !Subb x', 'Fn::Sub'],
    ['KmsMasterKeyId: !GetAtt Order.Arn', 'Orders'],
    ['KmsMasterKeyId: !GetAtt Orders.Arm', 'Arn'],
  ])('%s', (properties, meant) => {
    expect(warningsOf(template(properties), 'template.yaml')).toContain(` (did you mean "${meant}"?).`);
  });

  it.each([
    ['${self:custom.names.order}', 'orders'],
    ['${self:custom.name.orders}', 'names'],
    ['${self:custm.names.orders}', 'custom'],
    ['${slef:custom.names.orders}', 'self'],
  ])('%s', (name, meant) => {
    expect(warningsOf(serverless(name), 'serverless.yml')).toContain(` (did you mean "${meant}"?).`);
  });

  it.each([
    ['AWS::SQS::Queues', 'AWS::SQS::Queue'],
    ['AWS::SQS::QueuPolicy', 'AWS::SQS::QueuePolicy'],
    ['AWS::SNS::Subscriptions', 'AWS::SNS::Subscription'],
  ])('%s', (type, meant) => {
    expect(warningsOf(template('', type), 'template.yaml')).toContain(` Did you mean "${meant}"?`);
  });

  it.each(['AWS::SES::Template', 'AWS::Batch::JobQueue', 'AWS::Connect::Queue'])(
    'but not the type %s of another service',
    (type) => {
      expect(warningsOf(template('', type), 'template.yaml')).toMatch(
        /: Ignored, because they are neither queues nor topics: \S+\.$/,
      );
    },
  );

  it('but not a value of its own, or one with an alternative', () => {
    expect(warningsOf(template('QueueName: !Ref Zebra'), 'template.yaml')).not.toContain('did you mean');
    expect(read(serverless("${self:custom.names.order, 'orders'}"), 'serverless.yml').warnings).toEqual([]);
  });
});

describe('a file of another tool is refused with advice:', () => {
  it.each([
    ['main.tf', 'resource "aws_sqs_queue" "q" {\n  name = "q"\n}', 'terraform show -json plan'],
    ['queues', '# Ours\nresource "aws_sqs_queue" "q" {\n  name = "q"\n}', 'terraform show -json plan'],
    ['compose.yaml', 'services:\n  sqs:\n    image: elasticmq', 'This is a Compose file'],
    ['goaws.yaml', 'Local:\n  Port: 4100\n  Queues:\n    - Name: orders', 'This is a GoAWS configuration'],
  ])('%s', (name, text, advice) => {
    expect(() => read(text, name)).toThrow(advice);
  });

  it('but not a queue file with such keys', () => {
    expect(() => read('queues: [q]\nservices: {}', 'squab.yaml')).toThrow('A queue file has no key "services".');
    expect(read('queues: { resource: {}, Queues: {} }', 'squab.yaml').queues).toHaveLength(2);
  });
});
