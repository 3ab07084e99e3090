import { expect, it } from 'vitest';
import { type Fixture, type Output, overBothWires } from '../helpers.ts';

async function send({ call }: Fixture, QueueUrl: string, MessageGroupId: string | undefined, count: number, body = '') {
  for (let sent = 0; sent < count; sent += 10) {
    const Entries = Array.from({ length: Math.min(10, count - sent) }, (_, index) => ({
      Id: `e${index}`,
      MessageBody: `${MessageGroupId ?? 'nobody'}${body}`,
      ...(MessageGroupId && { MessageGroupId }),
    }));
    await call('SendMessageBatch', { QueueUrl, Entries });
  }
}

async function receive({ call }: Fixture, QueueUrl: string, MaxNumberOfMessages = 10): Promise<string[]> {
  const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages });
  return Messages.map(({ Body }: Output) => Body);
}

/** Lets so many messages of a tenant be in flight. */
async function busyWith(f: Fixture, QueueUrl: string, tenant: string, count: number) {
  await send(f, QueueUrl, tenant, count);
  for (let received = 0; received < count; received += 10) await receive(f, QueueUrl);
}

overBothWires('A fair queue', (fixture) => {
  it('hands out in the order of arrival while no tenant is noisy', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'a', 29);
    await send(f, QueueUrl, 'a', 2);
    await send(f, QueueUrl, 'b', 1);
    expect(await receive(f, QueueUrl)).toEqual(['a', 'a', 'b']);
  });

  it('hands out messages of quiet tenants, and those of none, before those of a noisy one', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'noisy', 30);
    await send(f, QueueUrl, 'noisy', 30);
    await send(f, QueueUrl, 'quiet', 2);
    await send(f, QueueUrl, undefined, 1);
    await send(f, QueueUrl, 'other', 1);
    expect(await receive(f, QueueUrl, 3)).toEqual(['quiet', 'quiet', 'nobody']);
    expect(await receive(f, QueueUrl, 3)).toEqual(['other', 'noisy', 'noisy']);
  });

  it('lets a noisy tenant flow at the full rate when nobody else waits', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'noisy', 50);
    await send(f, QueueUrl, 'noisy', 15);
    expect(await receive(f, QueueUrl)).toHaveLength(10);
    expect(await receive(f, QueueUrl)).toHaveLength(5);
  });

  it('serves the noisy tenant first that has fewer messages in flight', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'most', 60);
    await busyWith(f, QueueUrl, 'many', 40);
    await send(f, QueueUrl, 'most', 1);
    await send(f, QueueUrl, 'many', 1);
    expect(await receive(f, QueueUrl)).toEqual(['many', 'most']);
  });

  it('takes a tenant for noisy only with more than a tenth of what is in flight', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    for (let tenant = 0; tenant < 9; tenant++) await busyWith(f, QueueUrl, `t${tenant}`, 40);
    await busyWith(f, QueueUrl, 'tenth', 40);
    await send(f, QueueUrl, 'tenth', 1);
    await send(f, QueueUrl, 'new', 1);
    expect(await receive(f, QueueUrl)).toEqual(['tenth', 'new']);
  });

  it('takes a tenant for quiet again when its messages are not in flight any more', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q', { VisibilityTimeout: '10' });
    await busyWith(f, QueueUrl, 'noisy', 30);
    await f.clock.advance(10_000);
    await send(f, QueueUrl, 'quiet', 1);
    expect(await receive(f, QueueUrl)).toEqual(Array(10).fill('noisy'));
  });

  it('keeps the tenant of a message that moves to a dead-letter queue', async () => {
    const f = await fixture();
    const dlq = await f.queue('dlq');
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
    const QueueUrl = await f.queue('q', { RedrivePolicy, VisibilityTimeout: '0' });
    await send(f, QueueUrl, 'tenant', 1);
    await receive(f, QueueUrl);
    await receive(f, QueueUrl);
    await busyWith(f, dlq, 'tenant', 30);
    const { Messages } = await f.call('ReceiveMessage', { QueueUrl: dlq, AttributeNames: ['MessageGroupId'] });
    expect(Messages).toMatchObject([{ Attributes: { MessageGroupId: 'tenant' } }]);
  });

  it('takes messages of a tenant in any order, and shows no sequence numbers', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await send(f, QueueUrl, 'a', 2);
    expect(await receive(f, QueueUrl, 1)).toEqual(['a']);
    expect(await receive(f, QueueUrl, 1)).toEqual(['a']);
  });
});
