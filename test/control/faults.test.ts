/** Injected faults of requests: errors, lost connections, slow responses, and failing batch entries. */

import { describe, expect, it } from 'vitest';
import { faultMessages } from '../../src/queues/faults/fault-messages.ts';
import { type Fixture, overBothWires, type Refusal, setup } from '../helpers.ts';
import { control } from './client.ts';

const refusalOf = (call: Promise<unknown>): Promise<Refusal> =>
  call.then(
    () => expect.fail('The call succeeded.'),
    (refusal) => refusal,
  );

/** Calls a function several times. Returns `x` for each call that fails, and `.` for each that succeeds. */
async function pattern(calls: number, call: () => Promise<unknown>): Promise<string> {
  let seen = '';
  for (let made = 0; made < calls; made++) {
    seen += await call().then(
      () => '.',
      () => 'x',
    );
  }
  return seen;
}

const bodiesIn = async ({ call }: Fixture, QueueUrl: string): Promise<string[]> => {
  const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
  return Messages.map(({ Body }: { Body: string }) => Body);
};

overBothWires('the effect error', (fixture) => {
  it.each([
    ['RequestThrottled', 403, 'RequestThrottled', 'Request is throttled.'],
    ['ThrottlingException', 400, 'ThrottlingException', 'Rate exceeded'],
    ['InternalFailure', 500, 'InternalFailure', faultMessages.InternalFailure],
    ['ServiceUnavailable', 503, 'ServiceUnavailable', faultMessages.ServiceUnavailable],
    ['AWS.SimpleQueueService.NonExistentQueue', 400, 'AWS.SimpleQueueService.NonExistentQueue', /does not exist/],
    ['AccessDeniedException', 403, 'AccessDenied', faultMessages.AccessDenied],
  ])('%s reaches the client as SQS spells it, as often as the rule says', async (code, status, queryCode, message) => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    squab.control.faults.add({ operation: 'SendMessage', times: 1, effect: { type: 'error', code } });
    const refusal = await refusalOf(call('SendMessage', { QueueUrl, MessageBody: 'hello' }));
    expect(refusal).toMatchObject({ status, code: queryCode, message: expect.stringMatching(message) });
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
  });

  it('has the message of the rule, and prevents the request from being carried out', async () => {
    const made = await fixture();
    const { call, queue, squab } = made;
    const QueueUrl = await queue();
    const effect = { type: 'error', code: 'OverLimit', message: 'Not today.' } as const;
    squab.control.faults.add({ effect, times: 1 });
    const refusal = await refusalOf(call('SendMessage', { QueueUrl, MessageBody: 'hello' }));
    expect(refusal.message).toBe('Not today.');
    expect(await bodiesIn(made, QueueUrl)).toEqual([]);
  });

  it('can happen after the request was carried out, like a lost acknowledgement', async () => {
    const made = await fixture();
    const { call, queue, squab } = made;
    const QueueUrl = await queue();
    const effect = { type: 'error', code: 'InternalFailure', when: 'after' } as const;
    squab.control.faults.add({ operation: 'SendMessage', effect });
    await refusalOf(call('SendMessage', { QueueUrl, MessageBody: 'hello' }));
    expect(await bodiesIn(made, QueueUrl)).toEqual(['hello']);
  });

  it('only affects the operations, queue, account and region of its rule', async () => {
    const { call, queue, squab } = await fixture();
    const [ours, other] = [await queue('ours'), await queue('other')];
    const effect = { type: 'error', code: 'RequestThrottled' } as const;
    const triggered = async (operation: string, input: object, options = {}) =>
      pattern(1, () => call(operation, { ...input }, options));
    const { faults } = squab.control;
    faults.put('one', { operation: ['SendMessage', 'GetQueueUrl'], queue: 'ours', effect });
    expect(await triggered('SendMessage', { QueueUrl: ours, MessageBody: 'x' })).toBe('x');
    expect(await triggered('GetQueueUrl', { QueueName: 'ours' })).toBe('x');
    expect(await triggered('SendMessage', { QueueUrl: other, MessageBody: 'x' })).toBe('.');
    expect(await triggered('ReceiveMessage', { QueueUrl: ours })).toBe('.');
    faults.put('one', { effect: { ...effect, message: 'Anything.' } });
    expect((await refusalOf(call('CancelMessageMoveTask', { TaskHandle: 'x' }))).message).toBe('Anything.');
    faults.put('one', { operation: 'StartMessageMoveTask', queue: 'ours', effect });
    const SourceArn = 'arn:aws:sqs:us-east-1:000000000000:ours';
    const { message } = await refusalOf(call('StartMessageMoveTask', { SourceArn }));
    expect(message).toBe('Request is throttled.');
    faults.put('one', { account: '111111111111', effect });
    expect(await triggered('ListQueues', {}, { account: '111111111111' })).toBe('x');
    expect(await triggered('ListQueues', {})).toBe('.');
    faults.put('one', { region: 'eu-west-1', effect });
    expect(await triggered('ListQueues', {}, { region: 'eu-west-1' })).toBe('x');
    expect(await triggered('SendMessage', { QueueUrl: ours, MessageBody: 'x' })).toBe('.');
  });

  it.each([
    [{ times: 3 }, 'xxx.......'],
    [{ skip: 2 }, '..xxxxxxxx'],
    [{ every: 5 }, '....x....x'],
    [{ skip: 1, every: 3, times: 2 }, '...x..x...'],
    [{ probability: 0 }, '..........'],
  ])('is triggered as its rule says: %j', async (when, expected) => {
    const { call, squab } = await fixture();
    squab.control.faults.add({ ...when, effect: { type: 'error', code: 'RequestThrottled' } });
    expect(await pattern(10, () => call('ListQueues'))).toBe(expected);
  });

  it('is triggered in the same random sequence for the same seed', async () => {
    const effect = { type: 'error', code: 'RequestThrottled' } as const;
    const sequence = async (seed: number, common = 0) => {
      const { call, squab } = await fixture();
      squab.control.faults.reseed(common);
      // Other rules make no difference.
      squab.control.faults.put('other', { probability: 0.5, operation: 'SendMessage', effect });
      squab.control.faults.put('one', { probability: 0.3, ...(seed && { seed }), effect });
      return pattern(60, () => call('ListQueues'));
    };
    const first = await sequence(7);
    expect(await sequence(7)).toBe(first);
    expect(await sequence(7, 9)).toBe(first);
    expect(await sequence(8)).not.toBe(first);
    const common = await sequence(0, 1);
    expect(await sequence(0, 1)).toBe(common);
    expect(await sequence(0, 2)).not.toBe(common);
    for (const seen of [first, common]) {
      const triggered = seen.replaceAll('.', '').length;
      expect(triggered).toBeGreaterThan(8);
      expect(triggered).toBeLessThan(30);
    }
  });
});

overBothWires('the effect drop', (fixture) => {
  it.each([
    ['before', []],
    ['after', ['hello']],
  ] as const)('resets the connection %s the request is carried out', async (when, expected) => {
    const made = await fixture();
    const { call, queue, squab } = made;
    const QueueUrl = await queue();
    squab.control.faults.add({ operation: 'SendMessage', effect: { type: 'drop', when } });
    const failure = (await refusalOf(call('SendMessage', { QueueUrl, MessageBody: 'hello' }))) as Error;
    expect((failure.cause as NodeJS.ErrnoException).code).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await bodiesIn(made, QueueUrl)).toEqual([...expected]);
  });
});

overBothWires('the effect fail-entries', (fixture) => {
  const ids = ['a', 'b', 'c', 'd'];

  it('makes the entries with the given IDs fail, and the others succeed', async () => {
    const made = await fixture();
    const { call, queue, squab } = made;
    const QueueUrl = await queue();
    squab.control.faults.add({ effect: { type: 'fail-entries', code: 'InternalFailure', ids: ['b', 'd', 'z'] } });
    const Entries = ids.map((Id) => ({ Id, MessageBody: Id }));
    const { Successful, Failed } = await call('SendMessageBatch', { QueueUrl, Entries });
    expect(Successful.map(({ Id }: { Id: string }) => Id)).toEqual(['a', 'c']);
    const failure = { SenderFault: false, Code: 'InternalFailure', Message: faultMessages.InternalFailure };
    expect(Failed).toEqual([
      { Id: 'b', ...failure },
      { Id: 'd', ...failure },
    ]);
    expect(await bodiesIn(made, QueueUrl)).toEqual(['a', 'c']);
  });

  it('makes a given number of entries fail, in every kind of batch', async () => {
    const made = await fixture();
    const { call, queue, squab } = made;
    const QueueUrl = await queue();
    const Entries = ids.map((Id) => ({ Id, MessageBody: Id }));
    await call('SendMessageBatch', { QueueUrl, Entries });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    const effect = { type: 'fail-entries', code: 'RequestThrottled', count: 3 } as const;
    squab.control.faults.add({ effect });
    const handles = ids.map((Id, index) => ({ Id, ReceiptHandle: Messages[index].ReceiptHandle }));
    const changes = handles.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
    const changed = await call('ChangeMessageVisibilityBatch', { QueueUrl, Entries: changes });
    expect([changed.Successful.length, changed.Failed.length]).toEqual([1, 3]);
    expect(await bodiesIn(made, QueueUrl)).toHaveLength(1);
    const deleted = await call('DeleteMessageBatch', { QueueUrl, Entries: handles });
    expect([deleted.Successful.length, deleted.Failed.length]).toEqual([1, 3]);
    squab.control.faults.put('fault-1', { effect: { ...effect, count: 4 } });
    const none = await call('SendMessageBatch', { QueueUrl, Entries });
    expect([none.Successful ?? [], none.Failed.length]).toEqual([[], 4]);
  });
});

describe('fault rules', () => {
  const effect = { type: 'error', code: 'RequestThrottled' };

  it('can be added, listed with their counts, replaced, removed and cleared', async () => {
    const { squab, client } = await setup();
    const { get, post, put, remove } = control(squab.url);
    expect(await get('/faults')).toEqual({ seed: 0, rules: [] });
    const added = await post('/faults', { operation: 'ListQueues', skip: 1, effect });
    expect(added).toEqual({
      ...{ id: 'fault-1', operation: ['ListQueues'], skip: 1, every: 1, probability: 1, matched: 0, triggered: 0 },
      effect: { ...effect, when: 'before' },
    });
    await pattern(3, () => client('JSON').call('ListQueues'));
    expect((await get('/faults')).rules).toEqual([{ ...added, matched: 3, triggered: 2 }]);
    const slow = { effect: { type: 'latency', duration: '1s', upTo: '1m' } };
    expect(await put('/faults/slow', slow)).toMatchObject({ effect: { duration: '1000ms', upTo: '60000ms' } });
    expect(await remove('/faults/fault-1')).toEqual({ removed: 'fault-1' });
    await expect(remove('/faults/fault-1')).rejects.toThrow(
      '404 Fault rule "fault-1" does not exist. The rules are: slow.',
    );
    expect(await remove('/faults')).toEqual({ seed: 0, rules: [] });
    expect(await post('/faults/seed', { seed: 42 })).toEqual({ seed: 42, rules: [] });
  });

  it('can be added again in the form in which they are listed', async () => {
    const { squab } = await setup();
    const { faults } = squab.control;
    faults.add({ queue: 'q', effect: { type: 'latency', duration: '1s', upTo: '2s' }, times: 2, seed: 5 });
    faults.add({
      operation: 'SendMessageBatch',
      effect: { type: 'fail-entries', code: 'InternalFailure', ids: ['a'] },
    });
    const listed = faults.list();
    faults.clear();
    for (const { id, matched, triggered, ...rule } of listed) faults.put(id, rule);
    expect(faults.list()).toEqual(listed);
  });

  it.each([
    [{}, '"effect" is required.'],
    [{ effect: { type: 'explode' } }, '"effect.type" is invalid: must be error, drop, latency, '],
    [{ effect, opreation: 'SendMessage' }, '"opreation" is unknown. Did you mean "operation"?'],
    [
      { effect, operation: 'SendMesage' },
      '"SendMesage" is not an operation of SQS, SNS or Lambda that Squab has. Did you mean "SendMessage"?',
    ],
    [{ effect, operation: 'Nonsense' }, '"Nonsense" is not an operation of SQS, SNS or Lambda that Squab has.'],
    [
      { effect: { type: 'error', code: 'RequestThrotled' } },
      '"RequestThrotled" is not an error code of SQS, SNS or Lambda. Did you mean "RequestThrottled"?',
    ],
    [{ effect, probability: 2 }, '"probability" is invalid: '],
    [{ effect, every: 0 }, '"every" is invalid: '],
    [{ effect, account: '12' }, '"account" is invalid: must have twelve digits, such as 000000000000 (got "12").'],
    [{ effect: { type: 'latency', duration: '5' } }, '"5" is not a valid duration.'],
    [{ effect: { type: 'latency', duration: '5s', upTo: '1s' } }, '"upTo" (1s) must not be less than "duration" (5s).'],
    [{ effect: { type: 'reorder' }, queue: 'q.fifo' }, 'reorder cannot apply to q.fifo: FIFO queues deliver once'],
    [{ effect: { type: 'duplicate' }, queue: 'q.fifo' }, 'The effect duplicate cannot apply to q.fifo'],
    [{ effect: { type: 'empty-receive' }, operation: 'SendMessage' }, 'empty-receive applies only to ReceiveMessage'],
    [
      { effect: { type: 'fail-entries', code: 'OverLimit' }, operation: 'SendMessage' },
      'SendMessage has no entries to fail. Name a batch operation, or use the effect error.',
    ],
    [
      { effect: { type: 'fail-entries', code: 'OverLimit', ids: ['a'], count: 1 } },
      'Give either "ids" or "count", not both.',
    ],
  ])('are rejected if they are invalid: %j', async (rule, problem) => {
    const { squab } = await setup();
    const { post, put, get } = control(squab.url);
    for (const given of [post('/faults', rule), put('/faults/mine', rule)]) {
      const failure = await given.then(
        () => expect.fail('The rule was accepted.'),
        (error: Error) => error,
      );
      expect(failure.message).toMatch(/^400 /);
      expect(failure.message).toContain(problem);
    }
    expect((await get('/faults')).rules).toEqual([]);
  });
});
