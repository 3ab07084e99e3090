/** Access checks evaluate only what is needed for the decision, in a fixed order. */

import { describe, expect, it } from 'vitest';
import type { Env } from '../../../src/queues/env.ts';
import { checkAccess, type Need } from '../../../src/queues/policies/access.ts';
import { ownersOnly } from '../../../src/queues/policies/permissions.ts';
import { principalOf } from '../../../src/queues/policies/principal.ts';
import { needsToStart } from '../../../src/queues/redrive/move-tasks.ts';
import type { Queue } from '../../../src/storage/store.ts';
import { key, settings } from '../../storage/subject.ts';
import { ALICE, ARN } from './verdict.ts';

const OWNER = 'arn:aws:iam::111122223333:user/owner';
const queueKey = key('q', { account: '111122223333' });

/** An engine in which every queue exists, with this policy. It fails when it is asked for a list of queues. */
function envWith(policy: object): Env {
  const attributes = new Map([['Policy', JSON.stringify(policy)]]);
  const queue: Queue = { ...queueKey, ...settings({ attributes }), id: 1, createdAt: 0, modifiedAt: 0 };
  const store = {
    findQueue: async (found: object) => ({ ...queue, ...found }),
    async listQueues() {
      throw new Error('listQueues was called');
    },
  };
  return { store } as unknown as Env;
}

const statement = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };
const everything = { Statement: statement };
const need = (action: string): Need => ({ action, queue: queueKey });

/** Checks access, and counts how often the condition keys were computed. */
async function check(env: Env, principal: string | undefined, needs: Parameters<typeof checkAccess>[2], keys = {}) {
  let computed = 0;
  const asker = {
    principal: principal === undefined ? undefined : principalOf(principal),
    context() {
      computed++;
      return new Map(Object.entries<string[]>(keys));
    },
    url: 'http://localhost/',
  };
  const outcome = await checkAccess(env, asker, needs).then(
    () => 'granted',
    ({ code }: { code: string }) => code,
  );
  return { outcome, computed };
}

describe('an access check', () => {
  it('that many policies decide lets other requests run in between', async () => {
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    const env = envWith({ Statement: { ...statement, Effect: 'Deny', Principal: { AWS: Array(200).fill(ALICE) } } });
    const needs = Array.from({ length: 100 }, () => need('SendMessage'));
    expect(await check(env, OWNER, needs)).toMatchObject({ outcome: 'granted' });
    over = true;
    expect(turns).toBeGreaterThan(20);
  });

  it('that one policy decides waits for no other work', async () => {
    let turns = 0;
    setImmediate(() => turns++);
    const env = envWith({ Statement: { ...statement, Principal: { AWS: Array(1000).fill(ALICE) } } });
    expect(await check(env, ALICE, [need('SendMessage')])).toMatchObject({ outcome: 'granted' });
    expect(turns).toBe(0);
  });

  it.each([...ownersOnly])('evaluates no policy to refuse %s to others', async (action) => {
    for (const caller of [ALICE, undefined, 'sns.amazonaws.com']) {
      expect(await check(envWith(everything), caller, [need(action)])).toEqual({
        outcome: 'AccessDenied',
        computed: 0,
      });
    }
    expect(await check(envWith(everything), OWNER, [need(action)])).toEqual({ outcome: 'granted', computed: 1 });
  });

  it('evaluates no policy for the root of the account', async () => {
    const denial = { Statement: { ...statement, Effect: 'Deny' } };
    const root = 'arn:aws:iam::111122223333:root';
    expect(await check(envWith(denial), root, [need('PurgeQueue')])).toEqual({ outcome: 'granted', computed: 0 });
    expect(await check(envWith(denial), OWNER, [need('PurgeQueue')])).toEqual({ outcome: 'AccessDenied', computed: 1 });
  });

  it('does not look up the source queues of a move task for those who may not start it', async () => {
    const env = envWith(everything);
    const start = () => needsToStart(env, { sourceArn: ARN });
    expect(await check(env, ALICE, start())).toEqual({ outcome: 'AccessDenied', computed: 0 });
    await expect(
      checkAccess(env, { principal: principalOf(OWNER), context: () => new Map(), url: '' }, start()),
    ).rejects.toThrow('listQueues was called');
  });

  it('has one budget of steps, however many permissions a request needs', async () => {
    const slow = { StringLike: { 'aws:x': `${'*a'.repeat(40)}b` } };
    const env = envWith({ Statement: { ...statement, Effect: 'Deny', Condition: slow } });
    const keys = { 'aws:x': ['a'.repeat(4000)] };
    const needs = (count: number) => Array.from({ length: count }, () => need('SendMessage'));
    expect(await check(env, OWNER, needs(1), keys)).toMatchObject({ outcome: 'granted' });
    expect(await check(env, OWNER, needs(1000), keys)).toMatchObject({ outcome: 'AccessDenied' });
  });
});
