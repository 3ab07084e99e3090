import { expect, it } from 'vitest';
import { key, message, NO_LIMIT, NO_QUEUE, request, SECOND, type Subject, settings, T0 } from '../subject.ts';

export function queues(s: Subject): void {
  const names = async (listing: { prefix?: string; after?: string; limit?: number }) => {
    const { account, region } = key('');
    return (await s.store.listQueues({ account, region, limit: 1000, ...listing })).map(({ name }) => name);
  };

  it('a created queue has the settings that it was created with', async () => {
    const attributes = new Map([['VisibilityTimeout', '30']]);
    const tags = new Map([['team', 'a b']]);
    const given = settings({ fifo: true, retentionMs: 60_000, attributes, tags });
    const { queue, created } = await s.store.createQueue(key('orders.fifo'), given, T0);
    expect(created).toBe(true);
    expect(queue).toEqual({ ...key('orders.fifo'), ...given, id: queue.id, createdAt: T0, modifiedAt: T0 });
    expect(await s.store.findQueue(key('orders.fifo'))).toEqual(queue);
  });

  it('creating a queue whose name is taken returns the existing queue, unchanged', async () => {
    const first = await s.store.createQueue(key('orders'), settings({ tags: new Map([['a', '1']]) }), T0);
    const second = await s.store.createQueue(key('orders'), settings({ retentionMs: 5 }), T0 + SECOND);
    expect(second).toEqual({ queue: first.queue, created: false });
  });

  it('names and IDs with characters that none has are found nowhere', async () => {
    const id = await s.queue('orders');
    const { store } = s;
    expect(await store.findQueue(key('orders\0'))).toBeUndefined();
    expect(await store.findQueue(key('orders', { account: '\0' }))).toBeUndefined();
    const place = { account: key('').account, region: key('').region, limit: 10 };
    expect(await store.listQueues({ ...place, prefix: 'orders\0' })).toEqual([]);
    expect(await s.states.removeQueues({ prefix: '\0' })).toEqual([]);
    expect(await store.inspection.search({ messageId: '\0' }, T0)).toEqual({});
    expect(await store.inspection.search({ messageId: '\0', queueId: id }, T0)).toEqual({});
    expect(await store.inspection.remembered(id, '\0', T0)).toBeUndefined();
    expect(await store.changeMoveTask('\0', { from: 'RUNNING', to: 'CANCELLING' })).toBeUndefined();
    expect(await s.states.restoreSnapshot('\0', T0)).toBeUndefined();
  });

  it('of two concurrent creations one creates the queue, and both return it', async () => {
    const both = await Promise.all([
      s.store.createQueue(key('orders'), settings(), T0),
      s.store.createQueue(key('orders'), settings(), T0),
    ]);
    expect(both.map(({ created }) => created).sort()).toEqual([false, true]);
    expect(both[0].queue.id).toBe(both[1].queue.id);
  });

  it('the same name in two regions or accounts is two queues', async () => {
    const places = [{}, { region: 'eu-west-1' }, { account: '111111111111' }];
    const ids = [];
    for (const place of places) {
      const { queue, created } = await s.store.createQueue(key('orders', place), settings(), T0);
      expect(created).toBe(true);
      ids.push(queue.id);
    }
    expect(new Set(ids).size).toBe(3);
    await s.send(ids[1]!, 'for Ireland', T0);
    expect(await s.bodies(ids[0]!, T0)).toEqual([]);
    expect(await s.bodies(ids[2]!, T0)).toEqual([]);
    expect(await s.bodies(ids[1]!, T0)).toEqual(['for Ireland']);
    expect(await s.store.deleteQueue(ids[1]!)).toBe(true);
    expect((await s.store.findQueue(key('orders')))?.id).toBe(ids[0]);
    expect(await s.store.findQueue(key('orders', places[1]))).toBeUndefined();
    expect(await s.store.listQueues({ ...key('', places[2]), limit: 10 })).toHaveLength(1);
  });

  it('a queue that does not exist is not found, and names are case-sensitive', async () => {
    await s.queue('orders');
    expect(await s.store.findQueue(key('other'))).toBeUndefined();
    expect(await s.store.findQueue(key('Orders'))).toBeUndefined();
  });

  it('a listing is ordered by name, byte by byte', async () => {
    for (const name of ['b', 'a_1', 'B', 'a-1', 'a1', 'a.fifo', '0']) await s.queue(name);
    expect(await names({})).toEqual(['0', 'B', 'a-1', 'a.fifo', 'a1', 'a_1', 'b']);
  });

  it('a prefix is taken literally: _, % and * are not wildcards', async () => {
    for (const name of ['a_b', 'axb', 'a%b', 'a*b', 'A_b', 'a_']) await s.queue(name);
    expect(await names({ prefix: 'a_' })).toEqual(['a_', 'a_b']);
    expect(await names({ prefix: 'a%' })).toEqual(['a%b']);
    expect(await names({ prefix: 'a*' })).toEqual(['a*b']);
    expect(await names({ prefix: 'a_bc' })).toEqual([]);
  });

  it('a listing continues after the given name, whether or not a queue has that name', async () => {
    for (const name of ['a', 'b', 'b1', 'c']) await s.queue(name);
    expect(await names({ after: 'b' })).toEqual(['b1', 'c']);
    expect(await names({ after: 'aa', prefix: 'b' })).toEqual(['b', 'b1']);
    expect(await names({ after: 'c' })).toEqual([]);
  });

  it('a listing has at most as many queues as its limit, and its pages add up to all queues', async () => {
    const all = Array.from({ length: 7 }, (_, index) => `queue-${index}`);
    for (const name of all) await s.queue(name);
    const pages = [];
    for (let page = await names({ limit: 3 }); page.length > 0; ) {
      pages.push(page);
      page = await names({ limit: 3, after: page.at(-1)! });
    }
    expect(pages).toEqual([all.slice(0, 3), all.slice(3, 6), all.slice(6)]);
  });

  it('a change sets and removes what it names, and leaves the rest', async () => {
    const id = await s.queue('orders', {
      attributes: new Map([
        ['DelaySeconds', '5'],
        ['VisibilityTimeout', '30'],
      ]),
      tags: new Map([['team', 'a']]),
    });
    const change = {
      attributes: new Map([
        ['DelaySeconds', undefined],
        ['VisibilityTimeout', '60'],
        ['Policy', '{}'],
      ]),
    };
    await s.store.changeQueue(id, change, T0 + SECOND);
    const queue = await s.store.findQueue(key('orders'));
    expect(Object.fromEntries(queue!.attributes)).toEqual({ VisibilityTimeout: '60', Policy: '{}' });
    expect(Object.fromEntries(queue!.tags)).toEqual({ team: 'a' });
    expect(queue).toMatchObject({ createdAt: T0, modifiedAt: T0 + SECOND });
  });

  it('a change that expects another attribute value changes nothing, even among changes of one turn', async () => {
    const id = await s.queue('orders');
    const change = (from: string | undefined, to: string) => {
      const maps = { expected: new Map([['Policy', from]]), attributes: new Map([['Policy', to]]) };
      return s.store.changeQueue(id, maps, T0);
    };
    const [first, second] = await s.inTurn(
      () => change(undefined, 'a'),
      () => change(undefined, 'b'),
    );
    expect([first !== 'outdated', second]).toEqual([true, 'outdated']);
    expect((await s.store.findQueue(key('orders')))!.attributes.get('Policy')).toBe('a');
    expect(await change('a', 'c')).not.toBe('outdated');
  });

  it('a change that would give a queue too many tags changes nothing, even among changes of one turn', async () => {
    const id = await s.queue('orders', { tags: new Map([['a', '']]) });
    const change = (...tags: string[]) => {
      const changed = new Map(tags.map((tag) => [tag.replace('-', ''), tag.startsWith('-') ? undefined : '']));
      return s.store.changeQueue(id, { tags: changed, tagsMax: 3, attributes: new Map([['of', tags.join()]]) }, T0);
    };
    const changes = [['a', 'b'], ['c', 'd'], ['c'], ['d', '-a']].map((all) => () => change(...all));
    const outcomes = await s.inTurn(...changes);
    expect(outcomes.map((outcome) => outcome === 'over-limit')).toEqual([false, true, false, false]);
    const { tags, attributes } = (await s.store.findQueue(key('orders')))!;
    expect([...tags.keys()].sort()).toEqual(['b', 'c', 'd']);
    expect(attributes.get('of')).toBe('d,-a');
    expect(await change('e')).toBe('over-limit');
    expect(await s.store.findQueue(key('orders'))).toMatchObject({ attributes, tags });
  });

  it('a send that expects another attribute value stores nothing, even after a change of the same turn', async () => {
    const id = await s.queue('orders');
    const send = (expected: string | undefined) =>
      s.store.send(id, [message('hello')], T0, new Map([['DelaySeconds', expected]]));
    const attributes = new Map([['DelaySeconds', '5']]);
    const [before, , after] = await s.inTurn(
      () => send(undefined),
      () => s.store.changeQueue(id, { attributes }, T0),
      () => send(undefined),
    );
    expect([before, after]).toEqual([[expect.anything()], 'outdated']);
    expect(await s.counts(id, T0)).toEqual([1, 0, 0]);
    expect(await send('5')).toHaveLength(1);
    expect(await s.counts(id, T0)).toEqual([2, 0, 0]);
  });

  it('a change of tags alone does not count as a modification', async () => {
    const id = await s.queue('orders', { tags: new Map([['team', 'a']]) });
    const tags = new Map([
      ['team', undefined],
      ['stage', 'test'],
    ]);
    await s.store.changeQueue(id, { tags }, T0 + SECOND);
    const queue = await s.store.findQueue(key('orders'));
    expect(queue!.modifiedAt).toBe(T0);
    expect(Object.fromEntries(queue!.tags)).toEqual({ stage: 'test' });
  });

  it('a queue that was returned earlier does not change: a change creates a new object', async () => {
    const id = await s.queue('orders', { tags: new Map([['team', 'a']]) });
    const before = await s.store.findQueue(key('orders'));
    await s.store.changeQueue(id, { retentionMs: 5, tags: new Map([['team', 'b']]) }, T0 + SECOND);
    expect(before).toMatchObject({ id, retentionMs: settings().retentionMs });
    expect(before!.tags.get('team')).toBe('a');
  });

  it('attributes and tags may have any name, even those of the members of every object', async () => {
    const odd = new Map(['__proto__', 'constructor', 'toString', '', 'ключ', '🐿️'].map((name) => [name, `of ${name}`]));
    const id = await s.queue('orders', { attributes: odd, tags: odd });
    await s.store.changeQueue(id, { tags: new Map([['toString', undefined]]) }, T0);
    const queue = await s.store.findQueue(key('orders'));
    expect([...queue!.attributes]).toEqual([...odd]);
    expect([...queue!.tags.keys()]).toEqual([...odd.keys()].filter((name) => name !== 'toString'));
  });

  it('a deleted queue loses its messages, and a new one of the same name is empty and has another ID', async () => {
    const id = await s.queue();
    await s.send(id, ['left', 'behind'], T0);
    const { receipt } = await s.receiveOne(id, T0);
    expect(await s.store.deleteQueue(id)).toBe(true);
    expect(await s.store.findQueue(key('orders'))).toBeUndefined();
    expect(await names({})).toEqual([]);
    const next = await s.queue();
    expect(next).not.toBe(id);
    expect(await s.counts(next, T0)).toEqual([0, 0, 0]);
    expect(await s.bodies(next, T0)).toEqual([]);
    expect(await s.store.delete(next, [receipt], T0)).toEqual(['gone']);
  });

  it('an ID is never given to another queue', async () => {
    const ids = new Set<number>();
    for (let round = 0; round < 5; round++) {
      const id = await s.queue();
      ids.add(id);
      await s.store.deleteQueue(id);
    }
    expect(ids.size).toBe(5);
  });

  it('every verb on a queue that does not exist resolves to undefined, and deleteQueue to false', async () => {
    const deleted = await s.queue();
    await s.store.deleteQueue(deleted);
    for (const id of [NO_QUEUE, deleted]) {
      const receipt = { key: 1, receive: 1, receivedAt: T0 };
      expect(await s.store.changeQueue(id, { retentionMs: 5 }, T0)).toBeUndefined();
      expect(await s.store.purge(id)).toBeUndefined();
      expect(await s.store.counts(id, T0)).toBeUndefined();
      expect(await s.store.send(id, [message('lost')], T0)).toBeUndefined();
      expect(await s.store.receive(id, request(), T0)).toBeUndefined();
      expect(await s.store.delete(id, [receipt], T0)).toBeUndefined();
      expect(await s.store.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0)).toBeUndefined();
      expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0)).toBeUndefined();
      const limits = { active: 1, kept: 1 };
      expect(await s.store.startMoveTask({ taskId: 'task', sourceId: id }, limits, T0)).toBeUndefined();
      expect(await s.store.listMoveTasks(id, 1)).toBeUndefined();
      expect(await s.store.deleteQueue(id)).toBe(false);
    }
    expect(s.announced).toEqual([]);
  });
}
