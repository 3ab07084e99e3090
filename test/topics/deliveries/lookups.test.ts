/** Names of endpoints whose servers do not answer. */

import type { LookupAddress } from 'node:dns';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { Lookups } from '../../../src/topics/deliveries/lookups.ts';

const address = { address: '10.0.0.1', family: 4 };
const all = { all: true } as const;

/** Lookups of names; those of names that begin with `slow` do not end before `end` is called. */
function someLookups() {
  const clock = new VirtualClock();
  const running: string[] = [];
  const ends = new Map<string, (isFound: boolean) => void>();
  const lookups = new Lookups((host, _options, done) => {
    running.push(host);
    const end = (isFound: boolean) =>
      isFound ? done(null, [address]) : done(Object.assign(new Error(), { code: 'ENOTFOUND' }), []);
    if (host.startsWith('slow')) ends.set(host, end);
    else end(true);
  }, clock);
  const lookUp = (host: string) =>
    new Promise<LookupAddress[] | string>((resolve) =>
      lookups.lookUp(host, all, (error, addresses) => resolve(error?.code ?? addresses)),
    );
  return { lookUp, clock, running, end: (host: string, isFound = true) => ends.get(host)!(isFound) };
}

it('do not delay names that were found before, nor localhost', async () => {
  const { lookUp, clock, running } = someLookups();
  expect(await lookUp('quick')).toEqual([address]);
  for (let index = 0; index < 50; index++) void lookUp(`slow${index}`);
  expect(running).toEqual(['quick', 'slow0']);
  expect(await lookUp('localhost')).toContainEqual({ address: '127.0.0.1', family: 4 });
  const again = lookUp('quick');
  await clock.advance(100);
  expect(await again).toEqual([address]);
  // Also if no more can wait.
  for (let index = 50; index < 200; index++) void lookUp(`slow${index}`);
  const oneMore = lookUp('quick');
  await clock.advance(100);
  expect(await oneMore).toEqual([address]);
});

it('do not delay others after they were found once either', async () => {
  const { lookUp, clock, running, end } = someLookups();
  expect(await lookUp('quick')).toEqual([address]);
  const found = [lookUp('slow1'), lookUp('slow2'), lookUp('slow3')];
  for (const host of ['slow1', 'slow2', 'slow3']) end(host);
  await Promise.all(found);
  const again = ['slow1', 'slow2', 'slow3', 'quick'].map(lookUp);
  await clock.advance(100);
  expect(await Promise.all(again)).toEqual([[address], [address], [address], [address]]);
  expect(running.slice(4)).toEqual(['slow1']);
});

it('are forgotten when they are not found any more', async () => {
  const { lookUp, end } = someLookups();
  const [first] = [lookUp('slow'), end('slow')];
  expect(await first).toEqual([address]);
  const [second] = [lookUp('slow'), end('slow', false)];
  expect(await second).toBe('ENOTFOUND');
  const [third] = [lookUp('slow'), end('slow')];
  expect(await third).toEqual([address]);
});

it('are looked up one after another, each once for all who wait for it', async () => {
  const { lookUp, running, end } = someLookups();
  const found = [lookUp('slow1'), lookUp('slow2'), lookUp('slow1'), lookUp('slow2')];
  end('slow1');
  end('slow2');
  expect(await Promise.all(found)).toEqual([[address], [address], [address], [address]]);
  expect(running).toEqual(['slow1', 'slow2']);
});

it('fail at once when too many wait', async () => {
  const { lookUp } = someLookups();
  for (let index = 0; index < 101; index++) void lookUp(`slow${index}`);
  expect(await lookUp('slow101')).toBe('EAI_AGAIN');
});

it('use some of a name with thousands of addresses, each of which would be kept and tried', async () => {
  const many = Array.from({ length: 4000 }, (_, index) => ({
    address: `10.0.${index >> 8}.${index & 255}`,
    family: 4,
  }));
  const lookups = new Lookups((_host, _options, done) => done(null, many));
  const found = await new Promise<LookupAddress[]>((resolve) =>
    lookups.lookUp('many', all, (_error, addresses) => resolve(addresses)),
  );
  expect(found).toEqual(many.slice(0, 50));
});
