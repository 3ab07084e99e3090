import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Fixture, type Output, overBothWires } from '../helpers.ts';
import { rawRequest } from '../http/raw-http.ts';

/** Starts a poll of up to 20 seconds. Its result is in an object, because the caller would otherwise wait for it. */
async function poll(f: Fixture, QueueUrl: string, more: object = {}): Promise<{ result: Promise<string[]> }> {
  const result = f
    .call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20, ...more })
    .then(({ Messages = [] }) => Messages.map(({ Body }: Output) => Body));
  await f.clock.advance(0);
  return { result };
}

async function isOpen({ clock }: Fixture, result: Promise<unknown>): Promise<boolean> {
  await clock.advance(0);
  return (await Promise.race([result.then(() => false), Promise.resolve(true)])) as boolean;
}

/** Waits until the server has received all requests so far, which the response to a later request shows. */
async function arrived({ call }: Fixture): Promise<void> {
  await call('ListQueues');
}

overBothWires('A long poll', (fixture) => {
  describe('ends', () => {
    it('when a message is sent', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const { result } = await poll(f, QueueUrl);
      await arrived(f);
      await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
      expect(await result).toEqual(['m']);
    });

    it('empty when its waiting time is over, and not before', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const { result } = await poll(f, QueueUrl, { WaitTimeSeconds: 3 });
      await arrived(f);
      await f.clock.advance(2999);
      expect(await isOpen(f, result)).toBe(true);
      await f.clock.advance(1);
      expect(await result).toEqual([]);
    });

    it("after the queue's waiting time by default, and at once if the request sets 0", async () => {
      const f = await fixture();
      const QueueUrl = await f.queue('q', { ReceiveMessageWaitTimeSeconds: '5' });
      expect(await (await poll(f, QueueUrl, { WaitTimeSeconds: 0 })).result).toEqual([]);
      const { result } = await poll(f, QueueUrl, { WaitTimeSeconds: undefined });
      await arrived(f);
      await f.clock.advance(4999);
      expect(await isOpen(f, result)).toBe(true);
      await f.clock.advance(1);
      expect(await result).toEqual([]);
    });

    it('when a delay ends', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const { result } = await poll(f, QueueUrl);
      await arrived(f);
      await f.call('SendMessage', { QueueUrl, MessageBody: 'm', DelaySeconds: 7 });
      await f.clock.advance(6999);
      expect(await isOpen(f, result)).toBe(true);
      await f.clock.advance(1);
      expect(await result).toEqual(['m']);
    });

    it('when a visibility timeout ends that began before the poll', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue('q', { VisibilityTimeout: '10' });
      await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
      await f.call('ReceiveMessage', { QueueUrl });
      const { result } = await poll(f, QueueUrl);
      await arrived(f);
      await f.clock.advance(10_000);
      expect(await result).toEqual(['m']);
    });

    it('when a visibility timeout ends that began during the poll', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const first = await poll(f, QueueUrl, { VisibilityTimeout: 2 });
      await arrived(f);
      const second = await poll(f, QueueUrl);
      await arrived(f);
      await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
      expect(await first.result).toEqual(['m']);
      await f.clock.advance(1999);
      expect(await isOpen(f, second.result)).toBe(true);
      await f.clock.advance(1);
      expect(await second.result).toEqual(['m']);
    });

    it('when the visibility timeout of a message is ended or shortened', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      for (const VisibilityTimeout of [0, 1]) {
        await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
        const [{ ReceiptHandle }] = (await f.call('ReceiveMessage', { QueueUrl })).Messages;
        const { result } = await poll(f, QueueUrl);
        await arrived(f);
        await f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout });
        await f.clock.advance(VisibilityTimeout * 1000);
        expect(await result).toEqual(['m']);
      }
    });

    it('when a message is moved to the dead-letter queue that is polled', async () => {
      const f = await fixture();
      const dlq = await f.queue('dlq');
      const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
      const QueueUrl = await f.queue('q', {
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
        VisibilityTimeout: '0',
      });
      await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
      await f.call('ReceiveMessage', { QueueUrl });
      const { result } = await poll(f, dlq);
      await arrived(f);
      expect(await f.call('ReceiveMessage', { QueueUrl })).toEqual({});
      expect(await result).toEqual(['m']);
    });

    it('when deletes bring the queue below the in-flight limit, one poll for each', async () => {
      const f = await fixture({ inFlightLimit: 2 });
      const QueueUrl = await f.queue();
      for (const MessageBody of ['1', '2', '3', '4']) await f.call('SendMessage', { QueueUrl, MessageBody });
      const { Messages } = await f.call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 2 });
      const polls: Promise<string[]>[] = [];
      for (let index = 0; index < 2; index++) {
        polls.push((await poll(f, QueueUrl)).result);
        await arrived(f);
      }
      for (const [index, { ReceiptHandle }] of Messages.entries()) {
        await f.call('DeleteMessage', { QueueUrl, ReceiptHandle });
        expect(await polls[index]).toEqual([String(index + 3)]);
      }
    });

    it('empty when Squab stops', async () => {
      const f = await fixture();
      const { result } = await poll(f, await f.queue());
      await arrived(f);
      await f.squab.stop();
      expect(await result).toEqual([]);
    });
  });

  it('continues when its look dead-letters the only message', async () => {
    const f = await fixture();
    await f.queue('dlq');
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
    const QueueUrl = await f.queue('q', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
      VisibilityTimeout: '5',
    });
    await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
    await f.call('ReceiveMessage', { QueueUrl });
    const { result } = await poll(f, QueueUrl);
    await arrived(f);
    await f.clock.advance(5000);
    expect(await isOpen(f, result)).toBe(true);
    await f.clock.advance(15_000);
    expect(await result).toEqual([]);
  });

  it('is served in the order of arrival, one poll for each message', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const polls: Promise<string[]>[] = [];
    for (let index = 0; index < 3; index++) {
      polls.push((await poll(f, QueueUrl)).result);
      await arrived(f);
    }
    for (const MessageBody of ['1', '2']) await f.call('SendMessage', { QueueUrl, MessageBody });
    expect(await polls[0]).toEqual(['1']);
    expect(await polls[1]).toEqual(['2']);
    expect(await isOpen(f, polls[2]!)).toBe(true);
    const Entries = ['3', '4'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await f.call('SendMessageBatch', { QueueUrl, Entries });
    expect(await polls[2]).toEqual(['3']);
  });

  it('shares a batch with other polls: each message wakes one of them', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const polls = [await poll(f, QueueUrl), await poll(f, QueueUrl)];
    await arrived(f);
    const Entries = ['1', '2'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await f.call('SendMessageBatch', { QueueUrl, Entries });
    const bodies = await Promise.all(polls.map(({ result }) => result));
    expect(bodies.flat().sort()).toEqual(['1', '2']);
  });

  it('takes no message when its client has gone', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const socket = connect(f.squab.port, '127.0.0.1');
    socket.write(
      f.wire === 'JSON'
        ? rawRequest(
            'POST /',
            ['Host: x', 'X-Amz-Target: AmazonSQS.ReceiveMessage'],
            JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 }),
          )
        : rawRequest(
            'POST /',
            ['Host: x', 'Content-Type: application/x-www-form-urlencoded'],
            `Action=ReceiveMessage&WaitTimeSeconds=20&QueueUrl=${encodeURIComponent(QueueUrl)}`,
          ),
    );
    await f.clock.advance(0);
    await arrived(f);
    const next = await poll(f, QueueUrl);
    await arrived(f);
    socket.destroy();
    await new Promise((resolve) => socket.once('close', resolve));
    await arrived(f);
    await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
    expect(await next.result).toEqual(['m']);
  });
});
