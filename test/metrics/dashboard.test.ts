/** The dashboard asks for metrics that there are, and the documentation speaks of the same. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { families } from '../../src/metrics/families.ts';
import { setup } from '../helpers.ts';
import { scrape } from './exposition.ts';

const docs = join(import.meta.dirname, '../../docs');
const METRIC = /\b(?:squab|process|nodejs)_\w+/g;

interface Dashboard {
  panels: { targets: { expr: string }[] }[];
  templating: { list: { query: string | { query: string } }[] };
}

/** The names of all samples, after some of everything has happened. */
async function names(): Promise<Set<string>> {
  const { squab, client } = await setup({ metrics: true });
  const { call } = client('JSON');
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  await call('SendMessage', { QueueUrl, MessageBody: 'b' });
  const { samples } = await scrape(squab.url);
  return new Set([...samples.keys()].map((sample) => sample.replace(/\{.*/, '')));
}

it('the dashboard asks for metrics that are there', async () => {
  const { panels, templating } = JSON.parse(readFileSync(join(docs, 'grafana-dashboard.json'), 'utf8')) as Dashboard;
  const asked = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)),
  ].flatMap((text) => text.match(METRIC) ?? []);
  const there = await names();
  expect(new Set(asked).size).toBeGreaterThan(20);
  for (const name of asked) expect([...there], name).toContain(name);
  const shown = families.flatMap(({ name, samples }) => Object.keys(samples).map((suffix) => name + suffix));
  expect(asked, 'every metric of queues has its place').toEqual(expect.arrayContaining(shown));
});

it('the documentation lists the metrics of queues, and none that is not there', async () => {
  const text = readFileSync(join(docs, 'metrics.md'), 'utf8');
  const listed = text.match(/\bsquab_[a-z_]+\b/g) ?? [];
  expect(listed).toEqual(expect.arrayContaining(families.map(({ name }) => name)));
  const there = await names();
  const known = (name: string) => [name, `${name}_sum`, `${name}_bucket`].some((one) => there.has(one));
  for (const name of listed) expect(known(name), name).toBe(true);
});
