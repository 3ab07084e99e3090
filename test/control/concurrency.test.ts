/**
 * Operations that start at the same moment: even if one has just removed or replaced what the other needs, neither ends
 * in an internal error, and the data stays sound.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlError } from '../../src/control/control-error.ts';
import type { Route } from '../../src/control/route.ts';
import { routes } from '../../src/control/routes.ts';
import { checkFolder } from '../../src/storage/sqlite/offline/check-folder.ts';
import { runs } from '../api/arbitrary.ts';
import { type Input, Refusal, type Setup, setup, temporaryFolder } from '../helpers.ts';

interface Fixture extends Setup {
  /** The ID of a message in `q`. */
  messageId: string;
}

interface Step {
  what: string;
  /** How many turns of the event loop to let pass before it starts. */
  turns: number;
  run(fixture: Fixture): Promise<unknown>;
  [fc.toStringMethod](): string;
}

const turns = fc.constantFrom(0, 0, 0, 1, 2, 3);
const queue = fc.constantFrom('q', 'dead', 'q.fifo');
const name = fc.constantFrom('a', 'b');

type Given = [parameters: object, body?: object];

/** A request to a route of the control interface, in the same turn as others. `known` stands for the message's ID. */
function onControl(method: Route['method'], path: string, given: fc.Arbitrary<Given>): fc.Arbitrary<Step> {
  const {
    parameters: parametersShape,
    body: bodyShape,
    run,
  } = routes.find((one) => one.method === method && one.path === path)!;
  const never = new AbortController().signal;
  return fc.tuple(turns, given).map(([turns, [parameters, body = {}]]) =>
    stepOf(`${method} ${path} ${JSON.stringify(parameters)} ${JSON.stringify(body)}`, turns, async (fixture) => {
      const actual = 'messageId' in parameters ? { ...parameters, messageId: fixture.messageId } : parameters;
      const input = { parameters: parametersShape().parse(actual), body: bodyShape?.().parse(body) };
      return run(fixture.squab.control, input, never);
    }),
  );
}

function onSqs(operation: string, input: fc.Arbitrary<Input>): fc.Arbitrary<Step> {
  return fc
    .tuple(turns, input)
    .map(([turns, input]) =>
      stepOf(`${operation} ${JSON.stringify(input)}`, turns, ({ client }) => client('JSON').call(operation, input)),
    );
}

function stepOf(what: string, turns: number, run: Step['run']): Step {
  return { what, turns, run, [fc.toStringMethod]: () => `${what}, after ${turns} turns` };
}

const none = fc.constant<Given>([{}]);
const ofQueue = queue.map((name): Given => [{ name }]);
const ofSnapshot = name.map((name): Given => [{ name }]);
const ofMessage = fc.constantFrom<Given>([{ messageId: 'known' }], [{ messageId: 'known', queue: 'q' }]);

const controlSteps = [
  onControl('GET', '/queues', none),
  onControl('GET', '/queues/{name}', ofQueue),
  onControl('GET', '/queues/{name}/messages', ofQueue),
  onControl('GET', '/queues/{name}/explain', ofQueue),
  onControl(
    'POST',
    '/queues/{name}/explain-send',
    queue.map((name) => [{ name }, { body: 'm', groupId: 'g' }]),
  ),
  onControl(
    'POST',
    '/queues/{name}/wait',
    fc
      .tuple(queue, fc.constantFrom('sent', 'deleted', 'empty', 'drained'))
      .map(([name, what]) => [{ name }, { for: what, timeout: '1ms' }]),
  ),
  onControl('GET', '/messages', none),
  onControl('GET', '/messages/{messageId}', ofMessage),
  onControl('GET', '/messages/{messageId}/history', fc.constant([{ messageId: 'known' }])),
  onControl('DELETE', '/messages/{messageId}', ofMessage),
  onControl('POST', '/messages/{messageId}/dead-letter', ofMessage),
  onControl(
    'POST',
    '/messages/{messageId}/replay',
    queue.map((to) => [{ messageId: 'known' }, { queue: to }]),
  ),
  onControl('GET', '/faults', none),
  onControl('PUT', '/faults/{id}', fc.constant([{ id: 'f' }, { queue: 'q', effect: { type: 'duplicate' } }])),
  onControl('DELETE', '/faults/{id}', fc.constant([{ id: 'f' }])),
  onControl('DELETE', '/faults', none),
  onControl('POST', '/faults/seed', fc.constant([{}, { seed: 1 }])),
  onControl('POST', '/reset', fc.constantFrom<[object, object]>([{}, {}], [{}, { prefix: 'q' }])),
  onControl('GET', '/clock', none),
  onControl('POST', '/clock/freeze', none),
  onControl(
    'POST',
    '/clock/advance',
    fc.constantFrom('1s', '5m', '5 days').map((by) => [{}, { by }]),
  ),
  onControl('POST', '/clock/set', fc.constant([{}, { to: '2030-01-01T00:00:00Z' }])),
];
const snapshotSteps = [
  onControl('GET', '/snapshots', none),
  onControl('PUT', '/snapshots/{name}', ofSnapshot),
  onControl(
    'POST',
    '/snapshots/{name}/restore',
    fc.tuple(name, fc.boolean()).map(([name, clock]) => [{ name }, { clock }]),
  ),
  onControl('DELETE', '/snapshots/{name}', ofSnapshot),
];
const RedrivePolicy = JSON.stringify({
  deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
  maxReceiveCount: 1,
});
const sqsSteps = [
  onSqs('CreateQueue', fc.constant({ QueueName: 'dead' })),
  onSqs('CreateQueue', fc.constant({ QueueName: 'q', Attributes: { RedrivePolicy } })),
  onSqs('CreateQueue', fc.constant({ QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } })),
  onSqs(
    'DeleteQueue',
    queue.map((QueueUrl) => ({ QueueUrl })),
  ),
  onSqs(
    'PurgeQueue',
    queue.map((QueueUrl) => ({ QueueUrl })),
  ),
  onSqs('SendMessage', fc.constant({ QueueUrl: 'q', MessageBody: 'm' })),
  onSqs(
    'SendMessage',
    fc.constant({ QueueUrl: 'q.fifo', MessageBody: 'm', MessageGroupId: 'g', MessageDeduplicationId: 'd' }),
  ),
  onSqs(
    'ReceiveMessage',
    queue.map((QueueUrl) => ({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 })),
  ),
  onSqs(
    'SetQueueAttributes',
    queue.map((QueueUrl) => ({ QueueUrl, Attributes: { DelaySeconds: '1' } })),
  ),
  onSqs(
    'TagQueue',
    queue.map((QueueUrl) => ({ QueueUrl, Tags: { a: 'b' } })),
  ),
  onSqs('StartMessageMoveTask', fc.constant({ SourceArn: 'arn:aws:sqs:us-east-1:000000000000:dead' })),
  onSqs('ListMessageMoveTasks', fc.constant({ SourceArn: 'arn:aws:sqs:us-east-1:000000000000:dead' })),
];

const step = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(...controlSteps) },
  { weight: 3, arbitrary: fc.oneof(...snapshotSteps) },
  { weight: 2, arbitrary: fc.oneof(...sqsSteps) },
);

/** Brings the Squab to the same state before each property. */
async function prepare(made: Setup): Promise<Fixture> {
  const { call } = made.client('JSON');
  await made.squab.control.reset();
  made.squab.control.clock.freeze();
  await call('CreateQueue', { QueueName: 'dead' });
  await call('CreateQueue', { QueueName: 'q', Attributes: { RedrivePolicy } });
  await call('CreateQueue', { QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } });
  const { MessageId } = await call('SendMessage', { QueueUrl: 'q', MessageBody: 'm' });
  await made.squab.control.snapshots.take('a');
  return { ...made, messageId: MessageId };
}

/** Starts the steps at once. Resolves to the errors that a client would see as internal ones. */
async function together(fixture: Fixture, steps: readonly Step[]): Promise<string[]> {
  const failures: string[] = [];
  await Promise.all(
    steps.map(async ({ what, turns, run }) => {
      for (let turn = 0; turn < turns; turn++) await nextTurn();
      try {
        await run(fixture);
      } catch (error) {
        const isExpected = error instanceof ControlError || (error instanceof Refusal && error.status < 500);
        if (!isExpected) failures.push(`${what}: ${(error as Error).stack}`);
      }
    }),
  );
  return failures;
}

describe('operations at the same moment', () => {
  it('never end in an internal error, and leave sound data', async () => {
    const data = temporaryFolder();
    const made = await setup({ data });
    const property = fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
      expect(await together(await prepare(made), steps)).toEqual([]);
    });
    await fc.assert(property, runs(300));
    await made.squab.stop();
    expect(checkFolder(data)).toMatchObject({ problems: [] });
  });

  it('remove the last two snapshots', async () => {
    const { squab } = await setup();
    const { snapshots } = squab.control;
    await snapshots.take('a');
    await snapshots.take('b');
    await Promise.all([snapshots.remove('a'), snapshots.remove('b')]);
    expect(snapshots.list()).toEqual([]);
    await snapshots.take('a');
    const removals = await Promise.allSettled([snapshots.remove('a'), snapshots.remove('a')]);
    expect(removals.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('do not take more than a hundred snapshots', async () => {
    const { squab } = await setup();
    const { snapshots } = squab.control;
    const taken = await Promise.allSettled(Array.from({ length: 103 }, (_, n) => snapshots.take(`s${n}`)));
    expect(taken.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    expect(snapshots.list()).toHaveLength(100);
  });
});
