/**
 * Texts that Squab keeps with queues, topics, subscriptions and event source mappings: lists repeat them, and publications
 * parse them, so none of them may be long, whichever operation it came from.
 */

import { describe, expect, it } from 'vitest';
import { snsOperations } from '../../src/api/sns/table.ts';
import { operations } from '../../src/api/sqs/index.ts';
import type { Shape } from '../../src/api/wires/shape.ts';
import { settableAttributes } from '../../src/queues/attributes.ts';
import { subscriptionAttributes } from '../../src/topics/subscription-attributes.ts';
import { topicAttributes } from '../../src/topics/topic-attributes.ts';
import { fed, MAPPINGS } from '../functions/fed.ts';
import { FORM } from './ask.ts';
import { complete, jsonWith, placesIn } from './places.ts';

/** Longer than every text that may be kept. */
const LONG = 'k'.repeat(300_000);
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:t';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:q';

/** Starts a Squab with a queue, a topic with a subscription, and a mapping. */
async function everything() {
  const made = await fed();
  const { mapping } = await made.feed({ Enabled: false });
  const post = async (body: string, headers: Record<string, string>) => {
    const response = await fetch(made.squab.url, { method: 'POST', body, headers });
    return { status: response.status, text: await response.text() };
  };
  const form = (parameters: Record<string, string>) =>
    post(new URLSearchParams({ Version: '2010-03-31', ...parameters }).toString(), { 'content-type': FORM });
  await form({ Action: 'CreateTopic', Name: 't' });
  const { text } = await form({ Action: 'Subscribe', TopicArn: TOPIC, Protocol: 'sqs', Endpoint: QUEUE });
  const subscription = /<SubscriptionArn>(.*?)</.exec(text)![1]!;
  const keepsNoLongText = async () => {
    const paths = ['/_squab/queues', '/_squab/topics', '/_squab/topics/t/subscriptions', MAPPINGS];
    const answers = await Promise.all(paths.map(async (path) => (await fetch(made.squab.url + path)).text()));
    const attributes = await form({ Action: 'GetTopicAttributes', TopicArn: TOPIC });
    for (const answer of [...answers, attributes.text]) expect(/k{100000}/.test(answer)).toBe(false);
  };
  return { ...made, mapping, post, form, subscription, keepsNoLongText };
}

/** Returns the parameters of a form that hold the texts of a shape. */
function textsOf(shape: Shape, name: string): string[] {
  if (shape.kind === 'structure') {
    const prefix = name === '' ? '' : `${name}.`;
    return Object.entries(shape.members).flatMap(([member, { shape: inner }]) => textsOf(inner, prefix + member));
  }
  if (shape.kind === 'list') return textsOf(shape.member as Shape, `${name}.member.1`);
  if (shape.kind === 'map') return [`${name}.entry.1.key`, ...textsOf(shape.value as Shape, `${name}.entry.1.value`)];
  return [name];
}

describe('a long text is not kept', () => {
  it('by operations of SQS, in any place of their input', async () => {
    const { post, keepsNoLongText } = await everything();
    for (const [name, { input }] of operations) {
      // Messages may be long, and the queue has to stay.
      if (/Send|Delete|Receive/.test(name)) continue;
      const sample = complete(name);
      for (const place of placesIn(input, sample)) {
        await post(jsonWith(sample, place, JSON.stringify(LONG)), { 'x-amz-target': `AmazonSQS.${name}` });
      }
    }
    for (const name of settableAttributes) {
      const body = JSON.stringify({ QueueUrl: 'q', Attributes: { [name]: LONG } });
      await post(body, { 'x-amz-target': 'AmazonSQS.SetQueueAttributes' });
    }
    await keepsNoLongText();
  });

  it('by operations of SNS, in any parameter', async () => {
    const { form, subscription, keepsNoLongText } = await everything();
    const base = { TopicArn: TOPIC, ResourceArn: TOPIC, SubscriptionArn: subscription, Label: 'l', Message: 'm' };
    const more = { 'AWSAccountId.member.1': '111122223333', 'ActionName.member.1': 'Publish', Protocol: 'sqs' };
    for (const [Action, { input }] of snsOperations) {
      if (/Delete|Unsubscribe/.test(Action)) continue;
      for (const parameter of textsOf(input, '')) {
        expect((await form({ Action, ...base, ...more, [parameter]: LONG })).status).toBeLessThan(500);
      }
    }
    for (const AttributeName of topicAttributes) {
      await form({ Action: 'SetTopicAttributes', TopicArn: TOPIC, AttributeName, AttributeValue: LONG });
    }
    const set = { Action: 'SetSubscriptionAttributes', SubscriptionArn: subscription };
    for (const AttributeName of subscriptionAttributes) await form({ ...set, AttributeName, AttributeValue: LONG });
    await keepsNoLongText();
  });

  it('by the permissions of a topic together', async () => {
    const { form, keepsNoLongText } = await everything();
    const accounts = Array.from({ length: 1000 }, (_, index) => [`AWSAccountId.member.${index + 1}`, '111122223333']);
    const add = (Label: string) =>
      form({
        ...{ Action: 'AddPermission', TopicArn: TOPIC, 'ActionName.member.1': 'Publish', Label },
        ...Object.fromEntries(accounts),
      });
    expect((await add('first')).status).toBe(200);
    const refused = await add('second');
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('can have up to 65536')]);
    await keepsNoLongText();
  });

  it('by operations on event source mappings', async () => {
    const { lambda, mapping, keepsNoLongText } = await everything();
    const settings = [
      { KMSKeyArn: LONG },
      { MetricsConfig: { Metrics: [LONG] } },
      { MetricsConfig: { Metrics: Array.from({ length: 1000 }, () => 'EventCount') } },
      { FunctionName: `f:${LONG}` },
      { FunctionName: `arn:aws:lambda:${LONG}:000000000000:function:f` },
      { Tags: { a: LONG } },
      { Tags: { [LONG]: 'a' } },
      { FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: [LONG] }) }] } },
    ];
    for (const one of settings) {
      await expect(lambda('POST', MAPPINGS, { EventSourceArn: QUEUE, FunctionName: 'f', ...one })).rejects.toThrow();
      if (!('Tags' in one)) await expect(lambda('PUT', `${MAPPINGS}/${mapping.UUID}`, one)).rejects.toThrow();
    }
    const tags = `/2017-03-31/tags/${encodeURIComponent(mapping.EventSourceMappingArn)}`;
    await expect(lambda('POST', tags, { Tags: { a: LONG } })).rejects.toThrow();
    await keepsNoLongText();
  });
});

describe('JSON that is nested deeply', () => {
  it.each([500, 1000, 2500, 5000, 10_000])('%i times is refused in every attribute of a topic', async (depth) => {
    const { form, subscription } = await everything();
    const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const AttributeValue of [deep, `{"Statement":[{"Action":"SNS:Publish","x":${deep}}]}`, `{"http":${deep}}`]) {
      for (const AttributeName of topicAttributes) {
        const set = { Action: 'SetTopicAttributes', TopicArn: TOPIC, AttributeName, AttributeValue };
        expect((await form(set)).status, AttributeName).toBeLessThan(500);
      }
      for (const AttributeName of subscriptionAttributes) {
        const set = { Action: 'SetSubscriptionAttributes', SubscriptionArn: subscription, AttributeName };
        expect((await form({ ...set, AttributeValue })).status, AttributeName).toBeLessThan(500);
      }
    }
  });
});
