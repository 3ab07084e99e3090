/** Whatever the schema is called, every statement means it. */

import { describe, expect, it } from 'vitest';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { database } from '../../postgres.ts';
import { key, message, request, settings, T0 } from '../subject.ts';
import { topicSettings } from '../topic-subject.ts';

const url = await database();

describe.skipIf(!url)('a schema', () => {
  it.each([
    ...["O'Brien", 'a"b', "'); DROP SCHEMA public; --", 'UPPER case', 'схема', '$1', 'a\\b', '🙂', 'a\nb', '%s'],
    ...['squab_', 'x'.repeat(53)],
  ])('can be called %j', async (schema) => {
    const store = await openPostgres({ url: url!, schema }, 'test');
    const ids: number[] = [];
    for (const fifo of [false, true]) {
      const { queue } = await store.createQueue(key(`q${fifo}`), settings({ fifo }), T0);
      ids.push(queue.id);
      await store.send(queue.id, [message('a', fifo ? { groupId: 'g' } : {})], T0);
      expect(await store.receive(queue.id, request({ visibilityMs: 0 }), T0)).toMatchObject([{ body: 'a' }]);
    }
    await store.topics.createTopic(key('news'), topicSettings(), T0);
    await store.states.takeSnapshot('s', T0);
    await store.states.takeSnapshot('s', T0);
    await store.states.removeQueues({});
    await store.states.restoreSnapshot('s', T0);
    for (const id of ids) expect(await store.counts(id, T0)).toMatchObject({ visible: 1 });
    expect(await store.states.removeSnapshot('s')).toBe(true);
    await store.expire(T0, 1000);
    await store.close();
  });
});
