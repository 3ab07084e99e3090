import { expect, it } from 'vitest';
import { type Fixture, type Output, overBothWires } from '../helpers.ts';

async function send({ call }: Fixture, QueueUrl: string, MessageGroupId: string | undefined, count: number, body = '') {
  for (let sent = 0; sent < count; sent += 10) {
    const Entries = Array.from({ length: Math.min(10, count - sent) }, (_, index) => ({
      Id: `e${index}`,
      MessageBody: `${MessageGroupId ?? 'none'}${body}`,
      ...(MessageGroupId && { MessageGroupId }),
    }));
    await call('SendMessageBatch', { QueueUrl, Entries });
  }
}

async function receive({ call }: Fixture, QueueUrl: string, MaxNumberOfMessages = 10): Promise<string[]> {
  const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages });
  return Messages.map(({ Body }: Output) => Body);
}

/** Sends `count` messages of a tenant, and receives them, so that they are in flight. */
async function busyWith(f: Fixture, QueueUrl: string, tenant: string, count: number) {
  await send(f, QueueUrl, tenant, count);
  for (let received = 0; received < count; received += 10) await receive(f, QueueUrl);
}

overBothWires('A fair queue', (fixture) => {
  it('delivers in the order of arrival while no tenant is noisy', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'a', 29);
    await send(f, QueueUrl, 'a', 2);
    await send(f, QueueUrl, 'b', 1);
    expect(await receive(f, QueueUrl)).toEqual(['a', 'a', 'b']);
  });

  it('delivers messages of quiet tenants, and messages without a tenant, before those of a noisy tenant', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'noisy', 30);
    await send(f, QueueUrl, 'noisy', 30);
    await send(f, QueueUrl, 'quiet', 2);
    await send(f, QueueUrl, undefined, 1);
    await send(f, QueueUrl, 'other', 1);
    expect(await receive(f, QueueUrl, 3)).toEqual(['quiet', 'quiet', 'none']);
    expect(await receive(f, QueueUrl, 3)).toEqual(['other', 'noisy', 'noisy']);
  });

  it('finds a message without a tenant, and one of a quiet tenant, behind any number of those of a noisy one', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'noisy', 30);
    await send(f, QueueUrl, undefined, 1, ', returned');
    expect(await receive(f, QueueUrl)).toEqual(['none, returned']);
    await send(f, QueueUrl, 'noisy', 2500);
    await send(f, QueueUrl, 'quiet', 1);
    await send(f, QueueUrl, undefined, 1);
    expect(await receive(f, QueueUrl, 3)).toEqual(['quiet', 'none', 'noisy']);
    await f.clock.advance(30_000);
    await busyWith(f, QueueUrl, 'noisy', 30);
    expect(await receive(f, QueueUrl, 3)).toEqual(['none, returned', 'quiet', 'none']);
  });

  it('delivers the messages of a noisy tenant at the full rate when no other tenant waits', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'noisy', 50);
    await send(f, QueueUrl, 'noisy', 15);
    expect(await receive(f, QueueUrl)).toHaveLength(10);
    expect(await receive(f, QueueUrl)).toHaveLength(5);
  });

  it('serves first the noisy tenant with fewer messages in flight', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await busyWith(f, QueueUrl, 'most', 60);
    await busyWith(f, QueueUrl, 'many', 40);
    await send(f, QueueUrl, 'most', 1);
    await send(f, QueueUrl, 'many', 1);
    expect(await receive(f, QueueUrl)).toEqual(['many', 'most']);
  });

  it('treats a tenant as noisy only if it has more than a tenth of the messages in flight', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    for (let tenant = 0; tenant < 9; tenant++) await busyWith(f, QueueUrl, `t${tenant}`, 40);
    await busyWith(f, QueueUrl, 'tenth', 40);
    await send(f, QueueUrl, 'tenth', 1);
    await send(f, QueueUrl, 'new', 1);
    expect(await receive(f, QueueUrl)).toEqual(['tenth', 'new']);
  });

  it('treats a tenant as quiet again when its messages are no longer in flight', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q', { VisibilityTimeout: '10' });
    await busyWith(f, QueueUrl, 'noisy', 30);
    await f.clock.advance(10_000);
    await send(f, QueueUrl, 'quiet', 1);
    expect(await receive(f, QueueUrl)).toEqual(Array(10).fill('noisy'));
  });

  it('keeps the tenant of a message that is dead-lettered', async () => {
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

  it('delivers messages of a tenant while others of the same tenant are in flight', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    await send(f, QueueUrl, 'a', 2);
    expect(await receive(f, QueueUrl, 1)).toEqual(['a']);
    expect(await receive(f, QueueUrl, 1)).toEqual(['a']);
  });
});
