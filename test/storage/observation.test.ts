/** The contract of src/storage/observation.ts: what an engine reports for monitoring. */

import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/storage/store.ts';
import { engines } from './engines.ts';
import { HOUR, message, NO_QUEUE, numbered, SECOND, subjectOf, T0, unstorable } from './subject.ts';

describe.each(Object.entries(engines))('monitoring the engine %s', (_, form) => {
  const s = subjectOf(form);
  const observation = () => s.store.observation;
  const holdings = async (ids: readonly number[], now: number) =>
    (await observation().holdings(ids, now)).map(({ queue, visible, inFlight, delayed, oldestSentAt }) => [
      queue.name,
      ...[visible, inFlight, delayed],
      oldestSentAt === undefined ? undefined : oldestSentAt - T0,
    ]);

  it('returns what queues hold at an instant, in the given order, without those that do not exist', async () => {
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

  it('returns when the next hidden message of each queue becomes visible, in a FIFO queue too', async () => {
    const [a, b, fifo] = [await s.queue('a'), await s.queue('b'), await s.queue('fifo', { fifo: true })];
    const next = async (now: number) => {
      const instants = await observation().nextShown([b, NO_QUEUE, a, fifo], now);
      return instants.map((at) => at && at - T0);
    };
    expect(await next(T0)).toEqual([undefined, undefined, undefined, undefined]);
    await s.send(a, 'delayed', T0, { delayMs: 10 * SECOND });
    await s.send(a, 'in flight', T0, { groupId: 'g' });
    await s.receive(a, T0, { max: 1 });
    await s.send(fifo, ['g1', 'g2'], T0, { groupId: 'g' });
    await s.receive(fifo, T0, { max: 1, visibilityMs: SECOND });
    expect(await next(T0)).toEqual([undefined, undefined, 10 * SECOND, SECOND]);
    expect(await next(T0 + 10 * SECOND)).toEqual([undefined, undefined, 30 * SECOND, undefined]);
    expect(await next(T0 + 30 * SECOND)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('returns the time of the next oldest message once the oldest is deleted or expires', async () => {
    const id = await s.queue('q');
    for (const at of [0, 1, 2]) await s.send(id, `${at}`, T0 + at * SECOND);
    const first = await s.receiveOne(id, T0 + 3 * SECOND, { max: 1 });
    await s.store.delete(id, [first.receipt], T0 + 3 * SECOND);
    expect(await holdings([id], T0 + 3 * SECOND)).toEqual([['q', 2, 0, 0, SECOND]]);
    expect(await holdings([id], T0 + HOUR + SECOND)).toEqual([['q', 1, 0, 0, 2 * SECOND]]);
    expect(await holdings([id], T0 + 2 * HOUR)).toEqual([['q', 0, 0, 0, undefined]]);
  });

  it('counts no expired message, even if thousands expire at once', async () => {
    const id = await s.queue('q');
    await s.send(id, numbered(1500), T0);
    await s.send(id, 'young', T0 + SECOND);
    await s.store.changeQueue(id, { retentionMs: HOUR / 2 }, T0 + HOUR / 2);
    expect(await holdings([id], T0 + HOUR / 2)).toEqual([['q', 1, 0, 0, SECOND]]);
  });

  it('reports the beginning and end of each transaction with its number of verbs, even if it fails', async () => {
    const id = await s.queue('q');
    const reported: string[] = [];
    observation().onTurn((verbs) => {
      reported.push(`${verbs} begin`);
      return () => reported.push(`${verbs} end`);
    });
    await Promise.all([s.counts(id, T0), s.counts(id, T0), s.counts(id, T0)]);
    // An engine that serves several nodes also has transactions of its own, and refuses some verbs without one.
    if (form.isConcurrent) {
      const verbs = (what: 'begin' | 'end') =>
        reported.filter((line) => line.endsWith(what)).reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
      expect(verbs('begin')).toBeGreaterThanOrEqual(3);
      expect(verbs('end')).toBeGreaterThanOrEqual(3);
      return;
    }
    expect(reported.splice(0)).toEqual(['3 begin', '3 end']);
    await expect(s.store.send(id, [unstorable()], T0)).rejects.toThrow();
    expect(reported.splice(0)).toEqual(['1 begin', '1 end']);
    // The verb that fails must not make the other fail, so an engine may try both again, each alone.
    const both = [s.store.send(id, [unstorable()], T0), s.store.send(id, [message('b')], T0)];
    await Promise.allSettled(both);
    const repeated = form.repeatsTurns ? ['1 begin', '1 end', '1 begin', '1 end'] : [];
    expect(reported.splice(0)).toEqual(['2 begin', '2 end', ...repeated]);
    observation().onTurn(undefined);
    await s.counts(id, T0);
    expect(reported).toEqual([]);
  });

  it('probes whether the storage works, and keys still grow after a probe that wrote', async () => {
    await observation().probe();
    if (!form.breakDown) return;
    const id = await s.queue('q');
    const faults: unknown[] = [];
    s.store.onFault((fault) => faults.push(fault));
    const repair = await form.breakDown(s.store);
    await expect(observation().probe()).rejects.toThrow(StoreUnavailable);
    await expect(observation().probe()).rejects.toThrow(StoreUnavailable);
    await repair();
    await observation().probe();
    // What the engine does by itself meanwhile may also work, or fail.
    expect([faults[0], faults.at(-1)]).toEqual([expect.any(StoreUnavailable), undefined]);
    const sent = await s.store.send(id, [message('1'), message('2')], T0);
    expect(sent![1]!.key).toBeGreaterThan(sent![0]!.key);
  });
});
