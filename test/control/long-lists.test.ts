/** Lists of the control interface whose entries are as long as they can be: no response takes more than a few MiB. */

import { expect, it } from 'vitest';
import { Journal } from '../../src/control/journal/journal.ts';
import { cpuMs } from '../cpu-time.ts';
import { ACCOUNT, type Sns, withSns } from '../sns-client.ts';

/** A page, and one more entry. In JSON, an entry can be a few times as long as its texts. */
const PAGE_MAX = 5_000_000;

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const topicArn = (name: string) => `arn:aws:sns:us-east-1:${ACCOUNT}:${name}`;

/** Subscriptions with endpoints of 64,000 characters, all of which JSON escapes. */
async function subscriptions({ sns, topic }: Sns): Promise<string[]> {
  const TopicArn = await topic();
  const endpoints = range(40).map((index) => `${'"'.repeat(64_000)}${index}@example.com`);
  for (const Endpoint of endpoints) await sns('Subscribe', { TopicArn, Protocol: 'email', Endpoint });
  return endpoints;
}

async function topics({ topic }: Sns): Promise<string[]> {
  const names = range(100).map((index) => `t${String(index).padStart(3, '0')}`);
  for (const name of names) {
    const Principal = { AWS: range(4000).map((index) => String(100_000_000_000 + index)) };
    const Statement = { Effect: 'Allow', Principal, Action: 'sns:Publish', Resource: topicArn(name) };
    await topic(name, { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  }
  return names;
}

async function queues({ sqs }: Sns): Promise<string[]> {
  const names = range(250).map((index) => `q${String(index).padStart(3, '0')}`);
  const keys = range(50).map((index) => `${index}`.padEnd(128, 'k'));
  const tags = Object.fromEntries(keys.map((key) => [key, 'v'.repeat(256)]));
  for (const QueueName of names) await sqs('CreateQueue', { QueueName, tags });
  return names;
}

const lists = {
  subscriptions: { make: subscriptions, path: '/topics/t/subscriptions', list: 'subscriptions', member: 'endpoint' },
  topics: { make: topics, path: '/topics', list: 'topics', member: 'name' },
  queues: { make: queues, path: '/queues', list: 'queues', member: 'name' },
  'queues by age': { make: queues, path: '/queues?sort=age', list: 'queues', member: 'name' },
};

it.each(Object.entries(lists))('%s: a page with long entries ends early, and the next one goes on', async (_, one) => {
  const made = await withSns();
  const names = await one.make(made);
  const found: string[] = [];
  let pages = 0;
  for (let after: string | undefined = '', isFirst = true; after !== undefined; isFirst = false, pages++) {
    const url = new URL(`${made.squab.url}/_squab${one.path}`);
    url.searchParams.set('limit', '1000');
    if (!isFirst) url.searchParams.set('after', after);
    const text = await (await fetch(url)).text();
    expect(text.length).toBeLessThan(PAGE_MAX);
    const page = JSON.parse(text);
    found.push(...page[one.list].map((entry: Record<string, string>) => entry[one.member]));
    after = page.next;
  }
  expect(pages).toBeGreaterThan(1);
  expect(found.sort()).toEqual(names.sort());
});

it('what becomes of a message shows the beginning of long endpoints and reasons', async () => {
  const made = await withSns();
  await subscriptions(made);
  const Endpoint = `arn:aws:sqs:us-east-1:${ACCOUNT}:${'q'.repeat(64_000)}`;
  const FilterPolicy = JSON.stringify({ ['k'.repeat(50_000)]: ['x'] });
  const TopicArn = topicArn('t');
  await made.sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint, Attributes: { FilterPolicy } });
  await made.sns('Publish', { TopicArn, Message: 'm' });
  const explained = await made.squab.control.topics.explain('t', { message: 'm' });
  const deliveries = await made.squab.control.topics.deliveries('t', { limit: 1000 });
  for (const shown of [explained.deliveries, deliveries]) {
    expect(shown).toHaveLength(41);
    for (const one of shown) expect(JSON.stringify(one).length).toBeLessThan(6000);
  }
});

it('the journal shows fewer messages if each has thousands of events', async () => {
  const { squab, sqs } = await withSns();
  const { snapshots, queues, messages } = squab.control;
  const { QueueUrl } = await sqs('CreateQueue', { QueueName: 'q' });
  const Entries = range(10).map((index) => ({ Id: String(index), MessageBody: 'm' }));
  for (let batch = 0; batch < 20; batch++) await sqs('SendMessageBatch', { QueueUrl, Entries });
  await snapshots.take('before');
  for (let test = 0; test < 300; test++) {
    await queues.purge('q');
    await snapshots.restore('before');
  }
  const shown = messages.recent(undefined, 1000);
  expect(shown[0]!.events).toHaveLength(301);
  expect(shown.length).toBeLessThan(200);
  expect(JSON.stringify(shown).length).toBeLessThan(PAGE_MAX);
});

/** Returns a journal that knows 1,000 messages of the queue `one`. */
function journalOfMessages() {
  const journal = new Journal(20_000);
  const place = { account: ACCOUNT, region: 'us-east-1', fifo: false, createdAt: 0, modifiedAt: 0, retentionMs: 0 };
  const queueOf = (id: number) => ({ ...place, id, name: `q${id}`, attributes: new Map(), tags: new Map() });
  const [one, other] = [queueOf(1), queueOf(2)];
  for (const key of range(1000)) {
    const content = { messageId: `m${key}`, body: '', bodyMd5: '', senderId: ACCOUNT };
    journal.note({ kind: 'sent', queue: one, key, content, visibleAt: 0 }, 0);
  }
  return { journal, one, other };
}

it('messages in the journal take no time for the purges of other queues', () => {
  const { journal, one, other } = journalOfMessages();
  for (let purge = 0; purge < 79_000; purge++) journal.note({ kind: 'purged', queue: other }, 0);
  const start = cpuMs();
  expect([...journal.latest()].filter((message) => journal.isGone(message))).toEqual([]);
  expect(cpuMs() - start).toBeLessThan(500);
  journal.note({ kind: 'purged', queue: one }, 0);
  expect([...journal.latest()].filter((message) => journal.isGone(message)).length).toBeGreaterThan(0);
});

it('messages in the journal take no time for the restores that undid something else', () => {
  const { journal, one, other } = journalOfMessages();
  for (let test = 0; test < 5000; test++) {
    const mark = journal.mark();
    journal.note({ kind: 'purged', queue: test < 4900 ? other : one }, 0);
    journal.restored(mark);
  }
  const start = cpuMs();
  expect([...journal.latest()].filter((message) => journal.isGone(message))).toEqual([]);
  expect(cpuMs() - start).toBeLessThan(300);
});
