/** Topics, their subscribers, and functions, on several nodes: whatever one node sets up, the others act on. */

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { lambdaOf, MAPPINGS } from '../functions/fed.ts';
import { functionServer } from '../functions/function-server.ts';
import { client } from '../helpers.ts';
import { database, newSchema, sql } from '../postgres.ts';
import { FAST, startServer } from '../postgres-server.ts';
import { snsClient } from '../sns-client.ts';
import { startEndpoint, status } from '../topics/deliveries/endpoint.ts';
import { atEnd, startNetwork, startNodes, take, twoNodes } from './cluster.ts';

const url = await database();
const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

describe.skipIf(!url)('Topics of several nodes', () => {
  it('deliver to a subscription from the first publication on, and not after its end, on whichever node', async () => {
    const { a, b, callA, create } = await twoNodes(url!);
    const [snsA, snsB] = [snsClient(a.url), snsClient(b.url)];
    const QueueUrl = await create(callA, 'q');
    const { TopicArn } = await snsA('CreateTopic', { Name: 'news' });
    for (let round = 0; round < 20; round++) {
      const [here, there] = round % 2 ? [snsA, snsB] : [snsB, snsA];
      const { SubscriptionArn } = await here('Subscribe', {
        ...{ TopicArn, Protocol: 'sqs', Endpoint: arnOf('q'), Attributes: { RawMessageDelivery: 'true' } },
      });
      await there('Publish', { TopicArn, Message: `during ${round}` });
      await here('Unsubscribe', { SubscriptionArn });
      await there('Publish', { TopicArn, Message: `after ${round}` });
      expect(await take(callA, QueueUrl)).toEqual([`during ${round}`]);
    }
  });

  it('put nothing into the dead-letter queue of a snapshot that another node restores during an attempt', async () => {
    const place = { database: url!, databaseSchema: newSchema() };
    const [a] = await startNodes(1, place, { confirmHttp: true });
    const [sns, { call }] = [snsClient(a!.url), client('JSON', a!.url)];
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'dead' });
    const { TopicArn } = await sns('CreateTopic', { Name: 'news' });
    const endpoint = await startEndpoint();
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dead') });
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: endpoint.url, Attributes: { RedrivePolicy } });
    await a!.control.snapshots.take('s');
    let refuse = () => {};
    endpoint.answer = (...request) => {
      refuse = () => status(400)(...request);
    };
    await sns('Publish', { TopicArn, Message: 'undone' });
    await endpoint.arrived(1);
    const [b] = await startNodes(1, place);
    await b!.control.snapshots.restore('s');
    refuse();
    endpoint.answer = status(400);
    await sns('Publish', { TopicArn, Message: 'later' });
    const messages: string[] = [];
    await eventually(async () => {
      messages.push(...(await take(call, QueueUrl)).map((body) => JSON.parse(body).Message));
      expect(messages).toContain('later');
    });
    expect(messages).toEqual(['later']);
  });

  it('are those of the database after a failover to a server that lacked the last changes and has others', async () => {
    const network = await startNetwork(url!);
    const databaseSchema = newSchema();
    const [a] = await startNodes(1, { database: network.url, databaseSchema });
    const standby = await startServer(FAST);
    atEnd(() => standby.stop());
    const { pathname } = new URL(url!);
    await sql(standby.url, `CREATE DATABASE ${pathname.slice(1)}`);
    const [role] = await sql<{ name: string }>(url!, 'SELECT quote_ident(current_user) AS name');
    if (role!.name !== 'postgres') await sql(standby.url, `CREATE ROLE ${role!.name} SUPERUSER LOGIN`);
    const promoted = new URL(pathname, standby.url).href;
    const [b] = await startNodes(1, { database: promoted, databaseSchema });
    const [snsA, snsB] = [snsClient(a!.url), snsClient(b!.url)];
    await snsA('CreateTopic', { Name: 'lost' });
    const { TopicArn } = await snsB('CreateTopic', { Name: 'kept' });
    network.leadTo(promoted);
    network.state = 'refuses';
    network.state = 'passes';
    await eventually(() => snsA('Publish', { TopicArn, Message: 'm' }), 15_000);
    expect(await snsA('ListTopics')).toEqual(await snsB('ListTopics'));
  }, 60_000);

  it('are those of the database after a crash that undid the last changes, which others then followed', async () => {
    const network = await startNetwork(url!);
    const databaseSchema = newSchema();
    const [a] = await startNodes(1, { database: network.url, databaseSchema });
    const snsA = snsClient(a!.url);
    await snsA('CreateTopic', { Name: 'lost' });
    network.state = 'refuses';
    await sql(
      url!,
      `WITH undone AS (UPDATE ${databaseSchema}.catalogue SET topics = topics - 1 RETURNING topics + 1 AS number),
         unlogged AS (DELETE FROM ${databaseSchema}.topic_changes WHERE number = (SELECT number FROM undone))
       DELETE FROM ${databaseSchema}.topics`,
    );
    const [b] = await startNodes(1, { database: url!, databaseSchema });
    const snsB = snsClient(b!.url);
    const { TopicArn } = await snsB('CreateTopic', { Name: 'kept' });
    network.state = 'passes';
    await eventually(() => snsA('Publish', { TopicArn, Message: 'm' }), 15_000);
    expect(await snsA('ListTopics')).toEqual(await snsB('ListTopics'));
  }, 60_000);

  it('show attributes on one node as they were set on another, at once', async () => {
    const { a, b } = await twoNodes(url!);
    const [snsA, snsB] = [snsClient(a.url), snsClient(b.url)];
    const { TopicArn } = await snsA('CreateTopic', { Name: 'news' });
    for (let round = 0; round < 20; round++) {
      const [here, there] = round % 2 ? [snsA, snsB] : [snsB, snsA];
      await here('SetTopicAttributes', { TopicArn, AttributeName: 'DisplayName', AttributeValue: `${round}` });
      expect((await there('GetTopicAttributes', { TopicArn })).Attributes.DisplayName).toBe(`${round}`);
    }
    await snsB('DeleteTopic', { TopicArn });
    await expect(snsA('GetTopicAttributes', { TopicArn })).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('have one key for signatures, whichever node needs it first', async () => {
    const { a, b, callA, create } = await twoNodes(url!);
    const QueueUrl = await create(callA, 'q');
    const { TopicArn } = await snsClient(a.url)('CreateTopic', { Name: 'news' });
    await snsClient(a.url)('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: arnOf('q') });
    await Promise.all([a, b].map((node) => snsClient(node.url)('Publish', { TopicArn, Message: 'm' })));
    const [one, other] = (await take(callA, QueueUrl)).map((body) => JSON.parse(body).SigningCertURL as string);
    expect(new URL(one!).pathname).toBe(new URL(other!).pathname);
    for (const node of [a, b]) {
      const certificate = await fetch(new URL(new URL(one!).pathname, node.url));
      expect(await certificate.text()).toContain('BEGIN CERTIFICATE');
    }
  });
});

describe.skipIf(!url)('Texts that PostgreSQL cannot store', () => {
  it('reach HTTP endpoints, and are refused as names of subscribers', async () => {
    const { a, b } = await twoNodes(url!, { confirmHttp: true });
    const [snsA, snsB] = [snsClient(a.url), snsClient(b.url)];
    const { url: endpoint, requests } = await startEndpoint();
    const { TopicArn } = await snsA('CreateTopic', { Name: 'news' });
    const subscribe = (Protocol: string, Endpoint: string) =>
      snsA('Subscribe', { TopicArn, Protocol, Endpoint, Attributes: { RawMessageDelivery: 'true' } });
    await subscribe('http', endpoint);
    await snsB('Publish', { TopicArn, Message: 'a\0b' });
    await eventually(() => expect(requests.map(({ body }) => body)).toEqual(['a\0b']));
    const arns = ['lambda', 'sqs', 'firehose'].map((service) => [service, `arn:aws:${service}:us-east-1:1:a:\0:c`]);
    for (const [protocol, name] of [...arns, ['http', 'http://a/\0'], ['email', 'a\0@b']] as [string, string][]) {
      await expect(subscribe(protocol, name)).rejects.toMatchObject({ code: 'InvalidParameter' });
    }
  });
});

describe.skipIf(!url)('Functions of several nodes', () => {
  const mapping = { FunctionName: 'f', EventSourceArn: arnOf('q'), BatchSize: 1 };

  it('get each message once, with a mapping of one node, also once that node has stopped', async () => {
    const functions = await functionServer();
    const { a, b, callB, create } = await twoNodes(url!, { functions: { f: `${functions.url}/f` } });
    const QueueUrl = await create(callB, 'q');
    await lambdaOf(a.url)('POST', MAPPINGS, mapping);
    const bodies = Array.from({ length: 30 }, (_, number) => `${number}`);
    for (const MessageBody of bodies) await callB('SendMessage', { QueueUrl, MessageBody });
    await eventually(() => expect(functions.bodies.flat().toSorted()).toEqual(bodies.toSorted()));
    await a.stop();
    await callB('SendMessage', { QueueUrl, MessageBody: 'later' });
    await eventually(() => expect(functions.bodies.flat()).toContain('later'));
    expect(functions.bodies.flat()).toHaveLength(bodies.length + 1);
    expect(b.url).not.toBe(a.url);
  });

  it('get no more messages on any node once the mapping is deleted, and are fed from a queue that is made later', async () => {
    const functions = await functionServer();
    const { a, b, callA, callB, create } = await twoNodes(url!, { functions: { f: `${functions.url}/f` } });
    await create(callA, 'q');
    const { UUID } = await lambdaOf(a.url)('POST', MAPPINGS, mapping);
    await callB('DeleteQueue', { QueueUrl: (await callB('GetQueueUrl', { QueueName: 'q' })).QueueUrl });
    const QueueUrl = await eventually(() => create(callB, 'q'));
    await eventually(() => callA('SendMessage', { QueueUrl, MessageBody: 'one' }));
    await eventually(() => expect(functions.bodies).toEqual([['one']]));
    await lambdaOf(b.url)('DELETE', `${MAPPINGS}/${UUID}`);
    // Nodes may have polls in progress that they have yet to end.
    await pause(300);
    await callA('SendMessage', { QueueUrl, MessageBody: 'two' });
    await callB('SendMessage', { QueueUrl, MessageBody: 'three' });
    await pause(300);
    expect(functions.bodies).toEqual([['one']]);
    expect((await take(callA, QueueUrl)).toSorted()).toEqual(['three', 'two']);
  });

  it('are invoked no more often at the same time than the mapping allows, on all nodes together', async () => {
    const functions = await functionServer();
    functions.handle = () => undefined;
    const { b, callA, callB, create } = await twoNodes(url!, { functions: { f: `${functions.url}/f` } });
    const QueueUrl = await create(callA, 'q');
    await lambdaOf(b.url)('POST', MAPPINGS, { ...mapping, ScalingConfig: { MaximumConcurrency: 2 } });
    for (let number = 0; number < 12; number++) {
      await (number % 2 ? callA : callB)('SendMessage', { QueueUrl, MessageBody: `${number}` });
    }
    await eventually(() => expect(functions.running).toBe(2));
    await pause(500);
    expect(functions.most).toBe(2);
    functions.handle = () => ({});
    for (const invocation of functions.invocations) invocation.answer();
    await eventually(() => expect(new Set(functions.bodies.flat()).size).toBe(12));
    expect(functions.most).toBe(2);
    // One of the nodes feeds the function; whichever it is, another one takes over.
    await b.stop();
    await callA('SendMessage', { QueueUrl, MessageBody: 'later' });
    await eventually(() => expect(functions.bodies.flat()).toContain('later'));
  });
});
