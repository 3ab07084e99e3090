/** Names of endpoints whose servers do not answer. */

import type { LookupAddress } from 'node:dns';
import { expect, it } from 'vitest';
import { Lookups } from '../../../src/topics/deliveries/lookups.ts';

const address = { address: '10.0.0.1', family: 4 };
const all = { all: true } as const;

/** Lookups of names, of which those that begin with `slow` do not end before `end` is called. */
function someLookups() {
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const lookups = new Lookups((host, _options, done) => {
    running.push(host);
    const end = () => done(null, [address]);
    if (host.startsWith('slow')) ends.set(host, end);
    else end();
  });
  const lookUp = (host: string) =>
    new Promise<LookupAddress[] | string>((resolve) =>
      lookups.lookUp(host, all, (error, addresses) => resolve(error?.code ?? addresses)),
    );
  return { lookUp, running, end: (host: string) => ends.get(host)!() };
}

it('do not delay names that were found before', async () => {
  const { lookUp, running } = someLookups();
  expect(await lookUp('quick')).toEqual([address]);
  for (let index = 0; index < 50; index++) void lookUp(`slow${index}`);
  expect(running).toEqual(['quick', 'slow0']);
  expect(await lookUp('quick')).toEqual([address]);
  expect(await lookUp('localhost')).toEqual([address]);
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
  expect(await lookUp('localhost')).toEqual([address]);
});
