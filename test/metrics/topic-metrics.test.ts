/** The metrics of topics. */

import { expect, it } from 'vitest';
import { withSns } from '../sns-client.ts';
import { startEndpoint, status } from '../topics/deliveries/endpoint.ts';
import { type Scrape, scrape } from './exposition.ts';

const PREFIX = 'squab_topic_number_of_';

/** Returns the metrics of a topic, by their names without prefix and suffix. */
function ofTopic({ samples }: Scrape, topic = 't'): Record<string, number> {
  const end = `_total{topic="${topic}",account="000000000000",region="us-east-1"}`;
  const found = [...samples].filter(([name]) => name.startsWith(PREFIX) && name.endsWith(end));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(PREFIX.length, -end.length), value]));
}

it('The metrics of a topic count publications, and deliveries by their outcome', async () => {
  const { sns, topic, queue, subscribed, sqs, clock, squab } = await withSns({ metrics: true, confirmHttp: true });
  const TopicArn = await topic();
  await topic('silent');
  expect(ofTopic(await scrape(squab.url))).toEqual({});
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: (await queue('dlq')).arn });
  await subscribed(TopicArn, await queue('all'));
  await subscribed(TopicArn, await queue('none'), { FilterPolicy: '{"kind":["x"]}' });
  const [gone, late] = [await queue('gone'), await queue('late')];
  await subscribed(TopicArn, gone);
  await subscribed(TopicArn, late, { RedrivePolicy });
  for (const QueueUrl of [gone.url, late.url]) await sqs('DeleteQueue', { QueueUrl });
  const Endpoint = (await startEndpoint(status(404))).url;
  await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint, Attributes: { RedrivePolicy } });
  const working = await startEndpoint();
  await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: working.url });
  await sns('Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'a@example.com' });
  await sns('Publish', { TopicArn, Message: 'm' });
  await working.arrived(1);
  await clock.advance(1000);
  const found = await scrape(squab.url);
  expect(ofTopic(found)).toEqual({
    ...{ messages_published: 1, notifications_delivered: 2, notifications_filtered_out: 1 },
    ...{ notifications_failed: 3, notifications_redriven_to_dlq: 2 },
  });
  expect(ofTopic(found, 'silent')).toEqual({});
  expect(found.samples.get('squab_topics')).toBe(2);
  await sns('DeleteTopic', { TopicArn });
  expect(ofTopic(await scrape(squab.url))).toEqual({});
});

it('Metrics forget a topic when it is deleted, even if they are not read', async () => {
  const { sns, topic, squab } = await withSns({ metrics: true });
  for (const Message of ['old', 'new']) {
    const TopicArn = await topic();
    await sns('Publish', { TopicArn, Message });
    if (Message === 'old') await sns('DeleteTopic', { TopicArn });
  }
  expect(ofTopic(await scrape(squab.url))).toMatchObject({ messages_published: 1 });
});
