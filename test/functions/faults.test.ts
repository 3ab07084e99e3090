/** Fault injection, timeouts and time, as far as functions are concerned. */

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { fed } from './fed.ts';
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
