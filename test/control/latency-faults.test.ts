import { expect, it, vi } from 'vitest';
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

  it('delays up to 100 requests whose clients have gone, and carries out those that were left before', async () => {
    const { queue, squab, clock } = await fixture();
    const QueueUrl = await queue();
    const effect = { type: 'latency', duration: '1 day', clock: 'sqs' } as const;
    squab.control.faults.add({ operation: 'SendMessage', effect });
    const body = (MessageBody: string) => new URLSearchParams({ Action: 'SendMessage', QueueUrl, MessageBody });
    for (let count = 1; count <= 101; count++) {
      const client = new AbortController();
      const left = fetch(squab.url, { method: 'POST', body: body(`${count}`), signal: client.signal }).catch(() => {});
      await expect.poll(() => squab.control.faults.list()[0]!.triggered, { interval: 1 }).toBe(count);
      client.abort();
      await left;
    }
    const bodies = async () =>
      (await squab.control.messages.peek('q', { limit: 1000 })).messages.map((one) => one.body);
    await expect.poll(bodies).toEqual(['1']);
    await clock.advance(86_400_000);
    expect((await bodies()).sort()).toEqual(Array.from({ length: 101 }, (_, index) => `${index + 1}`).sort());
  });

  it('of many rules together makes no warning', async () => {
    const { call, squab } = await fixture();
    for (let count = 0; count < 20; count++) squab.control.faults.add({ effect: { type: 'latency', duration: '0ms' } });
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    await call('ListQueues');
    expect(warn.mock.calls).toEqual([]);
    warn.mockRestore();
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
