/** The dashboard and the documentation name only metrics that exist, and all metrics of queues. */

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

/** Returns the names of all samples of a Squab that has had a few requests. */
async function sampleNames(): Promise<Set<string>> {
  const { squab, client } = await setup({ metrics: true });
  const { call } = client('JSON');
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  await call('SendMessage', { QueueUrl, MessageBody: 'b' });
  const { samples } = await scrape(squab.url);
  return new Set([...samples.keys()].map((sample) => sample.replace(/\{.*/, '')));
}

it('the dashboard uses only metrics that exist, and every metric of queues', async () => {
  const { panels, templating } = JSON.parse(readFileSync(join(docs, 'grafana-dashboard.json'), 'utf8')) as Dashboard;
  const used = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)),
  ].flatMap((text) => text.match(METRIC) ?? []);
  const existing = await sampleNames();
  expect(new Set(used).size).toBeGreaterThan(20);
  for (const name of used) expect([...existing], name).toContain(name);
  const shown = families.flatMap(({ name, samples }) => Object.keys(samples).map((suffix) => name + suffix));
  expect(used, 'the dashboard shows every metric of queues').toEqual(expect.arrayContaining(shown));
});

it('the documentation lists only metrics that exist, and every metric of queues', async () => {
  const text = readFileSync(join(docs, 'metrics.md'), 'utf8');
  const listed = text.match(/\bsquab_[a-z_]+\b/g) ?? [];
  expect(listed).toEqual(expect.arrayContaining(families.map(({ name }) => name)));
  const existing = await sampleNames();
  const exists = (name: string) => [name, `${name}_sum`, `${name}_bucket`].some((sample) => existing.has(sample));
  for (const name of listed) expect(exists(name), name).toBe(true);
});
