/** Squab's engine as a contender: its verbs, without HTTP and without the rules of SQS. */

import { openEngine } from '../../src/storage/open-engine.ts';
import type { NewMessage } from '../../src/storage/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { KIB } from '../load/requests.ts';
import type { Contender } from './contender.ts';

const GROUPS = 100;
const HOUR_MS = 3_600_000;
const settings = { fifo: false, attributes: new Map(), tags: new Map(), retentionMs: 345_600_000 };

/** Queues whose names end in `.fifo` are FIFO queues. Their messages are in 100 groups, and have deduplication IDs. */
export async function squab(url: string): Promise<Contender> {
  const engine = await openEngine({ database: url });
  const ids = new Map<string, number>();
  let sent = 0;
  /** Different in every process. */
  const own = `${process.pid.toString(36)}-${Date.now().toString(36)}`;
  const messageFor = (queue: string): NewMessage => {
    const messageId = `${own}-${sent++}`;
    const content = { messageId, body: KIB, bodyMd5: '0123456789abcdef0123456789abcdef', senderId: 'me', delayMs: 0 };
    if (!queue.endsWith('.fifo')) return content;
    const deduplication = { key: messageId, windowMs: 300_000 };
    return { ...content, groupId: `group${sent % GROUPS}`, deduplicationId: messageId, deduplication };
  };
  const idOf = (queue: string) => ids.get(queue)!;
  return {
    async make(name) {
      const key = { region: 'us-east-1', account: '000000000000', name };
      const fifo = name.endsWith('.fifo');
      const { queue } = await engine.createQueue(key, { ...settings, fifo }, systemClock.now());
      ids.set(name, queue.id);
    },
    async send(queue, count) {
      const messages = Array.from({ length: count }, () => messageFor(queue));
      if (!(await engine.send(idOf(queue), messages, systemClock.now()))) throw new Error(`${queue} is gone.`);
    },
    async empty(queue) {
      await engine.purge(idOf(queue));
      while ((await engine.expire(systemClock.now(), 10_000)).freed > 0);
    },
    async take(queue, max) {
      const request = { max, visibilityMs: HOUR_MS, inFlightLimit: 120_000 };
      const received = await engine.receive(idOf(queue), request, systemClock.now());
      if (received === 'unfinished') return [];
      if (!Array.isArray(received)) throw new Error(`The receive returned ${received}.`);
      return received.map(({ receipt }) => receipt);
    },
    async remove(queue, taken) {
      const receipts = taken as Parameters<typeof engine.delete>[1];
      const outcomes = await engine.delete(idOf(queue), receipts, systemClock.now());
      if (outcomes?.some((outcome) => outcome !== 'deleted')) throw new Error(`Deleting returned ${outcomes}.`);
    },
    end: () => engine.close(),
  };
}
