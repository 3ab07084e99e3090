/** Topics in the files of other tools. */

import { describe, expect, it } from 'vitest';
import { read } from './contents.ts';

const topicArn = (name: string) => `arn:aws:sns:us-east-1:000000000000:${name}`;

/** The topics that a file declares, without their places in it. */
function topicsIn(text: string, name: string) {
  const { topics, warnings } = read(text, name);
  const values = (located: ReadonlyMap<string, { value: string }>) =>
    Object.fromEntries([...located].map(([key, { value }]) => [key, value]));
  return {
    warnings,
    topics: topics.map(({ name: { value }, attributes, tags, subscriptions }) => ({
      name: value,
      ...values(attributes),
      ...(tags.size > 0 && { tags: values(tags) }),
      subscriptions: subscriptions.map((one) => ({
        [one.protocol]: one.endpoint.value,
        ...values(one.attributes),
        ...(one.deadLetterQueue && { dead: one.deadLetterQueue.value }),
      })),
    })),
  };
}

describe('a template', () => {
  it('declares topics, subscriptions and policies, with references to each other', () => {
    const { topics, warnings } = topicsIn(
      `
Resources:
  Orders: { Type: AWS::SQS::Queue }
  Lost: { Type: AWS::SQS::Queue }
  Handler: { Type: AWS::Lambda::Function, Properties: { FunctionName: handle } }
  Events:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub "\${AWS::StackName}-events"
      DisplayNam: x
      Tags: [{ Key: team, Value: shop }]
      Subscription: [{ Protocol: sqs, Endpoint: !GetAtt Orders.Arn }]
  Fifo: { Type: AWS::SNS::Topic, Properties: { FifoTopic: true } }
  Filtered:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Events
      Protocol: lambda
      Endpoint: !GetAtt Handler.Arn
      FilterPolicy: { kind: [refund], price: [{ numeric: [">", 5] }] }
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Lost.Arn }
  Foreign:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: "arn:aws:sns:us-east-1:000000000000:other", Protocol: email, Endpoint: a@b }
  Policy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!GetAtt Events.TopicArn]
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: "*", Action: "sns:Publish", Resource: !Ref Events }] }
`,
      'template.yaml',
    );
    expect(topics).toEqual([
      {
        name: 'squab-events',
        Policy: `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"${topicArn('squab-events')}"}]}`,
        tags: { team: 'shop' },
        subscriptions: [
          { sqs: 'Orders' },
          { lambda: 'handle', FilterPolicy: '{"kind":["refund"],"price":[{"numeric":[">",5]}]}', dead: 'Lost' },
        ],
      },
      { name: 'Fifo.fifo', FifoTopic: 'true', subscriptions: [] },
    ]);
    expect(warnings).toEqual([
      'template.yaml:5:3: Ignored, because they are neither queues nor topics: AWS::Lambda::Function.',
      'template.yaml:10:7: DisplayNam of squab-events is ignored: Squab\'s topics have no such property. Did you mean "DisplayName"?',
      'template.yaml:22:3: Foreign is ignored for arn:aws:sns:us-east-1:000000000000:other: this template declares no such topic.',
    ]);
  });

  it('of SAM subscribes functions, and the queues in front of them', () => {
    const text = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Topic: { Type: AWS::SNS::Topic }
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Direct: { Type: SNS, Properties: { Topic: !Ref Topic, FilterPolicy: { a: [b] } } }
        Queued: { Type: SNS, Properties: { Topic: !Ref Topic, SqsSubscription: true } }
`;
    expect(topicsIn(text, 'template.yaml').topics).toEqual([
      { name: 'Topic', subscriptions: [{ lambda: 'Fn', FilterPolicy: '{"a":["b"]}' }, { sqs: 'FnQueuedQueue' }] },
    ]);
    const [queue] = read(text, 'template.yaml').queues;
    expect(queue).toMatchObject({ name: { value: 'FnQueuedQueue' }, functions: [{ functionName: 'Fn' }] });
  });
});

it('a serverless.yml declares the topics of its events', () => {
  const { topics } = topicsIn(
    `
service: shop
provider: { name: aws }
functions:
  a: { handler: x, events: [{ sns: dispatch }, { sns: { topicName: news, displayName: News, filterPolicy: { k: [v] } } }] }
  b: { handler: x, events: [{ sns: dispatch }, { sns: { arn: !Ref Own, topicName: own, redrivePolicy: { deadLetterTargetRef: Lost } } }] }
resources: { Resources: { Own: { Type: AWS::SNS::Topic }, Lost: { Type: AWS::SQS::Queue } } }
`,
    'serverless.yml',
  );
  expect(topics).toEqual([
    { name: 'Own', subscriptions: [{ lambda: 'shop-dev-b', dead: 'Lost' }] },
    { name: 'dispatch', subscriptions: [{ lambda: 'shop-dev-a' }, { lambda: 'shop-dev-b' }] },
    { name: 'news', DisplayName: 'News', subscriptions: [{ lambda: 'shop-dev-a', FilterPolicy: '{"k":["v"]}' }] },
  ]);
});

describe('a Terraform file', () => {
  const resource = (type: string, name: string, values: object) => {
    return { address: `${type}.${name}`, mode: 'managed', type, name, values };
  };
  const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:123456789012:${name}`;

  it('that is a state declares topics, whose ARNs become those of the account that they are created in', () => {
    const resources = [
      resource('aws_sqs_queue', 'q', { name: 'q', arn: arn('sqs', 'q') }),
      resource('aws_sns_topic', 't', {
        ...{ name: 't', arn: arn('sns', 't'), display_name: 'T', signature_version: 0, tracing_config: '' },
        ...{ fifo_topic: false, content_based_deduplication: false, tags: { a: 'b' } },
        policy: '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[]}',
      }),
      resource('aws_sns_topic_subscription', 's', {
        ...{ topic_arn: arn('sns', 't'), protocol: 'sqs', endpoint: arn('sqs', 'q'), raw_message_delivery: true },
        ...{ filter_policy: '{"a":["b"]}', redrive_policy: `{"deadLetterTargetArn":"${arn('sqs', 'q')}"}` },
      }),
      resource('aws_sns_topic_subscription', 'f', {
        ...{ topic_arn: arn('sns', 't'), protocol: 'lambda', raw_message_delivery: false },
        endpoint: 'arn:aws:lambda:us-east-1:123456789012:function:f',
      }),
      resource('aws_sns_topic_policy', 'p', {
        ...{ arn: arn('sns', 't') },
        policy: `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"${arn('sns', 't')}"}]}`,
      }),
    ];
    const state = { format_version: '1.0', terraform_version: '1.13.3', values: { root_module: { resources } } };
    const { topics, warnings } = topicsIn(JSON.stringify(state), 'state.json');
    expect(topics).toEqual([
      {
        ...{ name: 't', DisplayName: 'T', ContentBasedDeduplication: 'false', tags: { a: 'b' } },
        Policy: `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"${topicArn('t')}"}]}`,
        subscriptions: [
          { sqs: 'q', FilterPolicy: '{"a":["b"]}', RawMessageDelivery: 'true', dead: 'q' },
          { lambda: 'f' },
        ],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it('that is a plan finds topics, queues and functions in the configuration', () => {
    const resources = [
      resource('aws_sqs_queue', 'q', { name: 'q' }),
      resource('aws_lambda_function', 'f', { function_name: 'handle' }),
      resource('aws_sns_topic', 't', { name: 't' }),
      resource('aws_sns_topic_subscription', 's', { protocol: 'sqs' }),
      resource('aws_sns_topic_subscription', 'f', { protocol: 'lambda' }),
      resource('aws_sns_topic_subscription', 'x', { protocol: 'https' }),
    ];
    const subscription = (name: string, target: string) => ({
      address: `aws_sns_topic_subscription.${name}`,
      expressions: {
        topic_arn: { references: ['aws_sns_topic.t.arn', 'aws_sns_topic.t'] },
        endpoint: { references: [`${target}.arn`, target] },
      },
    });
    const configured = [
      subscription('s', 'aws_sqs_queue.q'),
      subscription('f', 'aws_lambda_function.f'),
      subscription('x', 'aws_apigatewayv2_api.x'),
    ];
    const plan = {
      ...{ format_version: '1.2', terraform_version: '1.13.3', planned_values: { root_module: { resources } } },
      configuration: { root_module: { resources: configured } },
    };
    const { topics, warnings } = topicsIn(JSON.stringify(plan), 'plan.json');
    expect(topics).toEqual([{ name: 't', subscriptions: [{ sqs: 'q' }, { lambda: 'handle' }] }]);
    expect(warnings).toEqual([
      expect.stringContaining(
        'aws_sns_topic_subscription.x is ignored: its endpoint is known only after terraform apply.',
      ),
      expect.stringContaining('Ignored, because they are neither queues nor topics: aws_lambda_function.'),
    ]);
  });
});
