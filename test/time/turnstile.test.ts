/** One caller after another. */

import { expect, it, vi } from 'vitest';
import { Turnstile } from '../../src/time/turnstile.ts';
import { heapUsed } from '../storage/memory/heap.ts';

it('lets one caller after another in, whatever becomes of those before', async () => {
  const turnstile = new Turnstile();
  const steps: string[] = [];
  const first = Promise.withResolvers<void>();
  const results = [
    turnstile.run(async () => {
      steps.push('first begins');
      await first.promise;
      steps.push('first ends');
      throw new Error('first fails');
    }),
    turnstile.run(async () => void steps.push('second')),
  ];
  await new Promise(setImmediate);
  expect(steps).toEqual(['first begins']);
  first.resolve();
  expect((await Promise.allSettled(results)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(steps).toEqual(['first begins', 'first ends', 'second']);
});

it('lets a caller whose signal is aborted in at once, and keeps the others in line', async () => {
  const turnstile = new Turnstile();
  const steps: string[] = [];
  const first = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const before = turnstile.run(() => first.promise);
  const aborted = turnstile.run(async () => void steps.push('aborted'), stopping.signal);
  const after = turnstile.run(async () => void steps.push('after'));
  stopping.abort();
  await aborted;
  await new Promise(setImmediate);
  expect(steps).toEqual(['aborted']);
  first.resolve();
  await Promise.all([before, after]);
  expect(steps).toEqual(['aborted', 'after']);
});

it('lets the next caller in when one takes longer than it may', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const turnstile = new Turnstile(100);
  const steps: string[] = [];
  const first = Promise.withResolvers<void>();
  const before = turnstile.run(async () => {
    await first.promise;
    steps.push('before');
  });
  const next = turnstile.run(async () => void steps.push('next'));
  await vi.advanceTimersByTimeAsync(99);
  expect(steps).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(steps).toEqual(['next']);
  first.resolve();
  await Promise.all([before, next, turnstile.run(async () => void steps.push('after'))]);
  expect(steps).toEqual(['next', 'before', 'after']);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

it('keeps no results', async () => {
  const turnstile = new Turnstile();
  const before = await heapUsed();
  for (let call = 0; call < 100; call++) await turnstile.run(async () => new Array(100_000).fill(call));
  expect((await heapUsed()) - before).toBeLessThan(5_000_000);
});

it('keeps nothing of callers whose signals were aborted, however long the one before them takes', async () => {
  const turnstile = new Turnstile();
  const first = Promise.withResolvers<void>();
  const before = turnstile.run(() => first.promise);
  const leave = async () => {
    const leaving = new AbortController();
    const request = new Array(1e6).fill(0);
    const aborted = turnstile.run(async () => void request.at(0), leaving.signal);
    leaving.abort(request);
    await aborted;
  };
  const used = await heapUsed();
  for (let times = 0; times < 20; times++) await leave();
  expect((await heapUsed()) - used).toBeLessThan(50e6);
  first.resolve();
  await before;
});
