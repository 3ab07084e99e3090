/** The dashboard and the documentation name only metrics that exist, and all metrics of queues. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { families } from '../../src/metrics/families.ts';
import { setup } from '../helpers.ts';
import { database, newSchema } from '../postgres.ts';
import { snsClient } from '../sns-client.ts';
import { type Scrape, scrape } from './exposition.ts';

const docs = join(import.meta.dirname, '../../docs');
const url = await database();
const METRIC = /\b(?:squab|process|nodejs)_\w+/g;

interface Dashboard {
  panels: { targets: { expr: string }[] }[];
  templating: { list: { query: string | { query: string } }[] };
}

/** Scrapes a Squab that has had a few requests. */
async function scraped(options: Parameters<typeof setup>[0] = {}): Promise<Scrape> {
  const { squab, client } = await setup({ ...options, metrics: true });
  const { call } = client('JSON');
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  await call('SendMessage', { QueueUrl, MessageBody: 'b' });
  const sns = snsClient(squab.url);
  const { TopicArn } = await sns('CreateTopic', { Name: 't' });
  await sns('Publish', { TopicArn, Message: 'm' });
  return scrape(squab.url);
}

const sampleNames = ({ samples }: Scrape) => new Set([...samples.keys()].map((sample) => sample.replace(/\{.*/, '')));

it('the dashboard uses only metrics that exist, and every metric of queues and topics', async () => {
  const { panels, templating } = JSON.parse(readFileSync(join(docs, 'grafana-dashboard.json'), 'utf8')) as Dashboard;
  const used = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)),
  ].flatMap((text) => text.match(METRIC) ?? []);
  const existing = sampleNames(await scraped());
  expect(new Set(used).size).toBeGreaterThan(20);
  for (const name of used) expect([...existing], name).toContain(name);
  const ofTopics = [...existing].filter((name) => name.startsWith('squab_topic_'));
  const shown = families.flatMap(({ name, samples }) => Object.keys(samples).map((suffix) => name + suffix));
  const missing = [...shown, ...ofTopics].filter((name) => !used.includes(name));
  expect(missing, 'metrics of queues and topics that docs/grafana-dashboard.json does not show').toEqual([]);
});

// Some exist only with a database.
it.skipIf(!url)('the documentation lists only metrics that exist, and every metric of Squab', async () => {
  const text = readFileSync(join(docs, 'metrics.md'), 'utf8');
  const listed: string[] = text.match(/\bsquab_[a-z_]+\b/g) ?? [];
  const found = await scraped({ database: url, databaseSchema: newSchema() });
  const own = [...found.types.keys()].filter((name) => name.startsWith('squab_'));
  const missing = own.filter((name) => !listed.includes(name));
  expect(missing, 'metrics that docs/metrics.md does not list').toEqual([]);
  const existing = sampleNames(found);
  const exists = (name: string) => [name, `${name}_sum`, `${name}_bucket`].some((sample) => existing.has(sample));
  for (const name of listed) expect(exists(name), name).toBe(true);
});
