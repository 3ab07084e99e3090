/** How the answer of a function is judged, and which messages it therefore has handled. */

import { describe, expect, it } from 'vitest';
import { fed } from './fed.ts';
import { type Answer, EMULATOR_PATH, type FunctionServer } from './function-server.ts';

/** Feeds a function that gives this answer with two messages. Resolves to how many messages are left in the queue. */
async function leftBy(answer: Answer, settings: object = {}): Promise<number> {
  const { functions, feed, send, lambda, counts, clock } = await fed();
  functions.handle = () => answer;
  const { QueueUrl, mapping } = await feed({ ...settings, Enabled: false });
  await send(QueueUrl, 'a', 'b');
  await lambda('PUT', `/2015-03-31/event-source-mappings/${mapping.UUID}`, { Enabled: true });
  await functions.next();
  await clock.advance(0);
  expect(functions.invocations).toHaveLength(1);
  const [visible, inFlight] = await counts(QueueUrl);
  expect(visible).toBe(0);
  return inFlight;
}

describe('a function has handled all messages if it answers with', () => {
  it.each<[string, Answer]>([
    ['any result', { body: { statusCode: 500, errorMessage: 'not a runtime error' } }],
    ['a text', { body: 'OK' }],
    ['nothing', { status: 202 }],
    ['status 204', { status: 204 }],
    ['failures that the mapping does not ask for', { body: { batchItemFailures: [{ itemIdentifier: 'x' }] } }],
    ['a member errorMessage alone', { body: { errorMessage: 'in a result' } }],
  ])('%s', async (_what, answer) => {
    expect(await leftBy(answer)).toBe(0);
  });
});

describe('a function has handled no message if it answers with', () => {
  it.each<[string, Answer]>([
    ['the header of Lambda', { headers: { 'X-Amz-Function-Error': 'Unhandled' }, body: {} }],
    ['status 400', { status: 400 }],
    ['status 404', { status: 404, body: 'no' }],
    ['status 500', { status: 500 }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
    ['an error of a runtime', { body: { errorType: 'TypeError', errorMessage: 'x is not a function' } }],
    ['an error with a stack trace', { body: { errorMessage: 'boom', stackTrace: [] } }],
    ['the timeout of an emulator', { body: 'Task timed out after 3.00 seconds' }],
    ['a broken connection', { breaks: true }],
    ['more than 6 MB', { body: 'x'.repeat(6 * 1024 * 1024 + 1) }],
  ])('%s', async (_what, answer) => {
    expect(await leftBy(answer)).toBe(2);
  });
});

describe('a function that reports failures', () => {
  const reports = { FunctionResponseTypes: ['ReportBatchItemFailures'] };

  it.each<[string, Answer]>([
    ['{}', { body: {} }],
    ['null', { body: 'null' }],
    ['nothing', {}],
    ['white space', { body: ' \n' }],
    ['no batchItemFailures', { body: { other: 1 } }],
    ['batchItemFailures null', { body: { batchItemFailures: null } }],
    ['an empty list', { body: { batchItemFailures: [] } }],
  ])('has handled all messages if it answers with %s', async (_what, answer) => {
    expect(await leftBy(answer, reports)).toBe(0);
  });

  it.each<[string, Answer]>([
    ['text that is not JSON', { body: 'OK' }],
    ['a list', { body: [] }],
    ['a number', { body: '7' }],
    ['batchItemFailures that are not a list', { body: { batchItemFailures: {} } }],
    ['an item with another key', { body: { batchItemFailures: [{ foo: 'x' }] } }],
    ['an item that is null', { body: { batchItemFailures: [null] } }],
    ['an empty itemIdentifier', { body: { batchItemFailures: [{ itemIdentifier: '' }] } }],
    ['an itemIdentifier that is null', { body: { batchItemFailures: [{ itemIdentifier: null }] } }],
    ['an itemIdentifier that is a number', { body: { batchItemFailures: [{ itemIdentifier: 1 }] } }],
    ['an ID that is not in the batch', { body: { batchItemFailures: [{ itemIdentifier: 'other' }] } }],
    ['an error', { status: 500, body: { batchItemFailures: [] } }],
  ])('has handled no message if it answers with %s', async (_what, answer) => {
    expect(await leftBy(answer, reports)).toBe(2);
  });

  it('has handled the messages that it does not list, and gets the others again', async () => {
    const { functions, feed, send, clock, counts } = await fed();
    const { QueueUrl } = await feed({ ...reports, MaximumBatchingWindowInSeconds: 1 }, { VisibilityTimeout: '30' });
    functions.handle = ({ event }) => {
      const failed = event.Records.filter(({ body }: { body: string }) => body !== 'good');
      const items = failed.map(({ messageId }: { messageId: string }) => ({ itemIdentifier: messageId }));
      return { body: { batchItemFailures: [...items, ...items] } };
    };
    await send(QueueUrl, 'good', 'bad', 'good', 'bad');
    await clock.advance(1000);
    expect(functions.bodies).toEqual([['good', 'bad', 'good', 'bad']]);
    expect(await counts(QueueUrl)).toEqual([0, 2]);
    await clock.advance(30_000);
    expect(functions.bodies[1]).toEqual(['bad', 'bad']);
  });
});

describe('a function that cannot be invoked now', () => {
  const busy = (answer: Answer, path?: string) => async () => {
    const { functions, feed, send, clock, counts } = await fed({ ...(path && { path }) });
    const { QueueUrl } = await feed({}, { VisibilityTimeout: '60' });
    functions.handle = () => (functions.invocations.length < 4 ? answer : {});
    await send(QueueUrl, 'a');
    await functions.next();
    await clock.advance(999);
    expect(functions.invocations).toHaveLength(1);
    await clock.advance(1);
    expect(functions.invocations).toHaveLength(2);
    await clock.advance(2000);
    expect(functions.invocations).toHaveLength(3);
    await clock.advance(4000);
    expect(functions.invocations).toHaveLength(4);
    expect(receiveCounts(functions)).toEqual(['1', '1', '1', '1']);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  };

  const receiveCounts = ({ invocations }: FunctionServer) =>
    invocations.map(({ event }) => event.Records[0].attributes.ApproximateReceiveCount);

  it.each([429, 502, 503])('(status %i) is invoked with the same messages again', async (status) => {
    await busy({ status, body: 'busy' })();
  });

  it('(a Runtime Interface Emulator that is busy) is invoked with the same messages again', async () => {
    await busy({ status: 400 }, EMULATOR_PATH)();
  });

  it('takes no other messages meanwhile, and these again only when their visibility timeout has ended', async () => {
    const { functions, feed, send, clock, counts } = await fed();
    const { QueueUrl } = await feed({ BatchSize: 1 }, { VisibilityTimeout: '10' });
    functions.handle = () => ({ status: 503 });
    await send(QueueUrl, 'a');
    await functions.next();
    await send(QueueUrl, 'b');
    await clock.advance(9000);
    expect(functions.bodies).toEqual([['a'], ['a'], ['a'], ['a']]);
    expect(await counts(QueueUrl)).toEqual([1, 1]);
    functions.handle = () => ({});
    await clock.advance(20_000);
    expect(functions.bodies.slice(4).flat().sort()).toEqual(['a', 'b']);
  });

  it('may be a server that is not there yet', async () => {
    const { functions, feed, send, clock, call, lambda } = await fed({ functions: { gone: 'http://127.0.0.1:1/' } });
    await feed();
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'other' });
    const mapping = { EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:other', FunctionName: 'gone' };
    await lambda('POST', '/2015-03-31/event-source-mappings', mapping);
    await send(QueueUrl, 'a');
    await clock.advance(25_000);
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes.ApproximateNumberOfMessagesNotVisible).toBe('1');
    expect(functions.invocations).toEqual([]);
  });

  it('does not make Squab busy if its messages are visible at once', async () => {
    const { functions, feed, send, clock } = await fed();
    const { QueueUrl } = await feed({}, { VisibilityTimeout: '0' });
    functions.handle = () => ({ status: 503 });
    await send(QueueUrl, 'a');
    await clock.advance(10_000);
    expect(functions.invocations.length).toBeLessThanOrEqual(60);
  });
});
