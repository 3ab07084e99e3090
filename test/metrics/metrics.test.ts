/** The metrics that a scrape of /metrics returns. */

import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { overBothWires, setup, temporaryFolder } from '../helpers.ts';
import { type Scrape, scrape } from './exposition.ts';

/** Returns the metrics of a queue that are not 0, by their names without `squab_queue_`. */
function ofQueue({ samples }: Scrape, queue = 'q'): Record<string, number> {
  const labels = `{queue="${queue}",account="000000000000",region="us-east-1"}`;
  const found = [...samples].filter(([name, value]) => name.endsWith(labels) && value !== 0);
  return Object.fromEntries(found.map(([name, value]) => [name.slice(12, -labels.length), value]));
}

overBothWires('The metrics of a queue', (fixture) => {
  it('count sends, receives and deletions, under CloudWatch’s names', async () => {
    const { call, queue, squab, clock } = await fixture({ metrics: true });
    const QueueUrl = await queue();
    const MessageAttributes = { n: { DataType: 'Number', StringValue: '42' } };
    await call('SendMessage', { QueueUrl, MessageBody: 'hello', MessageAttributes });
    const Entries = [
      { Id: 'a', MessageBody: 'ä' },
      { Id: 'b', MessageBody: 'b', DelaySeconds: 60 },
    ];
    await call('SendMessageBatch', { QueueUrl, Entries });
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    await clock.advance(10_000);
    const sizes = { sent_message_size_bytes_sum: 5 + 1 + 6 + 2 + 2 + 1, sent_message_size_bytes_count: 3 };
    const common = { number_of_messages_sent_total: 3, number_of_messages_received_total: 1, ...sizes };
    expect(ofQueue(await scrape(squab.url))).toEqual({
      ...common,
      approximate_number_of_messages_visible: 1,
      approximate_number_of_messages_not_visible: 1,
      approximate_number_of_messages_delayed: 1,
      approximate_age_of_oldest_message_seconds: 10,
    });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    await call('PurgeQueue', { QueueUrl });
    await call('ReceiveMessage', { QueueUrl });
    expect(ofQueue(await scrape(squab.url))).toEqual({
      ...common,
      number_of_messages_deleted_total: 1,
      number_of_empty_receives_total: 1,
    });
  });

  it('count a long poll that ends without a message once, however many times it looked', async () => {
    const { call, queue, squab, clock } = await fixture({ metrics: true });
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'b', DelaySeconds: 30 });
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    const polls = async () => (await scrape(squab.url)).samples.get('squab_long_polls_waiting');
    while ((await polls()) !== 1);
    expect(ofQueue(await scrape(squab.url)).number_of_empty_receives_total).toBeUndefined();
    await clock.advance(20_000);
    expect(await poll).toEqual({});
    expect(await polls()).toBe(0);
    expect(ofQueue(await scrape(squab.url)).number_of_empty_receives_total).toBe(1);
  });

  it('count duplicates, expired messages and dead-lettered messages', async () => {
    const { call, queue, squab, clock } = await fixture({ metrics: true });
    await queue('dead.fifo', { FifoQueue: 'true', MessageRetentionPeriod: '3600' });
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead.fifo';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
    const QueueUrl = await queue('q.fifo', { FifoQueue: 'true', RedrivePolicy });
    const message = { QueueUrl, MessageBody: 'b', MessageGroupId: 'g', MessageDeduplicationId: '1' };
    for (const _twice of [1, 2]) await call('SendMessage', message);
    for (const _twice of [1, 2]) await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
    const first = await scrape(squab.url);
    expect(ofQueue(first, 'q.fifo')).toMatchObject({
      number_of_messages_sent_total: 1,
      number_of_deduplicated_sent_messages_total: 1,
      number_of_messages_dead_lettered_total: 1,
      number_of_empty_receives_total: 1,
    });
    expect(ofQueue(first, 'dead.fifo')).toEqual({ approximate_number_of_messages_visible: 1 });
    await clock.advance(3_600_000);
    expect(ofQueue(await scrape(squab.url), 'dead.fifo')).toEqual({ number_of_messages_expired_total: 1 });
  });

  it('appear after a restart if the queue holds messages, and disappear with the queue', async () => {
    const data = temporaryFolder();
    const first = await fixture({ metrics: true, data });
    await first.call('SendMessage', { QueueUrl: await first.queue(), MessageBody: 'b' });
    await first.squab.stop();
    const { call, squab } = await fixture({ metrics: true, data });
    expect(ofQueue(await scrape(squab.url))).toMatchObject({ approximate_number_of_messages_visible: 1 });
    await call('DeleteQueue', { QueueUrl: 'q' });
    const { samples } = await scrape(squab.url);
    expect([...samples.keys()].filter((name) => name.startsWith('squab_queue_'))).toEqual([]);
  });

  it('are left out while the storage fails, while all others are still returned', async () => {
    const data = temporaryFolder();
    const { call, queue, squab } = await fixture({ metrics: true, data });
    await call('SendMessage', { QueueUrl: await queue(), MessageBody: 'b' });
    renameSync(`${data}/squab.db`, `${data}/gone`);
    const { samples } = await scrape(squab.url);
    expect(samples.get('squab_store_available')).toBe(0);
    expect(samples.get('squab_requests_total{operation="SendMessage",code="OK"}')).toBe(1);
    renameSync(`${data}/gone`, `${data}/squab.db`);
    expect((await scrape(squab.url)).samples.get('squab_store_available')).toBe(1);
  });

  it('come with counts and durations of requests by operation and outcome', async () => {
    const { call, queue, squab } = await fixture({ metrics: true });
    await queue();
    await call('SendMessage', { QueueUrl: 'none', MessageBody: 'b' }).catch(() => {});
    await call('MadeUpByTheClient').catch(() => {});
    const { samples } = await scrape(squab.url);
    const requests = [...samples].filter(([name]) => name.startsWith('squab_requests_total'));
    expect(Object.fromEntries(requests)).toEqual({
      'squab_requests_total{operation="CreateQueue",code="OK"}': 1,
      'squab_requests_total{operation="SendMessage",code="AWS.SimpleQueueService.NonExistentQueue"}': 1,
      'squab_requests_total{operation="none",code="InvalidAction"}': 1,
    });
    expect(samples.get('squab_request_duration_seconds_count{operation="CreateQueue"}')).toBe(1);
    expect(samples.get('squab_request_duration_seconds_bucket{le="+Inf",operation="CreateQueue"}')).toBe(1);
  });
});

describe('Metrics', () => {
  it('are off by default', async () => {
    const { squab } = await setup();
    await expect(scrape(squab.url)).rejects.toThrow('404 Metrics are off. Start Squab with --metrics.');
  });

  it('include transactions and the process', async () => {
    const { squab, client } = await setup({ metrics: true });
    const { call } = client('JSON');
    await Promise.all(['a', 'b', 'c'].map((QueueName) => call('CreateQueue', { QueueName })));
    const { samples, types } = await scrape(squab.url);
    const count = samples.get('squab_store_transaction_duration_seconds_count')!;
    expect(count).toBeGreaterThan(0);
    expect(samples.get('squab_store_transaction_verbs_count')).toBeGreaterThanOrEqual(count);
    expect(samples.get('squab_store_transaction_verbs_sum')).toBeGreaterThanOrEqual(3);
    expect(types.get('process_resident_memory_bytes')).toBe('gauge');
    expect(types.get('squab_queue_sent_message_size_bytes')).toBe('summary');
  });

  it('name the region, of whose characters none need escapes', async () => {
    const { squab, client } = await setup({ metrics: true });
    const { call } = client('JSON');
    const region = 'a-Region_1.x';
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { region });
    await call('SendMessage', { QueueUrl, MessageBody: 'b' }, { region });
    await expect(call('CreateQueue', { QueueName: 'q' }, { region: 'a"b\\c' })).rejects.toThrow('The name of a region');
    const { samples } = await scrape(squab.url);
    const labels = `{queue="q",account="000000000000",region="${region}"}`;
    expect(samples.get(`squab_queue_number_of_messages_sent_total${labels}`)).toBe(1);
  });

  it('of two Squabs in the same process are separate', async () => {
    const [one, other] = [await setup({ metrics: true }), await setup({ metrics: true })];
    await one.client('JSON').call('CreateQueue', { QueueName: 'q' });
    expect((await scrape(one.squab.url)).samples.get('squab_queues')).toBe(1);
    expect((await scrape(other.squab.url)).samples.get('squab_queues')).toBe(0);
  });

  it('of a thousand queues are complete', async () => {
    const { squab, client } = await setup({ metrics: true });
    const { call } = client('JSON');
    const make = async (at: number) => {
      const { QueueUrl } = await call('CreateQueue', { QueueName: `q${at}` });
      if (at % 2 === 0) await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    };
    await Promise.all(Array.from({ length: 1000 }, (_, at) => make(at)));
    const { samples } = await scrape(squab.url);
    expect(samples.get('squab_queues')).toBe(1000);
    // Queues that are empty and have had no events are left out.
    const visible = [...samples.keys()].filter((name) => name.includes('_messages_visible{'));
    expect(visible).toHaveLength(500);
  });
});
