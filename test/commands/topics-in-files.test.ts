/** Topics from a file on the command line: `--config`, `squab export`, `squab import`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { snsClient } from '../sns-client.ts';
import { root, scratch, squabEnds, squabServes, written } from './command.ts';

const guide = readFileSync(join(root, 'docs/queues-from-a-file.md'), 'utf8');
/** The example in the documentation. */
const [, topics = ''] = /```yaml\n(functions:\n[\s\S]*?)```/.exec(guide)!;

it('squab --config creates the topics of the example in the documentation', async () => {
  const { url } = await squabServes(['--config', written('squab.yaml', topics)]);
  const TopicArn = 'arn:aws:sns:us-east-1:000000000000:order-events';
  const { Subscriptions } = await snsClient(url)('ListSubscriptionsByTopic', { TopicArn });
  const protocols = Subscriptions.map(({ Protocol }: { Protocol: string }) => Protocol);
  expect(protocols).toEqual(['sqs', 'sqs', 'lambda', 'email', 'http']);
});

it('squab export and squab import copy topics, from a server and from a data folder', async () => {
  const data = scratch();
  const text = 'queues: [q]\ntopics: [t, { name: u, tags: { a: b }, subscriptions: [{ queue: q, raw: true }] }]';
  const first = await squabServes(['--data', data, '--config', written('squab.yaml', text)]);
  const file = join(scratch(), 'topics.yaml');
  const exported = await squabEnds(['export', '--url', first.url, '--output', file]);
  expect(exported.stdout).toBe(`Wrote 1 queue and 2 topics to ${file}.\n`);
  const second = await squabServes();
  const { stdout } = await squabEnds(['import', file, '--url', second.url]);
  expect(stdout).toContain('Created 1 queue and 2 topics; changed 0; left 0 unchanged.');
  first.child.kill('SIGTERM');
  await first.ended;
  const [stored, running] = await Promise.all(
    [
      ['--data', data],
      ['--url', second.url],
    ].map((from) => squabEnds(['export', ...from])),
  );
  expect(stored).toEqual(running);
  expect(stored!.stdout).toBe(readFileSync(file, 'utf8'));
});
