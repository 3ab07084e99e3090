/** Topics in a data folder, as `squab check` and `squab export` see them, and after a crash. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { readQueues } from '../../../src/storage/sqlite/offline/read-queues.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import type { Everything, Subscription } from '../../../src/storage/topics.ts';
import { key, message, request, settings, T0 } from '../subject.ts';
import { backlog, publication, subscription, topicSettings, WINDOW } from '../topic-subject.ts';

const home = mkdtempSync(join(tmpdir(), 'squab-check-topics-'));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const newFolder = () => join(home, `folder-${++folders}`);

let sound: string;
let crashed: string;
let everything: Everything;
let original: object;

/** Publishes a duplicate of the publication that the store remembers. */
const publishAgain = (store: SqliteStore, topicId: number) =>
  store.topics.publish(topicId, [publication('', [], { deduplication: { key: 'once', windowMs: WINDOW } })], T0 + 1);

beforeAll(async () => {
  [sound, crashed] = [newFolder(), newFolder()];
  const store = new SqliteStore(sound);
  const { queue } = await store.createQueue(key('plain'), settings(), T0);
  await store.send(queue.id, [message('hello')], T0);
  const { topic } = await store.topics.createTopic(key('news'), topicSettings(), T0);
  const { topic: gone } = await store.topics.createTopic(key('gone'), topicSettings(), T0);
  const news = subscription({ id: 'news', protocol: 'http', endpoint: 'e', token: 'token', backlog });
  const subscribed = await store.topics.subscribe(topic.id, news, 10, T0);
  await store.topics.subscribe(topic.id, subscription({ id: 'plain' }), 10, T0);
  await store.topics.subscribe(gone.id, subscription({ id: 'detached' }), 10, T0);
  await store.topics.deleteTopic(gone.id, T0);
  const { backlogId } = (subscribed as { subscription: Subscription }).subscription;
  const due = publication('due', [backlogId!, queue.id], { deduplication: { key: 'once', windowMs: WINDOW } });
  await store.topics.publish(topic.id, [due], T0);
  await store.topics.keep('key', 'text');
  everything = await store.topics.everything();
  [original] = (await publishAgain(store, topic.id)) as [object];
  // A crash would leave the same files as a copy that is made while the store runs.
  cpSync(sound, crashed, { recursive: true });
  await store.close();
});

/** Returns the path of a copy of the sound data, changed by `sql`. */
function altered(sql: string): string {
  const folder = newFolder();
  cpSync(sound, folder, { recursive: true });
  const database = new Database(join(folder, 'squab.db'));
  database.exec(sql);
  database.close();
  return folder;
}

describe('the check of a data folder with topics', () => {
  it('finds nothing in sound data, and does not count backlogs', () => {
    for (const folder of [sound, crashed]) {
      expect(checkFolder(folder)).toMatchObject({ queues: 1, messages: 2, problems: [] });
    }
  });

  it.each([
    [
      'topic attributes that are not JSON',
      "UPDATE topics SET tags = '{}'",
      /^The attributes or tags of topic .*news cannot be read\.$/,
    ],
    [
      'subscription attributes that are not JSON',
      "UPDATE subscriptions SET attributes = '[' WHERE id = 'plain'",
      /^The attributes of subscription plain cannot be read\.$/,
    ],
    [
      'a subscription without a topic',
      "UPDATE subscriptions SET detached_at = NULL WHERE id = 'detached'",
      /^Subscription detached has no topic\.$/,
    ],
    [
      'a detached subscription whose topic exists',
      "UPDATE subscriptions SET detached_at = 1 WHERE id = 'plain'",
      /^Subscription plain does not match its topic .*news\.$/,
    ],
    [
      'a subscription with the key of another topic',
      "UPDATE subscriptions SET name = 'other' WHERE id = 'plain'",
      /^Subscription plain does not match its topic .*news\.$/,
    ],
    [
      'two subscriptions of one endpoint',
      "UPDATE subscriptions SET protocol = 'http', endpoint = 'e' WHERE id = 'plain'",
      /^Topic \d+ has 2 subscriptions of http e instead of one\.$/,
    ],
    [
      'a backlog without a subscription',
      "DELETE FROM subscriptions WHERE id = 'news'",
      /^The backlog news \(\d+\) belongs to no subscription\.$/,
    ],
    [
      'a subscription whose backlog is missing',
      "UPDATE subscriptions SET backlog_id = 5000 WHERE id = 'news'",
      /^Subscription news has no backlog, or that of another subscription\.$/,
    ],
    [
      'a subscription with the backlog of another',
      "UPDATE subscriptions SET id = 'x' WHERE id = 'news'",
      /^Subscription x has no backlog, or that of another subscription\.$/,
    ],
    [
      'numbers that would be issued again',
      'UPDATE numbers SET value = 3',
      /^Number \d+ is in use among subscriptions, but only numbers below 3 were issued: it may be issued again\.$/,
    ],
  ])('finds %s', (_what, sql, problem) => {
    const { problems } = checkFolder(altered(sql));
    expect(problems).toContainEqual(expect.stringMatching(problem));
  });
});

it('an export of a data folder has no backlogs', () => {
  const queues = readQueues(crashed, { messages: true, now: T0 }, () => {});
  expect(queues).toMatchObject([{ name: 'plain', messages: [{ body: 'hello' }, { body: 'due' }] }]);
});

it('topics, subscriptions, remembered publications and their messages survive a crash together', async () => {
  const folder = newFolder();
  cpSync(crashed, folder, { recursive: true });
  const store = new SqliteStore(folder);
  expect(await store.topics.everything()).toEqual(everything);
  expect(await publishAgain(store, everything.topics[0]!.id)).toEqual([original]);
  expect(await store.topics.kept('key')).toBe('text');
  const { backlogId } = everything.subscriptions[0]!;
  expect(await store.receive(backlogId!, request(), T0)).toMatchObject([{ body: 'due' }]);
  await store.close();
});
