/** The dashboard asks for metrics that there are, and the documentation speaks of the same. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { families } from '../../src/metrics/families.ts';
import { setup } from '../helpers.ts';
import { type Scrape, scrape } from './exposition.ts';

const docs = join(import.meta.dirname, '../../docs');
const METRIC = /\b(?:squab|process|nodejs)_\w+/g;

interface Dashboard {
  panels: { targets: { expr: string }[] }[];
  templating: { list: { query: string | { query: string } }[] };
}

/** What a scrape has after some of everything has happened. */
async function scraped(): Promise<Scrape> {
  const { squab, client } = await setup({ metrics: true });
  const { call } = client('JSON');
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  await call('SendMessage', { QueueUrl, MessageBody: 'b' });
  return scrape(squab.url);
}

const namesIn = ({ samples }: Scrape) => new Set([...samples.keys()].map((sample) => sample.replace(/\{.*/, '')));

it('the dashboard asks for metrics that are there', async () => {
  const { panels, templating } = JSON.parse(readFileSync(join(docs, 'grafana-dashboard.json'), 'utf8')) as Dashboard;
  const asked = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)),
  ].flatMap((text) => text.match(METRIC) ?? []);
  const there = namesIn(await scraped());
  expect(new Set(asked).size).toBeGreaterThan(20);
  for (const name of asked) expect([...there], name).toContain(name);
  const shown = families.flatMap(({ name, samples }) => Object.keys(samples).map((suffix) => name + suffix));
  const missing = shown.filter((name) => !asked.includes(name));
  expect(missing, 'metrics of queues that docs/grafana-dashboard.json does not show').toEqual([]);
});

it('the documentation lists all metrics of Squab, and none that does not exist', async () => {
  const text = readFileSync(join(docs, 'metrics.md'), 'utf8');
  const listed: string[] = text.match(/\bsquab_[a-z_]+\b/g) ?? [];
  const found = await scraped();
  const own = [...found.types.keys()].filter((name) => name.startsWith('squab_'));
  const missing = own.filter((name) => !listed.includes(name));
  expect(missing, 'metrics that docs/metrics.md does not list').toEqual([]);
  const there = namesIn(found);
  const known = (name: string) => [name, `${name}_sum`, `${name}_bucket`].some((one) => there.has(one));
  for (const name of listed) expect(known(name), name).toBe(true);
});
