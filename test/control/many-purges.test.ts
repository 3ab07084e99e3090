/** The list of messages, and their histories, after thousands of purges: each may have ended every message. */

import { expect, it } from 'vitest';
import { cpuMs } from '../cpu-time.ts';
import { setup } from '../helpers.ts';
import { onPostgres } from '../stores.ts';

/** More than a page of the list has. */
const MESSAGES = 1000;

async function fixture() {
  const { client, squab } = await setup();
  const { call } = client('JSON');
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  for (let batch = 0; batch < MESSAGES / 10; batch++) {
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `e${index}`, MessageBody: 'x' }));
    await call('SendMessageBatch', { QueueUrl, Entries });
  }
  await call('CreateQueue', { QueueName: 'other' });
  return squab.control;
}

it('shows the latest of the purges that restored snapshots have undone, and the one that is in effect', async () => {
  const { messages, queues, snapshots } = await fixture();
  await snapshots.take('s');
  for (let round = 0; round < 20; round++) {
    await queues.purge('q');
    await snapshots.restore('s');
  }
  const present = messages.recent('q', MESSAGES);
  expect(present).toHaveLength(MESSAGES);
  for (const { present: isPresent, events } of present) {
    expect(isPresent).toBe(true);
    expect(events.map(({ kind }) => kind)).toEqual(['sent', ...Array.from({ length: 10 }, () => 'purged')]);
  }
  const latest = present[0]!.events.at(-1)!.id;
  await queues.purge('q');
  const [gone] = messages.recent('q', 1);
  expect(gone).toMatchObject({ present: false });
  expect(gone!.events).toHaveLength(12);
  expect(gone!.events.at(-2)!.id).toBe(latest);
});

it.each(['of another queue', 'that were undone'])('takes no longer after thousands of purges %s', async (which) => {
  const { messages, queues, snapshots } = await fixture();
  const list = () => {
    const before = cpuMs();
    expect(messages.recent('q', MESSAGES)).toHaveLength(MESSAGES);
    return cpuMs() - before;
  };
  const undone = which === 'that were undone';
  const rounds = undone ? 1500 : 8000;
  // A snapshot takes a hundred times as long in a database.
  for (let round = 0; round < (onPostgres ? 20 : rounds); round++) {
    // Each restore undoes another range of events.
    if (undone) await snapshots.take('s');
    await queues.purge(undone ? 'q' : 'other');
    if (undone) await snapshots.restore('s');
  }
  expect(Math.min(list(), list(), list())).toBeLessThan(100);
});
