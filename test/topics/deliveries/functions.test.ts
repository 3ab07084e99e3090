/** Deliveries to functions. */

import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/topics/deliveries/outcome.ts';
import { AWS_ENDPOINT_DELAYS } from '../../../src/topics/deliveries/retries.ts';
import { eventually } from '../../eventually.ts';
import { startDelivering, topicArn } from './setup.ts';

const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

describe('a delivery to a function', () => {
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
  const envelope = {
    Type: 'Notification',
    MessageId: 'm1',
    TopicArn: topicArn,
    Message: 'text',
    Timestamp: '2026-01-01T00:00:00.000Z',
    SignatureVersion: '1',
    Signature: 'c2ln',
    SigningCertURL: 'http://localhost/cert.pem',
    UnsubscribeURL: 'http://localhost/?Action=Unsubscribe',
  };

  it('is an event with one record', async () => {
    const { invoked, subscribe, publish, report } = await startDelivering();
    const id = await subscribe({ protocol: 'lambda', endpoint: functionArn });
    await publish(id, { messageId: 'm1', body: JSON.stringify(envelope, undefined, 2) });
    expect(await report()).toEqual({ type: 'Notification', messageId: 'm1', attempt: 1, result: 'delivered' });
    expect(invoked[0]!.functionArn).toBe(functionArn);
    expect(invoked[0]!.event).toBe(
      `{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"${topicArn}:${id}",` +
        `"Sns":{"Type":"Notification","MessageId":"m1","TopicArn":"${topicArn}","Subject":null,"Message":"text",` +
        '"Timestamp":"2026-01-01T00:00:00.000Z","SignatureVersion":"1","Signature":"c2ln",' +
        '"SigningCertUrl":"http://localhost/cert.pem","UnsubscribeUrl":"http://localhost/?Action=Unsubscribe",' +
        '"MessageAttributes":{}}}]}',
    );
  });

  it('passes the subject and the message attributes on', async () => {
    const { invoked, subscribe, publish, report } = await startDelivering();
    const MessageAttributes = { color: { Type: 'String', Value: 'blue' } };
    const body = JSON.stringify({ ...envelope, Subject: 's', MessageAttributes });
    await publish(await subscribe({ protocol: 'lambda', endpoint: functionArn }), { body });
    await report();
    expect(JSON.parse(invoked[0]!.event).Records[0].Sns).toMatchObject({ Subject: 's', MessageAttributes });
  });

  it('that fails is tried again, at once at first, and then dead-lettered with its envelope', async () => {
    const delivering = await startDelivering();
    const { clock, invoked, subscribe, publish, report, queue, received } = delivering;
    delivering.outcome = { kind: 'failed', reason: 'the function cannot be reached' };
    const deadLetters = await queue('dlq');
    const id = await subscribe({ protocol: 'lambda', endpoint: functionArn, deadLetterArn: queueArn('dlq') });
    await publish(id, { body: JSON.stringify(envelope) });
    for (let attempt = 1; attempt <= 4; attempt++) expect(await report()).toMatchObject({ attempt, result: 'failed' });
    expect(invoked.length).toBe(4);
    await clock.advance(120_000);
    for (let attempt = 5; attempt <= 15; attempt++) expect(await report()).toMatchObject({ attempt, result: 'failed' });
    expect(await report()).toMatchObject({ attempt: 16, result: 'dead-lettered' });
    expect(await received(deadLetters)).toEqual([{ body: JSON.stringify(envelope), attributes: undefined }]);
  });

  it('is tried for about a minute', () => {
    const total = AWS_ENDPOINT_DELAYS.reduce((sum, delay) => sum + delay, 0);
    expect(total).toBeGreaterThan(30_000);
    expect(total).toBeLessThan(90_000);
  });

  it('that does not exist is dead-lettered at once', async () => {
    const delivering = await startDelivering();
    const { subscribe, publish, report, queue } = delivering;
    await queue('dlq');
    delivering.outcome = { kind: 'refused', reason: 'there is no function f' };
    const id = await subscribe({ protocol: 'lambda', endpoint: functionArn, deadLetterArn: queueArn('dlq') });
    await publish(id, { body: JSON.stringify(envelope) });
    expect(await report()).toMatchObject({ attempt: 1, result: 'dead-lettered', reason: 'there is no function f' });
  });
});

it('makes a limited number of attempts at once, whatever the number of subscribers', async () => {
  const ends: (() => void)[] = [];
  const invoke = (_functionArn: string, _event: string, signal: AbortSignal) =>
    new Promise<Outcome | undefined>((resolve) => {
      if (signal.aborted) return resolve(undefined);
      ends.push(() => resolve({ kind: 'delivered' }));
      signal.addEventListener('abort', () => resolve(undefined));
    });
  const { deliverer, engine, clock, subscribe, publish, report } = await startDelivering({ attemptsMax: 3, invoke });
  const backlogs: number[] = [];
  for (let index = 0; index < 10; index++) {
    const id = await subscribe({
      protocol: 'lambda',
      endpoint: `arn:aws:lambda:us-east-1:000000000000:function:${index}`,
    });
    await publish(id, { body: '{}' });
    backlogs.push((await engine.topics.findSubscription(id))!.backlogId!);
  }
  await eventually(() => expect(ends).toHaveLength(3));
  // The others are still in the storage, and not in memory.
  const counts = await Promise.all(backlogs.map((id) => engine.counts(id, clock.now())));
  expect(counts.filter((one) => one?.visible === 1)).toHaveLength(7);
  for (let index = 0; index < 5; index++) {
    ends[index]!();
    expect(await report()).toMatchObject({ result: 'delivered' });
    await eventually(() => expect(ends).toHaveLength(index + 4));
  }
  // Those that wait do not keep it from ending.
  await deliverer.end();
});
