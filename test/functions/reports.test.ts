/** What Squab reports about functions: in events, histories, explanations and the log. */

import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers.ts';
import { arnOf, fed } from './fed.ts';

const texts = async (f: Awaited<ReturnType<typeof fed>>, messageId: string) => {
  const { events } = await f.squab.control.messages.history(messageId);
  return events.map(({ text }: { text: string }) => text);
};

describe('the history of a message', () => {
  it('says what a function answered, and why it was invoked again', async () => {
    const f = await fed();
    const { QueueUrl } = await f.feed({}, { VisibilityTimeout: '30' });
    f.functions.handle = () => ({ body: { errorType: 'TypeError', errorMessage: 'x is not a function' } });
    const { MessageId } = await f.call('SendMessage', { QueueUrl, MessageBody: 'a' });
    await f.functions.next();
    await f.clock.advance(0);
    f.functions.handle = () => ({ status: 503 });
    await f.clock.advance(30_000);
    f.functions.handle = () => ({});
    await f.clock.advance(1000);
    expect(await texts(f, MessageId)).toEqual([
      'Sent to q.',
      'Received for the 1st time, by function f; hidden until 2026-01-01T00:00:30.000Z.',
      'Function f failed: TypeError: x is not a function.',
      'Received for the 2nd time, by function f; hidden until 2026-01-01T00:01:00.000Z.',
      'Function f could not be invoked: its server answered with status 503.',
      'Function f succeeded.',
      'Deleted from q.',
    ]);
  });

  it('says that the function listed the message as failed', async () => {
    const f = await fed();
    const { QueueUrl } = await f.feed({ FunctionResponseTypes: ['ReportBatchItemFailures'] });
    f.functions.handle = ({ event }) => ({
      body: { batchItemFailures: [{ itemIdentifier: event.Records[0].messageId }] },
    });
    const { MessageId } = await f.call('SendMessage', { QueueUrl, MessageBody: 'a' });
    await f.functions.next();
    await f.clock.advance(0);
    expect((await texts(f, MessageId)).at(-1)).toBe(
      'Function f failed: its answer lists the message in batchItemFailures.',
    );
  });
});

describe('the list of messages', () => {
  it.each(['purged', 'deleted', 'dead-lettered', 'queue-deleted'])(
    'knows where a message is that was %s while a function worked on it',
    async (fate) => {
      const f = await fed();
      const { messages, queues } = f.squab.control;
      await f.call('CreateQueue', { QueueName: 'dlq' });
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 });
      const { QueueUrl } = await f.feed({}, { RedrivePolicy });
      f.functions.handle = () => undefined;
      const { MessageId } = await f.call('SendMessage', { QueueUrl, MessageBody: 'a' });
      const invocation = await f.functions.next();
      if (fate === 'purged') await queues.purge('q');
      if (fate === 'deleted') await messages.delete(MessageId);
      if (fate === 'dead-lettered') await messages.deadLetter(MessageId);
      if (fate === 'queue-deleted') await f.call('DeleteQueue', { QueueUrl });
      invocation.answer({ status: 500 });
      await f.clock.advance(0);
      const [message] = messages.recent();
      const kinds = message!.events.map(({ kind }) => kind);
      expect(kinds).toEqual(['sent', 'received', fate, 'function-failed']);
      const present = fate === 'dead-lettered';
      expect(message).toMatchObject({ present, queue: { name: present ? 'dlq' : 'q' } });
    },
  );
});

describe('an event', () => {
  it('names the function and the reason', async () => {
    const f = await fed();
    const following = f.squab.control.events.follow({ queue: 'q' });
    const { QueueUrl } = await f.feed();
    f.functions.handle = () => ({ status: 500, body: 'boom' });
    await f.send(QueueUrl, 'a');
    for await (const event of following) {
      if (event.kind !== 'function-failed') continue;
      expect(event).toMatchObject({
        ...{ function: 'f', reason: 'its server answered with status 500: boom', queue: { name: 'q' } },
        messageId: f.functions.invocations[0]!.event.Records[0].messageId,
      });
      break;
    }
  });

  it.each([
    ['function-succeeded', {}, undefined],
    ['function-failed', { status: 500, body: 'boom' }, 'its server answered with status 500: boom'],
    ['function-throttled', { status: 429 }, 'its server answered with status 429'],
  ] as const)('can be waited for: %s', async (kind, answer, reason) => {
    const f = await fed();
    const { QueueUrl } = await f.feed();
    f.functions.handle = () => answer;
    const waiting = f.squab.control.waitFor('q', { for: kind, bodyContains: 'b' });
    // Both are in one event: a function that is throttled gets no other messages.
    await f.call('SendMessageBatch', {
      QueueUrl,
      Entries: ['a', 'b'].map((body) => ({ Id: body, MessageBody: body })),
    });
    const { event } = await waiting;
    expect(event).toMatchObject({ kind, function: 'f', queue: { name: 'q' } });
    expect(event?.reason).toBe(reason);
  });

  it('can be waited for: function-filtered', async () => {
    const f = await fed();
    const { QueueUrl } = await f.feed({ FilterCriteria: { Filters: [{ Pattern: '{"body":["b"]}' }] } });
    const waiting = f.squab.control.waitFor('q', { for: 'function-filtered' });
    await f.send(QueueUrl, 'a');
    expect((await waiting).event).toMatchObject({ kind: 'function-filtered', function: 'f' });
  });
});

describe('an explanation', () => {
  it('says that a message is at a function, and which attempt that is', async () => {
    const f = await fed();
    await f.call('CreateQueue', { QueueName: 'dead' });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 3 });
    const { QueueUrl } = await f.feed({}, { RedrivePolicy });
    f.functions.handle = () => ({ status: 500 });
    await f.send(QueueUrl, 'a');
    await f.functions.next();
    f.functions.handle = () => undefined;
    await f.clock.advance(30_000);
    const { text } = await f.squab.control.explain.receive('q');
    expect(text).toContain('1 in flight at function f until 2026-01-01T00:01:00.000Z (attempt 2 of 3)');
    f.functions.invocations[1]!.answer();
  });
});

describe('the log', () => {
  it('has a line for each invocation, without contents', async () => {
    const lines: Record<string, unknown>[] = [];
    const logStream = { write: (line: string) => lines.push(JSON.parse(line)) };
    const f = await fed({ logStream, logLevel: 'info' });
    const { QueueUrl, mapping } = await f.feed({}, { VisibilityTimeout: '30' });
    await f.send(QueueUrl, 'secret');
    await f.functions.next();
    await f.clock.advance(0);
    f.functions.handle = () => ({ status: 404 });
    await f.send(QueueUrl, 'secret');
    await f.functions.next();
    await f.clock.advance(0);
    const about = lines.filter((line) => line.function === 'f');
    expect(about).toMatchObject([
      {
        ...{ level: 30, msg: 'Invoked a function.', queue: 'q', mapping: mapping.UUID },
        ...{ status: 200, deleted: 1, kept: 0, durationMs: expect.any(Number) },
      },
      { level: 40, status: 404, deleted: 0, kept: 1, reason: 'its server answered with status 404' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('says that a function of a mapping has no URL', async () => {
    const data = temporaryFolder();
    const first = await fed({ data, functions: { g: 'http://127.0.0.1:1' } });
    const { QueueUrl, mapping } = await first.feed({ FunctionName: 'g' });
    await first.squab.stop();
    const lines: Record<string, unknown>[] = [];
    const logStream = { write: (line: string) => lines.push(JSON.parse(line)) };
    const second = await fed({ data, logStream, logLevel: 'warn' });
    expect(lines).toMatchObject([
      {
        ...{ function: 'g', queue: 'q', mapping: mapping.UUID },
        msg: 'The function g has no URL, so the messages of its queue stay there. Give it one with --function g=URL.',
      },
    ]);
    await second.send(QueueUrl, 'a');
    await second.clock.advance(60_000);
    expect(await second.counts(QueueUrl)).toEqual([1, 0]);
  });
});
