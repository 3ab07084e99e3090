/** Whatever happens to messages, and whatever restores undo of it, the journal knows which are present, and in which queue. */

import { expect, it } from 'vitest';
import { chanceOf } from '../../src/queues/faults/chance.ts';
import { setup } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';
import { onPostgres } from '../stores.ts';

const QUEUES = ['a', 'b', 'dlq', 'f.fifo', 'dlq.fifo'];
const SNAPSHOTS = ['s', 't', 'u'];
const RUNS = onPostgres ? 2 : 12;
const STEPS = 80;

it.each(Array.from({ length: RUNS }, (_, seed) => seed))('after a random history (seed %i)', async (seed) => {
  const chance = chanceOf(seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(chance() * items.length)]!;
  const { client, squab, clock } = await setup();
  const { messages, queues, snapshots } = squab.control;
  const { call } = client('JSON');
  const create = async (QueueName: string) => {
    const fifo = QueueName.endsWith('.fifo');
    const target = fifo ? 'dlq.fifo' : 'dlq';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(target), maxReceiveCount: 2 });
    const Attributes = { ...(QueueName !== target && { RedrivePolicy }), ...(fifo && { FifoQueue: 'true' }) };
    await call('CreateQueue', { QueueName, Attributes });
  };
  for (const name of QUEUES.toReversed()) await create(name);
  const listed = () => messages.recent(undefined, 1000);
  const present = () => listed().filter(({ present: isPresent }) => isPresent);
  let sent = 0;
  const steps = {
    async send() {
      const QueueUrl = pick(QUEUES);
      const fifo = QueueUrl.endsWith('.fifo') && {
        MessageGroupId: pick(['g', 'h']),
        MessageDeduplicationId: `${++sent}`,
      };
      await call('SendMessage', { QueueUrl, MessageBody: 'x', ...fifo });
    },
    receive: () => call('ReceiveMessage', { QueueUrl: pick(QUEUES), MaxNumberOfMessages: 3, VisibilityTimeout: 1 }),
    advance: () => clock.advance(1000),
    move: () => call('StartMessageMoveTask', { SourceArn: arnOf(pick(['dlq', 'dlq.fifo'])) }).catch(() => {}),
    purge: () => queues.purge(pick(QUEUES)),
    take: () => snapshots.take(pick(SNAPSHOTS)),
    restore: () => snapshots.restore(pick(SNAPSHOTS)),
    async remove() {
      const some = present();
      if (some.length > 0) await messages.delete(pick(some).messageId);
    },
    async deadLetter() {
      const some = present().filter(({ queue }) => !queue.name.startsWith('dlq'));
      if (some.length > 0) await messages.deadLetter(pick(some).messageId);
    },
    async replace() {
      const QueueUrl = pick(['a', 'f.fifo']);
      await call('DeleteQueue', { QueueUrl });
      await create(QueueUrl);
    },
  };
  for (const name of SNAPSHOTS) await snapshots.take(name);
  const often = ['send', 'send', 'send', 'receive', 'receive'] as const;
  const names = [...often, ...(Object.keys(steps) as (keyof typeof steps)[])];
  for (let step = 0; step < STEPS; step++) {
    const name = pick(names);
    await steps[name]();
    // Lets a move task end.
    await clock.advance(1);
    for (const { messageId, present: isPresent, queue } of listed()) {
      const found = await messages.find(messageId).catch(() => undefined);
      const where = { messageId, queue: isPresent ? queue.name : undefined };
      expect(where, `step ${step}, ${name}`).toEqual({ messageId, queue: found?.queue.name });
    }
  }
});
