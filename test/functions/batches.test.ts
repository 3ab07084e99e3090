/** Which messages are in a batch, and when it is complete. */

import { describe, expect, it } from 'vitest';
import { fed } from './fed.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);

/** Sends messages, which no function gets yet. */
async function filled(options: object, bodies: readonly string[], attributes?: Record<string, string>) {
  const f = await fed();
  const { QueueUrl, mapping } = await f.feed({ ...options, Enabled: false }, attributes);
  await f.send(QueueUrl, ...bodies);
  const enable = () => f.lambda('PUT', `/2015-03-31/event-source-mappings/${mapping.UUID}`, { Enabled: true });
  return { ...f, QueueUrl, enable };
}

describe('without a window, a batch', () => {
  it('has the messages that one receive brings, up to BatchSize', async () => {
    const { functions, enable, clock } = await filled({ BatchSize: 4 }, numbered(10));
    await enable();
    await clock.advance(0);
    expect(functions.bodies.map((bodies) => bodies.length).sort()).toEqual([2, 4, 4]);
    expect(functions.bodies.flat().sort()).toEqual(numbered(10));
  });

  it('does not wait for other messages', async () => {
    const { feed, send, functions } = await fed();
    const { QueueUrl } = await feed({ BatchSize: 10 });
    await send(QueueUrl, 'a');
    expect((await functions.next()).bodies).toEqual(['a']);
    await send(QueueUrl, 'b');
    expect((await functions.next()).bodies).toEqual(['b']);
  });
});

describe('with a window, a batch', () => {
  it('is complete when the window has ended, which begins with its first message', async () => {
    const { feed, send, functions, clock } = await fed();
    const { QueueUrl } = await feed({ MaximumBatchingWindowInSeconds: 10 });
    await clock.advance(60_000);
    await send(QueueUrl, 'a');
    await clock.advance(9000);
    await send(QueueUrl, 'b');
    await clock.advance(999);
    expect(functions.invocations).toEqual([]);
    await clock.advance(1);
    expect(functions.bodies).toEqual([['a', 'b']]);
  });

  it('is complete as soon as it has BatchSize messages, across several receives', async () => {
    const { functions, enable, clock } = await filled(
      { BatchSize: 25, MaximumBatchingWindowInSeconds: 300 },
      numbered(60),
      { VisibilityTimeout: '900' },
    );
    await enable();
    await clock.advance(0);
    expect(functions.bodies.map((bodies) => bodies.length)).toEqual([25, 25]);
    await clock.advance(300_000);
    expect(functions.bodies.map((bodies) => bodies.length)).toEqual([25, 25, 10]);
    expect(functions.bodies.flat().sort()).toEqual(numbered(60).sort());
  });

  it('has a message once, even if its visibility timeout ends within the window', async () => {
    const { feed, send, functions, clock, counts } = await fed();
    const { QueueUrl } = await feed({ MaximumBatchingWindowInSeconds: 20 }, { VisibilityTimeout: '15' });
    await send(QueueUrl, 'a', 'b');
    await clock.advance(20_000);
    expect(functions.bodies.map((bodies) => bodies.sort())).toEqual([['a', 'b']]);
    expect(functions.invocations[0]!.event.Records[0].attributes.ApproximateReceiveCount).toBe('2');
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  });

  it('has its window by the clock, even if that was set back to before the message was sent', async () => {
    const { feed, send, functions, lambda, clock, squab } = await fed();
    const { QueueUrl, mapping } = await feed({ MaximumBatchingWindowInSeconds: 10, Enabled: false });
    await send(QueueUrl, 'a');
    await clock.set(clock.now() - 3_600_000);
    const [message] = (await squab.control.messages.peek('q')).messages;
    await squab.control.messages.makeVisible(message!.messageId);
    await lambda('PUT', `/2015-03-31/event-source-mappings/${mapping.UUID}`, { Enabled: true });
    await clock.advance(9999);
    expect(functions.invocations).toEqual([]);
    await clock.advance(1);
    expect(functions.bodies).toEqual([['a']]);
  });

  it('ends early if the mapping is disabled, with the messages that there are', async () => {
    const { feed, send, functions, lambda, clock, counts } = await fed();
    const { QueueUrl, mapping } = await feed({ MaximumBatchingWindowInSeconds: 300 });
    await send(QueueUrl, 'a');
    await clock.advance(1000);
    await lambda('PUT', `/2015-03-31/event-source-mappings/${mapping.UUID}`, { Enabled: false });
    expect((await functions.next()).bodies).toEqual(['a']);
    await clock.advance(0);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  });
});

describe('an event', () => {
  /** Longer as JSON than in the queue. */
  const long = `"${'x'.repeat(1024 * 1024 - 2)}"`;

  it('has at most 6 MB, and messages that do not fit are left in the queue', async () => {
    const { functions, enable, clock } = await filled({}, Array(8).fill(long));
    functions.handle = () => undefined;
    await enable();
    const [first, second] = [await functions.next(), await functions.next()];
    expect([first.bodies.length, second.bodies.length].sort()).toEqual([3, 5]);
    for (const { event } of functions.invocations) {
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(6 * 1024 * 1024);
      for (const { attributes } of event.Records) expect(attributes.ApproximateReceiveCount).toBe('1');
    }
    for (const { answer } of functions.invocations) answer();
    await clock.advance(60_000);
    expect(functions.bodies.flat()).toHaveLength(8);
  });

  it('has at most 6 MB with a window, too', async () => {
    const settings = { BatchSize: 100, MaximumBatchingWindowInSeconds: 20 };
    const { functions, enable, clock } = await filled(settings, Array(8).fill(long));
    await enable();
    await clock.advance(40_000);
    expect(functions.bodies.map((bodies) => bodies.length)).toEqual([5, 3]);
    for (const { event } of functions.invocations) {
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(6 * 1024 * 1024);
    }
  });
});

it('messages that did not fit into an event are left alone once their visibility timeout has ended', async () => {
  const settings = { MaximumBatchingWindowInSeconds: 1, ScalingConfig: { MaximumConcurrency: 2 } };
  const long = Array(11).fill(`"${'x'.repeat(1024 * 1024 - 2)}"`);
  const { functions, enable, clock, call, QueueUrl } = await filled(settings, long, { VisibilityTimeout: '30' });
  functions.handle = () => undefined;
  await enable();
  for (let batches = 0; batches < 2; batches++) await functions.next();
  await clock.advance(30_000);
  const request = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 900 };
  for (let receives = 0; receives < 2; receives++) await call('ReceiveMessage', request);
  for (const { answer } of functions.invocations) answer();
  await clock.advance(1000);
  expect(functions.invocations).toHaveLength(2);
});

describe('batches in progress at once', () => {
  const hold = { BatchSize: 1 };

  it('are five at first, and 300 more for each minute in which all of them are in progress', async () => {
    const { functions, enable, clock, QueueUrl, send } = await filled(hold, numbered(9), { VisibilityTimeout: '900' });
    functions.handle = () => undefined;
    await enable();
    await clock.advance(0);
    expect(functions.running).toBe(5);
    await clock.advance(59_000);
    expect(functions.running).toBe(5);
    await clock.advance(1000);
    expect(functions.running).toBe(9);
    for (const { answer } of functions.invocations) answer();
    await clock.advance(0);
    await send(QueueUrl, ...numbered(7));
    await clock.advance(0);
    expect(functions.running).toBe(5);
    for (const { answer } of functions.invocations.slice(9)) answer();
    await clock.advance(0);
    expect(functions.bodies).toHaveLength(16);
    for (const { answer } of functions.invocations.slice(14)) answer();
  });

  it('are no more than MaximumConcurrency', async () => {
    const settings = { ...hold, ScalingConfig: { MaximumConcurrency: 2 } };
    const { functions, enable, clock } = await filled(settings, numbered(5), { VisibilityTimeout: '900' });
    functions.handle = () => undefined;
    await enable();
    await clock.advance(120_000);
    expect(functions.running).toBe(2);
    functions.invocations[0]!.answer();
    await functions.next();
    await functions.next();
    expect((await functions.next()).bodies).toHaveLength(1);
    functions.handle = () => ({});
    for (const { answer } of functions.invocations) answer();
    await clock.advance(0);
    expect(functions.most).toBe(2);
    expect(functions.invocations).toHaveLength(5);
  });

  it('of a Runtime Interface Emulator are one, even if several queues feed it', async () => {
    const { functions, feed, send, clock, squab } = await fed({ path: '/2015-03-31/functions/function/invocations' });
    functions.handle = () => undefined;
    const urls = [await feed(hold, {}, 'a'), await feed(hold, {}, 'b')].map(({ QueueUrl }) => QueueUrl);
    for (const url of urls) await send(url, 'x', 'y');
    for (let round = 1; round <= 4; round++) {
      const { answer } = await functions.next();
      await clock.advance(0);
      expect(functions.invocations).toHaveLength(round);
      answer();
    }
    expect(functions.most).toBe(1);
    expect(squab.control.events.lastId).toBeGreaterThan(0);
  });
});
