/** Whatever clients have done to queues and topics: exported, imported into an empty Squab and exported again, they are the same. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allMessages } from '../../src/queue-files/all-messages.ts';
import { applyDeclared } from '../../src/queue-files/apply.ts';
import { callSqsOverHttp } from '../../src/queue-files/call-sqs.ts';
import { collectQueues } from '../../src/queue-files/collect.ts';
import { collectTopics } from '../../src/queue-files/collect-topics.ts';
import { addDeadLetterOverHttp } from '../../src/queue-files/dead-letters.ts';
import { storedTopics } from '../../src/queue-files/stored-topics.ts';
import { definitionsOf, type QueueState, queueFileText } from '../../src/queue-files/write.ts';
import { type TopicState, topicDefinitionsOf } from '../../src/queue-files/written-topics.ts';
import { readQueues } from '../../src/storage/sqlite/offline/read-queues.ts';
import { readTopics } from '../../src/storage/sqlite/offline/read-topics.ts';
import { type Output, setup, temporaryFolder } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';
import { snsClient } from '../sns-client.ts';
import { onPostgres } from '../stores.ts';
import { read } from './contents.ts';
import { act, actions, urlOf } from './histories.ts';
import { actOnTopics, topicActions } from './topic-histories.ts';

/** A database, which each run creates tables in, takes several times as long as memory. */
const TIMES = Number(process.env.SQUAB_FUZZ_TIMES ?? 1) / (onPostgres ? 5 : 1);

type Form = 'yaml' | 'json';

const queueState = async (url: string): Promise<QueueState[]> => {
  const queues = await collectQueues(
    callSqsOverHttp(url, undefined, () => 0),
    {},
    () => {},
  );
  return Promise.all(queues.map(async (queue) => ({ ...queue, messages: await allMessages(url, queue) })));
};

/** Returns the text that `squab export --messages` writes. */
async function exported(url: string, form: Form): Promise<string> {
  const queues = await queueState(url);
  const topics = await collectTopics(
    callSqsOverHttp(url, undefined, () => 0),
    {},
  );
  return textOf(queues, topics, form);
}

function textOf(queues: readonly QueueState[], topics: readonly TopicState[], form: Form): string {
  const definitions = {
    queues: definitionsOf(queues, () => {}),
    topics: topicDefinitionsOf(topics, queues, () => {}),
  };
  return queueFileText(definitions, form);
}

async function imported(text: string, form: Form, url: string): Promise<string[]> {
  const server = { callSqs: callSqsOverHttp(url, undefined, () => 0), addDeadLetter: addDeadLetterOverHttp(url) };
  return (await applyDeclared(read(text, `queues.${form}`), server)).warnings;
}

/** Both with their histories. */
async function setupWith(options: object, done: Histories) {
  const started = await setup({ confirmHttp: true, ...options });
  await act(started.client('JSON'), (ms) => started.clock.advance(ms), done.queues);
  await actOnTopics(snsClient(started.squab.url), done.topics);
  return started;
}

const histories = fc.record({ queues: actions, topics: topicActions });
type Histories = typeof histories extends fc.Arbitrary<infer T> ? T : never;

describe('queues and topics that are exported, imported into an empty Squab and exported again', () => {
  it('are the same, whatever clients have done', async () => {
    const property = fc.asyncProperty(histories, fc.constantFrom<Form>('yaml', 'json'), async (done, form) => {
      const first = await setupWith({}, done);
      const file = await exported(first.squab.url, form);
      const second = await setup({ confirmHttp: true });
      await imported(file, form, second.squab.url);
      expect(await exported(second.squab.url, form)).toBe(file);
      const config = join(temporaryFolder(), `queues.${form}`);
      writeFileSync(config, file);
      const third = await setup({ confirmHttp: true, config });
      expect(await exported(third.squab.url, form)).toBe(file);
      await Promise.all([first, second, third].map(({ squab }) => squab.stop()));
    });
    await fc.assert(property, { numRuns: TIMES * 40 });
  });

  it('are the same if they come from a data folder', async () => {
    const property = fc.asyncProperty(histories, async (done) => {
      const [data, copy] = [temporaryFolder(), temporaryFolder()];
      const first = await setupWith({ data }, done);
      await first.squab.stop();
      const written = (folder: string, now: number) =>
        textOf(
          readQueues(folder, { messages: true, now }, () => {}),
          storedTopics(readTopics(folder), now),
          'json',
        );
      const second = await setup({ data: copy, confirmHttp: true });
      const file = written(data, first.clock.now());
      await imported(file, 'json', second.squab.url);
      await second.squab.stop();
      expect(written(copy, second.clock.now())).toBe(file);
    });
    await fc.assert(property, { numRuns: TIMES * 10 });
  });

  it('are the same after a snapshot of them is restored', async () => {
    const property = fc.asyncProperty(histories, histories, async (before, after) => {
      const { squab, clock, client } = await setupWith({}, before);
      const file = await exported(squab.url, 'yaml');
      await squab.control.snapshots.take('before');
      await act(client('JSON'), (ms) => clock.advance(ms), after.queues);
      await actOnTopics(snsClient(squab.url), after.topics);
      await squab.control.snapshots.restore('before');
      expect(await exported(squab.url, 'yaml')).toBe(file);
      await squab.stop();
    });
    await fc.assert(property, { numRuns: Math.ceil(TIMES * 3) });
  });

  it('keep their regions, which need not be those of AWS', async () => {
    const data = temporaryFolder();
    const first = await setup({ data });
    for (const region of ['EU_West.1', 'local', '1', 'null']) {
      await first.client('JSON').call('CreateQueue', { QueueName: 'q' }, { region });
      await snsClient(first.squab.url)('CreateTopic', { Name: 't' }, { region });
    }
    await first.squab.stop();
    const queues = readQueues(data, { messages: true, now: 0 }, () => {});
    const second = await setup();
    await imported(textOf(queues, storedTopics(readTopics(data), 0), 'yaml'), 'yaml', second.squab.url);
    const { regions } = await second.squab.control.queues.list();
    expect(regions).toEqual(['1', 'EU_West.1', 'local', 'null']);
  });

  it('stay as they are if a Squab is started with the file again', async () => {
    const property = fc.asyncProperty(histories, async (done) => {
      const data = temporaryFolder();
      const first = await setupWith({ data }, done);
      const file = await exported(first.squab.url, 'yaml');
      await first.squab.stop();
      const second = await setup({ data, confirmHttp: true });
      const { changed, unchanged, created, topics } = await applyDeclared(read(file, 'queues.yaml'), {
        callSqs: callSqsOverHttp(second.squab.url, undefined, () => 0),
      });
      expect({ changed, created, topics: { ...topics, unchanged: topics.unchanged.length } }).toEqual({
        ...{ changed: [], created: [] },
        topics: { changed: [], created: [], unchanged: read(file, 'queues.yaml').topics.length },
      });
      expect(unchanged).toHaveLength(read(file, 'queues.yaml').queues.length);
      expect(await exported(second.squab.url, 'yaml')).toBe(file);
      await second.squab.stop();
    });
    await fc.assert(property, { numRuns: TIMES * 10 });
  });
});

describe('an imported dead-letter queue', () => {
  const build = async () => {
    const started = await setup();
    const { call } = started.client('JSON');
    for (const QueueName of ['q', 'dlq']) await call('CreateQueue', { QueueName });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 });
    await call('SetQueueAttributes', { QueueUrl: urlOf('q'), Attributes: { RedrivePolicy } });
    await call('SendMessage', { QueueUrl: urlOf('q'), MessageBody: 'poison' });
    for (let receive = 0; receive < 2; receive++)
      await call('ReceiveMessage', { QueueUrl: urlOf('q'), VisibilityTimeout: 0 });
    return { ...started, call };
  };

  it('knows where its messages came from, so that a message move task brings them back', async () => {
    const first = await build();
    const second = await setup();
    expect(await imported(await exported(first.squab.url, 'yaml'), 'yaml', second.squab.url)).toEqual([]);
    const { call } = second.client('JSON');
    const { Messages } = await call('ReceiveMessage', {
      ...{ QueueUrl: urlOf('dlq'), VisibilityTimeout: 0, MessageSystemAttributeNames: ['DeadLetterQueueSourceArn'] },
    });
    expect(Messages.map(({ Attributes }: Output) => Attributes)).toEqual([{ DeadLetterQueueSourceArn: arnOf('q') }]);
    await call('StartMessageMoveTask', { SourceArn: arnOf('dlq') });
    await second.clock.advance(1000);
    const moved = await call('ReceiveMessage', { QueueUrl: urlOf('q'), WaitTimeSeconds: 0 });
    expect(moved.Messages).toMatchObject([{ Body: 'poison' }]);
  });

  it('loses them, with a warning, on a server without the control interface', async () => {
    const first = await build();
    const second = await setup({ control: false });
    expect(await imported(await exported(first.squab.url, 'yaml'), 'yaml', second.squab.url)).toEqual([
      expect.stringContaining('1 messages of dlq have lost the name of the queue that dead-lettered them'),
    ]);
    const { Messages } = await second.client('JSON').call('ReceiveMessage', { QueueUrl: urlOf('dlq') });
    expect(Messages).toMatchObject([{ Body: 'poison' }]);
  });

  it('still denies its source queue, which keeps its redrive policy', async () => {
    const first = await build();
    const RedriveAllowPolicy = '{"redrivePermission":"denyAll"}';
    await first.call('SetQueueAttributes', { QueueUrl: urlOf('dlq'), Attributes: { RedriveAllowPolicy } });
    const second = await setup();
    const file = await exported(first.squab.url, 'yaml');
    expect(await imported(file, 'yaml', second.squab.url)).toEqual([
      expect.stringMatching(/^queues\.yaml:\d+:\d+: dlq does not allow q to use it as its dead-letter queue\./),
    ]);
    const { call } = second.client('JSON');
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: urlOf('dlq'), AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({ RedriveAllowPolicy });
    expect(await call('ListDeadLetterSourceQueues', { QueueUrl: urlOf('dlq') })).toMatchObject({
      queueUrls: [expect.stringMatching(/\/q$/)],
    });
    // Applied again, it changes nothing.
    expect(await imported(file, 'yaml', second.squab.url)).toEqual([]);
  });
});
