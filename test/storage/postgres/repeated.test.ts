/**
 * Verbs that are carried out again because their connection was lost after the database had committed them: what their
 * callers are told, and who hears of what they did.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import type { Happening } from '../../../src/storage/happenings.ts';
import type { CatalogueChange } from '../../../src/storage/nodes.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { Connection } from '../../../src/storage/postgres/connection.ts';
import { ConnectionLost, endsConnection } from '../../../src/storage/postgres/faults.ts';
import type { Message, QueueSettings } from '../../../src/storage/store.ts';
import { eventually } from '../../eventually.ts';
import { database, newSchema } from '../../postgres.ts';
import { key, MINUTE, message, request, SECOND, settings, T0 } from '../subject.ts';
import { subscription, topicSettings } from '../topic-subject.ts';

const url = await database();

describe.skipIf(url === undefined)('a verb whose connection is lost once it has been committed', () => {
  let node: Engine;
  let other: Engine;
  const announced: number[] = [];
  const happened: Happening[] = [];

  beforeEach(async () => {
    const schema = newSchema();
    const open = () => openEngine({ database: url!, databaseSchema: schema, durability: 'process' });
    [node, other] = [await open(), await open()];
    node.onAnnounce((queueId) => announced.push(queueId));
    node.onHappening((happenings) => happened.push(...happenings));
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all([node.close(), other.close()]);
  });

  const queue = async (more: Partial<QueueSettings> = { fifo: true }, name = more.fifo ? 'q.fifo' : 'q') =>
    (await node.createQueue(key(name), settings(more), T0)).queue.id;

  const deduplicated = (body: string) =>
    message(body, { groupId: 'g', deduplication: { key: body, windowMs: 5 * MINUTE } });

  const one = async (store: Engine, id: number, now = T0) => {
    const [found] = (await store.receive(id, request({ max: 1 }), now)) as Message[];
    return found!;
  };

  /** Loses the connection of the next transaction after its commit, and after `meanwhile`. */
  function loseNext(isCommit: (text: string) => boolean, meanwhile: () => Promise<unknown> = async () => {}): void {
    let isLost = false;
    const { run, command } = Connection.prototype;
    const lost = async <T>(connection: Connection, text: string, answer: Promise<T>): Promise<T> => {
      if (isLost || !isCommit(text)) return answer;
      isLost = true;
      await answer;
      await meanwhile();
      const error = new ConnectionLost('the network failed');
      connection.destroy(error);
      throw error;
    };
    vi.spyOn(Connection.prototype, 'run').mockImplementation(function (this: Connection, statement, values) {
      return lost(this, statement.text, run.call(this, statement, values)) as Promise<never[]>;
    });
    vi.spyOn(Connection.prototype, 'command').mockImplementation(function (this: Connection, text) {
      return lost(this, text, command.call(this, text));
    });
    announced.length = 0;
    happened.length = 0;
  }
  const isCommit = (text: string) => text === 'COMMIT';

  it('has created a queue', async () => {
    loseNext(isCommit);
    const made = await node.createQueue(key('new'), settings(), T0);
    expect(made.created).toBe(true);
    expect(happened).toMatchObject([{ kind: 'queue-created' }]);
    vi.restoreAllMocks();
    expect(await node.createQueue(key('new'), settings(), T0)).toEqual({ ...made, created: false });
  });

  it('has changed topics or mappings, which both nodes look at', async () => {
    const heard: Record<string, CatalogueChange[]> = { node: [], other: [] };
    node.onCatalogueChanged((change) => heard.node!.push(change));
    other.onCatalogueChanged((change) => heard.other!.push(change));
    const { topic } = await node.topics.createTopic(key('news'), topicSettings(), T0);
    const seen = async (part: Partial<CatalogueChange>) => {
      for (const name of ['node', 'other']) {
        await eventually(() => expect(heard[name]).toContainEqual(expect.objectContaining(part)));
      }
      for (const list of Object.values(heard)) list.length = 0;
    };
    await eventually(() => expect(heard.other!.some(({ topics }) => topics)).toBe(true));
    for (const list of Object.values(heard)) list.length = 0;
    loseNext(isCommit);
    const subscribed = await node.topics.subscribe(topic.id, subscription(), 10, T0);
    expect(subscribed).toMatchObject({ subscription: { topicId: topic.id } });
    await seen({ topics: true, mappings: false });
    vi.restoreAllMocks();
    loseNext(isCommit);
    const given = {
      ...{ id: 'm', account: '0', region: 'r', queue: key('q'), functionArn: 'arn', tags: new Map() },
      settings: { enabled: true, batchSize: 1, windowSeconds: 0, reportsFailures: false, filters: [], others: {} },
    };
    expect(await node.mappings.createMapping(given, T0)).toMatchObject({ created: true, mapping: { id: 'm' } });
    await seen({ topics: false, mappings: true });
    vi.restoreAllMocks();
    expect(await other.mappings.createMapping({ ...given, id: 'n' }, T0)).toMatchObject({ created: false });
  });

  it('has changed or deleted a queue, which both nodes read again although it is unknown whether it has', async () => {
    const id = await queue();
    const found = (store: Engine) => store.findQueue(key('q.fifo'));
    const both = async (expected: unknown) => {
      for (const store of [node, other]) await vi.waitFor(async () => expect(await found(store)).toEqual(expected));
    };
    await both(expect.objectContaining({ retentionMs: expect.any(Number) }));
    loseNext(isCommit);
    const unknown = { name: 'StoreUnavailable', outcome: 'unknown' };
    await expect(node.changeQueue(id, { retentionMs: 77 * MINUTE }, T0)).rejects.toMatchObject(unknown);
    await both(expect.objectContaining({ retentionMs: 77 * MINUTE }));
    vi.restoreAllMocks();
    loseNext(isCommit);
    await expect(node.deleteQueue(id)).rejects.toMatchObject(unknown);
    await both(undefined);
  });

  it('announces a message of a FIFO queue, and reports it as sent rather than as a duplicate', async () => {
    const id = await queue();
    loseNext(isCommit);
    const sent = deduplicated('once');
    const [stored] = (await node.send(id, [sent], T0))!;
    expect(stored!.messageId).toBe(sent.messageId);
    expect(announced).toContain(id);
    expect(happened).toMatchObject([{ kind: 'sent', key: stored!.key, visibleAt: T0 }]);
    expect(await node.counts(id, T0)).toMatchObject({ visible: 1 });
    // The same send of a client is a duplicate.
    await node.send(id, [deduplicated('once')], T0);
    expect(happened.at(-1)).toMatchObject({ kind: 'deduplicated' });
  });

  it('announces the next message of the group of a deleted one', async () => {
    const id = await queue();
    await node.send(id, [deduplicated('1'), deduplicated('2')], T0);
    const { receipt } = await one(node, id);
    loseNext(isCommit);
    await node.delete(id, [receipt], T0);
    expect(announced).toContain(id);
    expect((await one(node, id)).body).toBe('2');
  });

  it('announces the room that a deletion from a standard queue has made', async () => {
    const id = await queue({});
    await node.send(id, [message('1'), message('2')], T0);
    const { receipt } = await one(node, id);
    loseNext((text) => text.includes('DELETE FROM squab.messages'));
    expect(await node.delete(id, [receipt], T0)).toEqual(['gone']);
    expect(announced).toContain(id);
  });

  it('does not say that the timeout of a message of a FIFO queue had ended before', async () => {
    const id = await queue();
    await node.send(id, [deduplicated('1')], T0);
    const { receipt } = await one(node, id);
    loseNext(isCommit);
    await expect(node.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0)).rejects.toMatchObject({
      name: 'StoreUnavailable',
      outcome: 'unknown',
    });
    expect(announced).toEqual([]);
    expect((await one(other, id)).body).toBe('1');
    expect(await node.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0)).toEqual(['stale']);
  });

  it('does not say so of a verb with which it shared its transaction', async () => {
    const id = await queue();
    await node.send(id, [deduplicated('1')], T0);
    const { receipt } = await one(node, id);
    loseNext(isCommit);
    const [changed, counted] = await Promise.allSettled([
      node.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0),
      node.nextVisibleAt(id, 10, T0),
    ]);
    expect([changed.status, counted]).toEqual(['rejected', { status: 'fulfilled', value: T0 }]);
  });

  it('does not say that a message of a standard queue was gone before its timeout was changed', async () => {
    const id = await queue({});
    await node.send(id, [message('1')], T0);
    const { receipt } = await one(node, id);
    loseNext(
      (text) => text.includes('UPDATE squab.messages SET visible_at'),
      async () => other.delete(id, [(await one(other, id, T0 + SECOND)).receipt], T0 + SECOND),
    );
    await expect(node.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0)).rejects.toMatchObject({
      name: 'StoreUnavailable',
      outcome: 'unknown',
    });
    expect(await node.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0)).toEqual(['gone']);
  });

  it('changes a timeout once more, and says so, if nothing has happened to the message', async () => {
    const [id, fifo] = [await queue({}), await queue()];
    await node.send(id, [message('1')], T0);
    await node.send(fifo, [deduplicated('1')], T0);
    for (const [queueId, commits] of [
      [id, (text: string) => text.includes('UPDATE squab.messages SET visible_at')],
      [fifo, isCommit],
    ] as const) {
      const { receipt } = await one(node, queueId);
      loseNext(commits);
      const changes = [{ receipt, visibilityMs: 5 * SECOND }];
      expect(await node.changeVisibility(queueId, changes, T0)).toEqual(['changed']);
      vi.restoreAllMocks();
      expect(await node.nextVisibleAt(queueId, 10, T0)).toBe(T0 + 5 * SECOND);
    }
  });
});

it('a connection whose statements a migration has made useless is replaced, whatever language the server speaks', () => {
  const said = (routine: string) =>
    Object.assign(new Error('gecachter Plan darf den Ergebnistyp nicht ändern'), {
      ...{ code: '0A000', severity: 'FEHLER', routine },
    });
  expect(endsConnection(said('RevalidateCachedQuery'))).toBe(true);
  expect(endsConnection(said('transformDeclareCursorStmt'))).toBe(false);
});
