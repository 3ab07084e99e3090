/** What the log says of messages that subscribers could not take. */

import { expect, it } from 'vitest';
import { shownEndpoint } from '../../src/topics/endpoints.ts';
import { ACCOUNT, withSns } from '../sns-client.ts';
import { startEndpoint, status } from './deliveries/endpoint.ts';

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;
const redriveTo = (name: string) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(name) }) });

it('says of each subscription once where its message is, and why', async () => {
  const lines: Record<string, unknown>[] = [];
  const logStream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const made = await withSns({ logLevel: 'warn', logStream });
  const TopicArn = await made.topic();
  await made.queue('dlq');
  for (const [name, attributes] of Object.entries({ a: {}, b: redriveTo('gone'), c: redriveTo('dlq') })) {
    await made.subscribed(TopicArn, { url: '', arn: arnOf(name) }, attributes);
  }
  for (const Message of ['first', 'second']) await made.sns('Publish', { TopicArn, Message });
  const lost = 'A queue could not take a message of a topic, which is lost.';
  const kept = 'A queue could not take a message of a topic, which is in the dead-letter queue of the subscription.';
  const found = lines.map(({ level: _, time: __, pid: ___, hostname: ____, subscription, ...line }) => line);
  const reason = 'the queue does not exist';
  expect(found).toEqual([
    { msg: lost, endpoint: arnOf('a'), reason },
    {
      ...{ msg: lost, endpoint: arnOf('b'), reason },
      ...{ deadLetterQueue: arnOf('gone'), deadLetterReason: 'it does not exist' },
    },
    { msg: kept, endpoint: arnOf('c'), reason, deadLetterQueue: arnOf('dlq') },
  ]);
});

it('does not show the password of an endpoint, and neither does the control interface', async () => {
  const log: string[] = [];
  const logStream = { write: (line: string) => void log.push(line) };
  const { sns, topic, squab } = await withSns({ logLevel: 'debug', logStream, confirmHttp: true });
  const TopicArn = await topic();
  const { url } = await startEndpoint(status(400));
  const Endpoint = url.replace('//', '//user:p%40ss@');
  const { SubscriptionArn } = await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint });
  await sns('Publish', { TopicArn, Message: 'm' });
  const { event } = await squab.control.topics.waitFor('t', { for: 'delivery-discarded', afterEventId: 0 });
  const { topics } = squab.control;
  const [{ deliveries: explained }, { subscriptions }] = [
    await topics.explain('t', { message: 'm' }),
    await topics.subscriptions('t'),
  ];
  const deliveries = await topics.deliveries('t');
  const shown = url.replace('//', '//user:***@');
  expect(event.subscriber).toMatchObject({ endpoint: shown });
  expect(deliveries).toMatchObject([{ endpoint: shown, text: expect.stringContaining(shown) }]);
  expect(explained).toMatchObject([{ endpoint: shown, text: expect.stringContaining(shown) }]);
  expect(subscriptions).toMatchObject([{ endpoint: shown, attributes: { Endpoint: shown } }]);
  expect(log.join('')).toContain(JSON.stringify(shown));
  expect(log.join('') + JSON.stringify([event, deliveries, explained, subscriptions])).not.toContain('p%40ss');
  expect((await sns('ListSubscriptions')).Subscriptions).toMatchObject([{ Endpoint }]);
  expect((await sns('GetSubscriptionAttributes', { SubscriptionArn })).Attributes).toMatchObject({ Endpoint });
});

it.each([
  ['http://user:secret@host/path?a=b', 'http://user:***@host/path?a=b'],
  ['HTTPS://:secret@host', 'HTTPS://:***@host'],
  ['http://u@ser:se:cr@et@host:80/a:b@c', 'http://u@ser:***@host:80/a:b@c'],
  ['http:///\\ user:secret@host', 'http:///\\ user:***@host'],
  ['http://user@host:80/a@b', 'http://user@host:80/a@b'],
  ['http://host:80?a:b@c', 'http://host:80?a:b@c'],
  ['mailto:secret@host', 'mailto:secret@host'],
  ['arn:aws:sqs:us-east-1:000000000000:q', 'arn:aws:sqs:us-east-1:000000000000:q'],
])('shows the endpoint %s as %s', (endpoint, shown) => {
  expect(shownEndpoint(endpoint)).toBe(shown);
});
