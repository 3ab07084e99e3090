/** What is remembered of removed subscriptions (src/topics/ended.ts). */

import { expect, it, vi } from 'vitest';
import type { Subscription } from '../../src/storage/topics.ts';
import { EndedSubscriptions } from '../../src/topics/ended.ts';
import type { TopicsEnv } from '../../src/topics/env.ts';
import { confirmSubscription } from '../../src/topics/subscriptions.ts';

const subscription = (endpoint: string): Subscription => ({
  ...{ id: 'id', place: 1, topicId: 1, topic: { account: '0', region: 'r', name: 'n' }, owner: '0' },
  ...{ protocol: 'http', endpoint, attributes: new Map(), confirmed: true, createdAt: 0 },
});

it('the latest removed subscriptions can be brought back, as far as they need little memory', () => {
  const ended = new EndedSubscriptions();
  for (let index = 0; index < 1500; index++) ended.remember(subscription('e'), `few ${index}`, 10);
  expect(ended.find('few 499', 0)).toBeUndefined();
  expect(ended.find('few 500', 0)).toBeDefined();
  expect(ended.find('few 500', 10)).toBeUndefined();
  for (let index = 0; index < 100; index++) ended.remember(subscription('x'.repeat(65_536)), `long ${index}`, 10);
  expect(ended.find('long 35', 0)).toBeUndefined();
  expect(ended.find('long 36', 0)).toBeDefined();
  expect(ended.find('few 1499', 0)).toBeUndefined();
  for (let index = 0; index < 1000; index++) ended.remember(subscription('e'), `again ${index}`, 10);
  expect(ended.find('long 99', 0)).toBeUndefined();
  expect(ended.find('again 0', 0)).toBeDefined();
});

it.each([undefined, { id: 2 }])(
  'none is brought back to another topic, which may have its number by now: %j',
  async (now) => {
    const ended = new EndedSubscriptions();
    ended.remember(subscription('e'), 'ab', 10);
    const subscribe = vi.fn();
    const topics = { findSubscriptionByToken: async () => undefined, findTopic: async () => now, subscribe };
    const env = { ended, topics, clock: { now: () => 0 } } as unknown as TopicsEnv;
    const confirmation = { token: 'ab', isSigned: false, signedUnsubscribe: false };
    await expect(confirmSubscription(env, confirmation)).rejects.toThrow('Token');
    expect(subscribe).not.toHaveBeenCalled();
  },
);
