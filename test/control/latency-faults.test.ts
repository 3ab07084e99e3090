import { expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';

overBothWires('the effect latency', (fixture) => {
  it('delays the response until the clock of SQS has moved', async () => {
    const { call, squab, clock } = await fixture();
    squab.control.faults.add({ effect: { type: 'latency', duration: '2s', clock: 'sqs' } });
    let answered = false;
    const call1 = call('ListQueues').then(() => {
      answered = true;
    });
    await expect.poll(() => squab.control.faults.list()[0]!.triggered).toBe(1);
    await clock.advance(1999);
    expect(answered).toBe(false);
    await clock.advance(1);
    await call1;
  });

  it.each(['0ms', '1ms'])(
    'of %s lasts as long by a clock that is frozen, or set back in the meantime',
    async (duration) => {
      const { call, squab, clock } = await fixture();
      squab.control.faults.add({ effect: { type: 'latency', duration, clock: 'sqs' } });
      const slow = call('ListQueues');
      await expect.poll(() => squab.control.faults.list()[0]!.triggered).toBe(1);
      if (duration === '1ms') {
        await clock.set(0);
        await clock.advance(1);
      }
      await slow;
    },
  );

  it('delays the response in real time, by a time between the two limits of its rule', async () => {
    const { call, squab } = await fixture();
    squab.control.faults.add({ effect: { type: 'latency', duration: '40ms', upTo: '60ms', when: 'after' } });
    const begin = performance.now();
    await call('ListQueues');
    expect(performance.now() - begin).toBeGreaterThanOrEqual(39);
  });

  it('ends when Squab stops', async () => {
    const { call, squab } = await fixture();
    squab.control.faults.add({ effect: { type: 'latency', duration: '1 day' } });
    const slow = call('ListQueues');
    await expect.poll(() => squab.control.faults.list()[0]!.triggered).toBe(1);
    await squab.stop();
    await slow;
  });
});
