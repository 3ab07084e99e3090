/** Topics in files and of programs, with their subscriptions; and their export. */

import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { applyDeclared } from '../../src/queue-files/apply.ts';
import { callSqsOverHttp } from '../../src/queue-files/call-sqs.ts';
import { collectTopics } from '../../src/queue-files/collect-topics.ts';
import { queueFileText } from '../../src/queue-files/write.ts';
import { topicDefinitionsOf } from '../../src/queue-files/written-topics.ts';
import { client, type SetupOptions, setup, temporaryFolder } from '../helpers.ts';
import { snsClient } from '../sns-client.ts';
import { read } from './contents.ts';
import { file, url, warningsOf } from './starting.ts';

const topicArn = (name: string) => `arn:aws:sns:us-east-1:000000000000:${name}`;
const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

/** The subscriptions of a topic, as clients see them. */
async function subscriptionsOf(squabUrl: string, name: string) {
  const sns = snsClient(squabUrl);
  const { Subscriptions } = await sns('ListSubscriptionsByTopic', { TopicArn: topicArn(name) });
  return Promise.all(
    Subscriptions.map(async ({ SubscriptionArn, Protocol, Endpoint }: Record<string, string>) => {
      if (SubscriptionArn === 'PendingConfirmation') return { Protocol, Endpoint, pending: true };
      const { Attributes } = await sns('GetSubscriptionAttributes', { SubscriptionArn });
      const names = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery', 'RedrivePolicy'];
      return { Protocol, Endpoint, ...Object.fromEntries(names.map((one) => [one, Attributes[one]])) };
    }),
  );
}

const EVERYTHING = `
queues: [orders, refunds, lost, { name: o.fifo }]
topics:
  - audit
  - name: events
    attributes:
      DisplayName: Orders
      Policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: "*", Action: "SNS:Publish", Resource: "*" }] }
    tags: { team: shop }
    subscriptions:
      - orders
      - queue: refunds
        filter: { kind: [refund] }
        raw: true
        deadLetterQueue: lost
      - queue: arn:aws:sqs:us-east-1:000000000000:elsewhere
        filter: '{"a": {"b": [1]}}'
        filterScope: MessageBody
      - function: resize
      - { protocol: email, endpoint: a@example.com }
  - { name: o.fifo, subscriptions: [o.fifo] }
`;

describe("a file in Squab's own format", () => {
  it('creates topics with their subscriptions', async () => {
    const { squab } = await setup({ config: file(EVERYTHING), functions: { resize: 'http://127.0.0.1:1' } });
    const sns = snsClient(squab.url);
    expect((await sns('ListTopics')).Topics.map(({ TopicArn }: { TopicArn: string }) => TopicArn)).toEqual(
      ['audit', 'events', 'o.fifo'].map(topicArn),
    );
    const { Attributes } = await sns('GetTopicAttributes', { TopicArn: topicArn('events') });
    expect(Attributes).toMatchObject({ DisplayName: 'Orders', Policy: expect.stringContaining('"SNS:Publish"') });
    const { Tags } = await sns('ListTagsForResource', { ResourceArn: topicArn('events') });
    expect(Tags).toEqual([{ Key: 'team', Value: 'shop' }]);
    expect(await subscriptionsOf(squab.url, 'events')).toMatchObject([
      { Protocol: 'sqs', Endpoint: queueArn('orders'), RawMessageDelivery: 'false', FilterPolicy: undefined },
      {
        ...{ Protocol: 'sqs', Endpoint: queueArn('refunds'), RawMessageDelivery: 'true' },
        FilterPolicy: '{"kind":["refund"]}',
        RedrivePolicy: `{"deadLetterTargetArn":"${queueArn('lost')}"}`,
      },
      { Endpoint: queueArn('elsewhere'), FilterPolicy: '{"a": {"b": [1]}}', FilterPolicyScope: 'MessageBody' },
      { Protocol: 'lambda', Endpoint: 'arn:aws:lambda:us-east-1:000000000000:function:resize' },
      { Protocol: 'email', Endpoint: 'a@example.com', pending: true },
    ]);
    expect(await subscriptionsOf(squab.url, 'o.fifo')).toMatchObject([{ Endpoint: queueArn('o.fifo') }]);
    const kind = { DataType: 'String', StringValue: 'refund' };
    await sns('Publish', { TopicArn: topicArn('events'), Message: 'm', MessageAttributes: { kind } });
    const { Messages } = await client('JSON', squab.url).call('ReceiveMessage', { QueueUrl: url('refunds') });
    expect(Messages).toMatchObject([{ Body: 'm' }]);
  });

  it.each(['memory', 'data'])('changes topics that exist, and keeps what it does not mention (%s)', async (engine) => {
    const { squab } = await setup({ ...(engine === 'data' && { data: temporaryFolder() }), confirmHttp: true });
    const server = { callSqs: callSqsOverHttp(squab.url, undefined, () => 0) };
    const apply = async (text: string) => (await applyDeclared(read(text, 'squab.yaml'), server)).topics;
    const before = `
queues: [q, r, dlq]
topics: [{ name: t, attributes: { DisplayName: a, DeliveryPolicy: { http: { defaultHealthyRetryPolicy: { numRetries: 5 } } } },
  tags: { a: 1 }, subscriptions: [{ queue: q, filter: { a: [b] }, raw: true }, { url: "http://127.0.0.1:1/", attributes: {
  DeliveryPolicy: { healthyRetryPolicy: { numRetries: 1 } } } }] }]`;
    expect(await apply(before)).toEqual({ created: ['t'], changed: [], unchanged: [] });
    expect(await apply(before)).toEqual({ created: [], changed: [], unchanged: ['t'] });
    const after = `
queues: [q, r]
topics: { t: { attributes: { SignatureVersion: 2, DataProtectionPolicy: { Name: p } }, tags: { b: 2 }, subscriptions: [
  { queue: q, filter: { a: { b: [1] } }, filterScope: MessageBody, deadLetterQueue: dlq }, r] } }`;
    expect(await apply(after)).toEqual({ created: [], changed: ['t'], unchanged: [] });
    expect(await apply(after)).toEqual({ created: [], changed: [], unchanged: ['t'] });
    const sns = snsClient(squab.url);
    const { Attributes } = await sns('GetTopicAttributes', { TopicArn: topicArn('t') });
    expect(Attributes).toMatchObject({ DisplayName: 'a', SignatureVersion: '2' });
    expect(await subscriptionsOf(squab.url, 't')).toMatchObject([
      {
        ...{ FilterPolicy: '{"a":{"b":[1]}}', FilterPolicyScope: 'MessageBody', RawMessageDelivery: 'true' },
        RedrivePolicy: `{"deadLetterTargetArn":"${queueArn('dlq')}"}`,
      },
      { Protocol: 'http' },
      { Endpoint: queueArn('r') },
    ]);
    const back =
      'queues: []\ntopics: [{ name: t, subscriptions: [{ queue: q, filter: { a: [b] }, filterScope: MessageAttributes }] }]';
    expect((await apply(back)).changed).toEqual(['t']);
    expect((await apply(back)).unchanged).toEqual(['t']);
  });

  it('changes nothing at the second start with the same data', async () => {
    const options: SetupOptions = {
      data: temporaryFolder(),
      config: file(EVERYTHING),
      functions: { '*': 'http://127.0.0.1:1' },
    };
    const first = await setup(options);
    const before = await subscriptionsOf(first.squab.url, 'events');
    await first.squab.stop();
    const lines: { topics?: object; msg: string }[] = [];
    const logStream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const second = await setup({ ...options, logLevel: 'info', logStream });
    expect(lines.find(({ msg }) => msg === 'The topics are ready')).toMatchObject({
      created: 0,
      changed: 0,
      unchanged: 3,
    });
    expect(await subscriptionsOf(second.squab.url, 'events')).toEqual(before);
  });

  it('warns about functions without a URL', async () => {
    const text = 'queues: []\ntopics: [{ name: t, subscriptions: [{ function: f }] }]';
    expect(await warningsOf({ config: file(text) })).toEqual([
      'squab.yaml:2:37: The function f has no URL, so the topic cannot reach it. Give it one with --function f=URL when you start Squab.',
    ]);
  });

  it.each([
    ['topics: 1', '1:9: topics must be a list of topics, not "1".'],
    ['topics: [{ tags: {} }]', 'A topic needs a name.'],
    ['topics: [a b]', '1:10: Invalid topic name "a b"'],
    ['topics: [{ name: a, attributes: { FifoTopic: true } }]', 'Invalid topic name "a"'],
    ['topics: [{ name: a, fifo: true }]', 'no key "fifo". A topic is FIFO if its name ends with ".fifo".'],
    ['queues: [{ name: a, fifoQueue: true }]', 'no key "fifoQueue". A queue is FIFO if its name ends with ".fifo".'],
    ['topics: [{ name: a, FifoTopic: true }]', 'A topic is FIFO if its name ends with ".fifo".'],
    ['topics: [{ name: a, displayName: x }]', 'Did you mean "DisplayName", under "attributes"?'],
    ['queues: [{ name: a, visibility_timeout: 1 }]', 'Did you mean "VisibilityTimeout", under "attributes"?'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, filterPolicy: {} }] }]', 'Did you mean "filter"?'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, filterPolicyScope: x }] }]', 'Did you mean "filterScope"?'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, raw_message_delivery: x }] }]', 'Did you mean "raw"?'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, redrivePolicy: x }] }]', 'Did you mean "deadLetterQueue"?'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, deliveryPolicy: x }] }]', 'Did you mean "DeliveryPolicy", under'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, FilterPolicy: {} }] }]', 'SNS attributes belong under'],
    ['topics: [{ name: a, tagz: {} }]', 'A topic has no key "tagz". Did you mean "tags"?'],
    ['topics: [{ name: a, DisplayName: x }]', 'SNS attributes belong under "attributes".'],
    [
      'topics: [{ name: a, attributes: { DisplayNam: x } }]',
      'Unknown attribute DisplayNam. Did you mean "DisplayName"?',
    ],
    [
      'topics: [{ name: a, attributes: { SignatureVersion: 3 } }]',
      '1:53: SignatureVersion cannot be "3": SignatureVersion',
    ],
    ['topics: [{ name: a, tags: { "": x } }]', 'Invalid tag ""'],
    ['topics: [{ name: a, subscriptions: { q: } }]', 'subscriptions must be a list of subscriptions, not a map.'],
    ['topics: [{ name: a, subscriptions: [{ raw: true }] }]', 'A subscription needs one endpoint'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, url: "http://x" }] }]', 'A subscription needs one endpoint'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, protocol: sqs }] }]', 'protocol and endpoint belong together'],
    ['topics: [{ name: a, subscriptions: [{ endpoint: q }] }]', 'protocol and endpoint belong together'],
    ...['endpoint: ', 'queue: ', 'protocol: sqs, endpoint: '].map((keys) => [
      `topics: [{ name: a, subscriptions: [{ ${keys}"http://localhost:9324/000000000000/q" }] }]`,
      ' To subscribe a queue, give its name or its ARN, such as "queue: q".',
    ]),
    [
      'topics: [{ name: a, subscriptions: ["http://u:pw@h/x"] }]',
      '1:37: "http://u:***@h/x" is a URL, not a queue. To subscribe a queue, give its name or its ARN, such as ' +
        '"queue: NAME". To subscribe an HTTP endpoint, use "url".',
    ],
    ['topics: [{ name: a, subscriptions: [{ endpoint: "https://h/x" }] }]', 'Did you mean "url"?'],
    ['topics: [{ name: a, subscriptions: [{ endpoint: "arn:aws:sqs:r:0:q" }] }]', 'Did you mean "queue"?'],
    [
      'topics: [{ name: a, subscriptions: [{ endpoint: "arn:aws:lambda:r:0:function:f" }] }]',
      'Did you mean "function"?',
    ],
    ['topics: [{ name: a, subscriptions: [{ queue: q.fifo }] }]', 'FIFO SQS Queues can not be subscribed'],
    ['topics: [{ name: a, subscriptions: [{ function: "a b" }] }]', '"a b" is not the name or the ARN of a function.'],
    ['topics: [{ name: a, subscriptions: [{ url: "x" }] }]', '"x" cannot be subscribed'],
    [
      'topics: [{ name: a, subscriptions: [{ protocol: pigeon, endpoint: x }] }]',
      'does not support this protocol string',
    ],
    ['topics: [{ name: a, subscriptions: [{ queue: q, filter: { a: b } }] }]', '1:49: FilterPolicy cannot be'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, filter: { a: { b: [c] } } }] }]', 'FilterPolicy cannot be'],
    ['topics: [{ name: a, subscriptions: [{ queue: q, filterScope: Body }] }]', 'FilterPolicyScope cannot be "Body"'],
    ['topics: [{ name: a, subscriptions: [{ function: f, raw: true }] }]', 'does not support raw message delivery'],
    [
      'topics: [{ name: a, subscriptions: [{ queue: q, raw: true, attributes: { RawMessageDelivery: true } }] }]',
      'cannot be used together',
    ],
    ['topics: [{ name: a, subscriptions: [q, { queue: q }] }]', '"q" is already subscribed at squab.yaml:1:37.'],
    [
      'topics: [{ name: a, subscriptions: [{ url: "http://u:pw@h" }, { url: "http://u:pw@h" }] }]',
      '"http://u:***@h" is already subscribed at squab.yaml:1:37.',
    ],
    ['topics: [{ name: a, subscriptions: [{ url: "http://u:pw@" }] }]', '"http://u:***@" cannot be subscribed'],
    ['topics: [{ name: a, subscriptions: [{ function: "http://u:pw@h" }] }]', '"http://u:***@h" is not the name'],
    [
      `topics: [{ name: a, subscriptions: [{ function: "http://u:${'p'.repeat(100)}@h" }] }]`,
      '"http://u:***…" is not the name',
    ],
    [
      'topics: [{ name: a, subscriptions: [{ protocol: sms, endpoint: "http://u:pw@h" }] }]',
      'Invalid SMS endpoint: http://u:***@h',
    ],
  ])('is refused if it is %j', (text, problem) => {
    expect(() => read(`${text}`, 'squab.yaml')).toThrow(problem);
  });

  it('is refused if a queue does not exist, and leaves nothing behind', async () => {
    const { squab } = await setup();
    const server = { callSqs: callSqsOverHttp(squab.url, undefined, () => 0) };
    const text = 'queues: [orders]\ntopics: [t, { name: u, subscriptions: [order] }]';
    await expect(applyDeclared(read(text, 'squab.yaml'), server)).rejects.toThrow(
      'squab.yaml:2:40: The queue "order" exists neither in Squab nor in the file. Did you mean "orders"?',
    );
    expect((await snsClient(squab.url)('ListTopics')).Topics).toEqual([]);
    expect((await client('JSON', squab.url).call('ListQueues')).QueueUrls ?? []).toEqual([]);
    await expect(applyDeclared(read('topics: [t, t]', 'squab.yaml'), server)).rejects.toThrow(
      'squab.yaml:1:13: The topic "t" is already declared at squab.yaml:1:10.',
    );
  });
});

describe('an HTTP endpoint', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  it('of a file is subscribed once Squab listens, so that it can confirm at the URL in the message', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.end();
      resolve((await fetch(JSON.parse(body).SubscribeURL)).status);
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const topics = [{ name: 't', subscriptions: [{ url: `http://127.0.0.1:${port}/` }] }];
    const { squab } = await setup({ topics });
    expect(await promise).toBe(200);
    expect(await subscriptionsOf(squab.url, 't')).toMatchObject([{ Protocol: 'http', RawMessageDelivery: 'false' }]);
  });
});

describe('an export', () => {
  it('has short forms, and says what SNS does not show of pending subscriptions', async () => {
    const { squab } = await setup({ config: file(EVERYTHING), functions: { '*': 'http://127.0.0.1:1' } });
    const warnings: string[] = [];
    const states = await collectTopics(
      callSqsOverHttp(squab.url, undefined, () => 0),
      {},
    );
    const queues = ['orders', 'refunds', 'lost', 'o.fifo'].map((name) => {
      return { account: '000000000000', region: 'us-east-1', name };
    });
    const topics = topicDefinitionsOf(states, queues, (text) => warnings.push(text));
    expect(warnings).toEqual([
      'These subscriptions of the topic events are written without their attributes, which SNS does not show until they are confirmed: "a@example.com".',
    ]);
    expect(topics[1]!.subscriptions).toEqual([
      'orders',
      { queue: 'refunds', filter: { kind: ['refund'] }, raw: true, deadLetterQueue: 'lost' },
      { queue: queueArn('elsewhere'), filter: '{"a": {"b": [1]}}', filterScope: 'MessageBody' },
      { function: 'resize' },
      { protocol: 'email', endpoint: 'a@example.com' },
    ]);
    expect(topics[2]).toEqual({ name: 'o.fifo', subscriptions: ['o.fifo'] });
    expect(read(queueFileText({ queues: [], topics }, 'yaml'), 'squab.yaml').topics).toHaveLength(3);
  });

  it('has the password of an endpoint, which the warning does not show', () => {
    const url = 'http://user:secret@host/';
    const pending = { protocol: 'http', endpoint: url, attributes: undefined };
    const topic = { account: '000000000000', region: 'us-east-1', name: 't', subscriptions: [pending] };
    const warnings: string[] = [];
    const warn = (text: string) => void warnings.push(text);
    expect(topicDefinitionsOf([{ ...topic, attributes: new Map(), tags: new Map() }], [], warn)).toMatchObject([
      { subscriptions: [{ url }] },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/they are confirmed: "http:\/\/user:\*\*\*@host\/"\.$/)]);
  });
});
