/** Fault injection, timeouts and time, as far as functions are concerned. */

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { arnOf, fed, MAPPINGS } from './fed.ts';
import { functionServer } from './function-server.ts';

describe('a delivery fault', () => {
  it('applies to the messages of a function: it gets a duplicate', async () => {
    const { functions, feed, send, squab, clock } = await fed();
    const { QueueUrl } = await feed();
    await squab.control.faults.add({ queue: 'q', effect: { type: 'duplicate' } });
    await send(QueueUrl, 'a');
    await clock.advance(60_000);
    expect(functions.bodies).toEqual([['a'], ['a']]);
  });
});

describe('a fault rule', () => {
  it('fails invocations by clients, with an error of Lambda', async () => {
    const { functions, lambda, squab } = await fed();
    const effect = { type: 'error', code: 'ServiceException' } as const;
    squab.control.faults.add({ operation: 'Invoke', times: 1, effect });
    const invoke = () => lambda('POST', '/2015-03-31/functions/f/invocations', {});
    await expect(invoke()).rejects.toMatchObject({
      ...{ status: 500, code: 'ServiceException', message: 'The Lambda service encountered an internal error.' },
    });
    expect(functions.invocations).toEqual([]);
    await invoke();
    expect(functions.invocations).toHaveLength(1);
    expect(squab.control.faults.list()).toMatchObject([{ matched: 2, triggered: 1 }]);
  });

  it('does not fail the invocations of an event source mapping, which no client requests', async () => {
    const { functions, feed, send, squab } = await fed();
    squab.control.faults.add({ operation: 'Invoke', effect: { type: 'error', code: 'TooManyRequestsException' } });
    const { QueueUrl } = await feed();
    await send(QueueUrl, 'a');
    await functions.next();
    expect(functions.bodies).toEqual([['a']]);
  });

  it.each([
    ['CreateEventSourceMapping', 'POST', '', { EventSourceArn: arnOf('q'), FunctionName: 'f' }],
    ['ListEventSourceMappings', 'GET', '', undefined],
    ['GetEventSourceMapping', 'GET', '/ID', undefined],
    ['UpdateEventSourceMapping', 'PUT', '/ID', { BatchSize: 1 }],
    ['DeleteEventSourceMapping', 'DELETE', '/ID', undefined],
  ])('fails %s, and no other operation', async (operation, method, path, body) => {
    const { lambda, feed, squab } = await fed();
    const { mapping } = await feed();
    squab.control.faults.add({ operation, effect: { type: 'error', code: 'TooManyRequestsException' } });
    const called = lambda(method, `${MAPPINGS}${path.replace('ID', mapping.UUID)}`, body);
    await expect(called).rejects.toMatchObject({ status: 429, code: 'TooManyRequestsException' });
    await lambda('GET', `/2017-03-31/tags/${encodeURIComponent(mapping.EventSourceMappingArn)}`);
    expect(squab.control.faults.list()).toMatchObject([{ matched: 1, triggered: 1 }]);
  });
});

describe('a function that does not answer', () => {
  it('has failed once its timeout has passed, in real time', async () => {
    const machine = new VirtualClock();
    const { functions, feed, send, counts, clock, squab } = await fed({ machine });
    functions.handle = () => undefined;
    const { QueueUrl } = await feed({}, { VisibilityTimeout: '3600' });
    await send(QueueUrl, 'a');
    await functions.next();
    await machine.advance(899_000);
    expect(functions.running).toBe(1);
    await machine.advance(1000);
    const failed = squab.control.events.follow({}, 0);
    for await (const event of failed) {
      if (event.kind !== 'function-failed') continue;
      expect(event).toMatchObject({ reason: 'it did not answer within 900 seconds' });
      break;
    }
    expect(await counts(QueueUrl)).toEqual([0, 1]);
    expect(clock.frozen).toBe(true);
  });

  it('can have a timeout of its own', async () => {
    const machine = new VirtualClock();
    const functions = await functionServer(() => undefined);
    const slow = { url: functions.url, timeoutSeconds: 5 };
    const { feed, send, squab } = await fed({ machine, functions: { slow } });
    const { QueueUrl } = await feed({ FunctionName: 'slow' });
    await send(QueueUrl, 'a');
    await functions.next();
    await machine.advance(5000);
    for await (const event of squab.control.events.follow({}, 0)) {
      if (event.kind !== 'function-failed') continue;
      expect(event).toMatchObject({ reason: 'it did not answer within 5 seconds' });
      break;
    }
  });
});

describe('a clock that is set back', () => {
  it('does not make a function wait longer', async () => {
    const { functions, feed, send, clock } = await fed();
    const { QueueUrl } = await feed({}, { VisibilityTimeout: '0' });
    functions.handle = () => ({ status: 503 });
    await clock.advance(3_600_000);
    await send(QueueUrl, 'a');
    await functions.next();
    functions.handle = () => ({});
    await clock.set(clock.now() - 1_800_000);
    await clock.advance(2000);
    expect(functions.invocations.length).toBeGreaterThanOrEqual(2);
  });
});
