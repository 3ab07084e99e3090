/** What is remembered of removed subscriptions (src/topics/ended.ts). */

import { expect, it } from 'vitest';
import type { Subscription } from '../../src/storage/topics.ts';
import { EndedSubscriptions } from '../../src/topics/ended.ts';

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
