/** Many requests for metrics at once: each keeps the counts of all queues until its client has read them. */

import { afterEach, expect, it } from 'vitest';
import { makeApp } from '../../src/http/app.ts';
import { httpLimits } from '../../src/http/limits.ts';
import { addProbes } from '../../src/http/probes.ts';
import { completeOptions } from '../../src/settings/complete.ts';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';

const app = makeApp(completeOptions({ logLevel: 'silent' }), { write: () => {} }, httpLimits, undefined);
afterEach(() => app.close());

it('answers five requests for metrics at once, and refuses others until one of them has ended', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* print() {
    yield 'first\n';
    await released;
  }
  const { observation } = new MemoryStore();
  addProbes(app, { observation, nodes: undefined, metrics: { contentType: 'text/plain', print } });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const inProgress = await Promise.all(Array.from({ length: 5 }, () => fetch(`${url}/metrics`)));
  expect(inProgress.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const refused = await fetch(`${url}/metrics`);
  expect(refused.status).toBe(503);
  expect(await refused.text()).toMatch(/already 5 requests/);
  release();
  await Promise.all(inProgress.map((response) => response.text()));
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
});
