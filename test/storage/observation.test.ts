/** What an engine tells those who watch over it. */

import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/storage/store.ts';
import { engines } from './engines.ts';
import { HOUR, message, NO_QUEUE, SECOND, subjectOf, T0, unstorable } from './subject.ts';

describe.each(Object.entries(engines))('watching over an engine, %s', (_, form) => {
  const s = subjectOf(form);
  const observation = () => s.store.observation;
  const holdings = async (ids: readonly number[], now: number) =>
    (await observation().holdings(ids, now)).map(({ queue, visible, inFlight, delayed, oldestSentAt }) => [
      queue.name,
      ...[visible, inFlight, delayed],
      oldestSentAt === undefined ? undefined : oldestSentAt - T0,
    ]);

  it('tells what queues hold at an instant, in their order, without those that are gone', async () => {
    const [a, b] = [await s.queue('a'), await s.queue('b')];
    expect(await observation().queueIds()).toEqual([a, b]);
    await s.send(a, ['1', '2'], T0);
    await s.send(a, 'later', T0 + SECOND, { delayMs: 10 * SECOND });
    await s.receive(a, T0 + 2 * SECOND, { max: 1 });
    expect(await holdings([b, NO_QUEUE, a], T0 + 3 * SECOND)).toEqual([
      ['b', 0, 0, 0, undefined],
      ['a', 1, 1, 1, 0],
    ]);
    expect(await holdings([a], T0 + 20 * SECOND)).toEqual([['a', 2, 1, 0, 0]]);
    await s.store.purge(a);
    expect(await holdings([a], T0 + 20 * SECOND)).toEqual([['a', 0, 0, 0, undefined]]);
    await s.store.deleteQueue(a);
    expect(await observation().queueIds()).toEqual([b]);
  });

  it('takes the next oldest message for the oldest when that is deleted or expires', async () => {
    const id = await s.queue('q');
    for (const at of [0, 1, 2]) await s.send(id, `${at}`, T0 + at * SECOND);
    const first = await s.receiveOne(id, T0 + 3 * SECOND, { max: 1 });
    await s.store.delete(id, [first.receipt], T0 + 3 * SECOND);
    expect(await holdings([id], T0 + 3 * SECOND)).toEqual([['q', 2, 0, 0, SECOND]]);
    expect(await holdings([id], T0 + HOUR + SECOND)).toEqual([['q', 1, 0, 0, 2 * SECOND]]);
    expect(await holdings([id], T0 + 2 * HOUR)).toEqual([['q', 0, 0, 0, undefined]]);
  });

  it('tells of each transaction how many verbs shared it, when it begins and when it is over, also when it failed', async () => {
    const id = await s.queue('q');
    const heard: string[] = [];
    observation().onTurn((verbs) => {
      heard.push(`${verbs} begin`);
      return () => heard.push(`${verbs} end`);
    });
    await Promise.all([s.counts(id, T0), s.counts(id, T0), s.counts(id, T0)]);
    expect(heard.splice(0)).toEqual(['3 begin', '3 end']);
    await expect(s.store.send(id, [unstorable()], T0)).rejects.toThrow();
    expect(heard.splice(0)).toEqual(['1 begin', '1 end']);
    // The one that fails is not to take the other with it: both are tried once more, alone.
    const both = [s.store.send(id, [unstorable()], T0), s.store.send(id, [message('b')], T0)];
    await Promise.allSettled(both);
    expect(heard.splice(0)).toEqual(['2 begin', '2 end', '1 begin', '1 end', '1 begin', '1 end']);
    observation().onTurn(undefined);
    await s.counts(id, T0);
    expect(heard).toEqual([]);
  });

  it('finds that it works, and that keys still grow after a probe that wrote', async () => {
    await observation().probe();
    if (!form.breakDown) return;
    const id = await s.queue('q');
    const repair = form.breakDown(s.store);
    await expect(observation().probe()).rejects.toThrow(StoreUnavailable);
    await expect(observation().probe()).rejects.toThrow(StoreUnavailable);
    repair();
    const faults: unknown[] = [];
    s.store.onFault((fault) => faults.push(fault));
    await observation().probe();
    expect(faults).toEqual([undefined]);
    const sent = await s.store.send(id, [message('1'), message('2')], T0);
    expect(sent![1]!.key).toBeGreaterThan(sent![0]!.key);
  });
});
