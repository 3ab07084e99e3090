/** Queue URLs and ARNs in place of queue names, in every part of the control interface; and purging. */

import { expect, it } from 'vitest';
import type { MissedEvents } from '../../src/control/events/events.ts';
import type { EventReport } from '../../src/control/journal/reports.ts';
import type { Squab } from '../../src/index.ts';
import { setup } from '../helpers.ts';
import { control } from './client.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
/** Its URL has more characters than a parameter of a path may have by default. */
const NAME = `orders-${'x'.repeat(73)}`;

/** A Squab with a queue in an account and region other than its defaults, which holds a message. */
async function withQueue() {
  const { squab, client } = await setup({ baseUrl: 'http://sqs.{region}.localhost.localstack.cloud:{port}' });
  const where = { account: ACCOUNT, region: REGION };
  const call = (operation: string, input: object) => client('JSON').call(operation, { ...input }, where);
  const { QueueUrl: url } = await call('CreateQueue', { QueueName: NAME });
  await call('SendMessage', { QueueUrl: url, MessageBody: 'hello' });
  return { squab, call, url: url as string, arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${NAME}` };
}

const names = ['url', 'arn'] as const;
const queue = { name: NAME, account: ACCOUNT, region: REGION };

it.each(names)('a program can name a queue by its %s', async (form) => {
  const made = await withQueue();
  const name = made[form];
  const { control } = made.squab;
  expect(await control.queues.get(name)).toMatchObject(queue);
  const { messages } = await control.messages.peek(name);
  expect(messages).toMatchObject([{ body: 'hello' }]);
  const { messageId } = messages[0]!;
  expect(await control.messages.find(messageId, name)).toMatchObject({ messageId, queue });
  expect(control.messages.recent(name)).toMatchObject([{ messageId }]);
  expect(await control.explain.receive(name)).toMatchObject({ outcome: 'message', queue });
  expect(await control.explain.send(name, { body: 'x' })).toMatchObject({ outcome: 'sent', queue });
  expect(await control.waitFor(name, { for: 'sent', afterEventId: 0 })).toMatchObject({ event: { messageId } });
  expect(await control.messages.replay(messageId, name)).toMatchObject({ queue });
  expect(control.faults.add({ queue: name, effect: { type: 'drop' } })).toMatchObject({
    ...{ queue: NAME, account: ACCOUNT, region: REGION },
  });
  expect(await firstEvent(made.squab, name)).toMatchObject({ kind: 'queue-created', queue });
});

async function firstEvent(squab: Squab, name: string): Promise<EventReport | MissedEvents | undefined> {
  for await (const event of squab.control.events.follow({ queue: name }, 0)) return event;
  return undefined;
}

it.each(names)('over HTTP, a queue can be named by its %s', async (form) => {
  const made = await withQueue();
  const name = encodeURIComponent(made[form]);
  const { get, post } = control(made.squab.url);
  expect(await get(`/queues/${name}`)).toMatchObject(queue);
  const { messages } = await get(`/queues/${name}/messages`);
  expect(messages).toMatchObject([{ body: 'hello' }]);
  expect(await get(`/messages/${messages[0].messageId}?queue=${name}`)).toMatchObject({ queue });
  expect((await get(`/messages?queue=${name}`)).messages).toHaveLength(1);
  expect(await get(`/queues/${name}/explain`)).toMatchObject({ queue });
  expect(await post(`/queues/${name}/explain-send`, { body: 'x' })).toMatchObject({ queue });
  expect(await post(`/queues/${name}/wait`, { for: 'sent', afterEventId: 0 })).toMatchObject({ event: { queue } });
  expect(await post(`/messages/${messages[0].messageId}/replay`, { queue: made[form] })).toMatchObject({ queue });
  expect(await post('/faults', { queue: made[form], effect: { type: 'drop' } })).toMatchObject({
    ...{ queue: NAME, account: ACCOUNT, region: REGION },
  });
});

it('a fault rule with the URL of a queue applies to that queue only, not to the same name in another account', async () => {
  const { squab, call, url } = await withQueue();
  const { account, region } = await squab.control.queues.get(url);
  squab.control.faults.add({ queue: url, effect: { type: 'error', code: 'RequestThrottled' } });
  await expect(call('SendMessage', { QueueUrl: url, MessageBody: 'x' })).rejects.toThrow();
  await fetch(`${squab.url}/?Action=CreateQueue&QueueName=${NAME}`);
  expect((await fetch(`${squab.url}/?Action=SendMessage&QueueUrl=${NAME}&MessageBody=x`)).status).toBe(200);
  expect({ account, region }).toEqual({ account: ACCOUNT, region: REGION });
});

it.each(['arn:aws:sqs:q', 'arn:aws:sns:us-east-1:000000000000:topic'])('refuses %s', async (arn) => {
  const { squab } = await setup();
  const text = `"${arn}" is not the ARN of a queue. Write it as arn:aws:sqs:us-east-1:000000000000:orders.`;
  const { control: own } = squab;
  await expect(own.queues.get(arn)).rejects.toMatchObject({ status: 400, message: text });
  expect(() => own.messages.recent(arn)).toThrow(text);
  expect(() => own.events.follow({ queue: arn })).toThrow(text);
  expect(() => own.faults.add({ queue: arn, effect: { type: 'drop' } })).toThrow(text);
  await expect(control(squab.url).get(`/queues/${arn}`)).rejects.toThrow(`400 ${text}`);
});

it('purges a queue, over HTTP and in a program, even within the waiting time of PurgeQueue', async () => {
  const { squab, client } = await setup({ cooldowns: true });
  const { call } = client('JSON');
  await call('CreateQueue', { QueueName: 'q' });
  const { post } = control(squab.url);
  const purges = [() => post('/queues/q/purge'), () => squab.control.queues.purge('q')];
  await call('PurgeQueue', { QueueUrl: 'q' });
  for (const purge of purges) {
    await call('SendMessage', { QueueUrl: 'q', MessageBody: 'received' });
    await call('ReceiveMessage', { QueueUrl: 'q' });
    await call('SendMessage', { QueueUrl: 'q', MessageBody: 'delayed', DelaySeconds: 9 });
    await call('SendMessage', { QueueUrl: 'q', MessageBody: 'visible' });
    await purge();
    const { messages } = await squab.control.queues.get('q');
    expect(messages).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  }
  await expect(post('/queues/none/purge')).rejects.toThrow('404 Queue none does not exist');
  await expect(squab.control.queues.purge('none')).rejects.toMatchObject({ status: 404 });
});
