/** Policies that are malformed, or expensive: they are refused, and never affect the requests of others. */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cpuMs } from '../../cpu-time.ts';
import { type Input, overBothWires, temporaryFolder } from '../../helpers.ts';
import { runs } from '../arbitrary.ts';
import { ARN, BY_POLICY, callers, denied, everything, type Made, queueWith } from './callers.ts';
import { OWNER, STRANGER } from './signing.ts';

const refusal = { status: 400, code: 'InvalidAttributeValue', message: 'Invalid value for the parameter Policy.' };

overBothWires('a malformed policy', (fixture) => {
  it.each([
    ['an unknown element', JSON.stringify({ Statement: { ...everything, Conditions: { Bool: { 'aws:x': true } } } })],
    ['an element in the wrong case', JSON.stringify({ Statement: { ...everything, condition: {} } })],
    ['an element twice', JSON.stringify({ Statement: everything }).replace('{', '{"Statement":[],')],
    ['an empty condition', JSON.stringify({ Statement: { ...everything, Condition: { StringEquals: {} } } })],
    [
      'an empty list of values',
      JSON.stringify({ Statement: { ...everything, Condition: { StringNotEquals: { 'aws:username': [] } } } }),
    ],
    ['a value that is no text', JSON.stringify({ Statement: { ...everything, Action: { toString: 1 } } })],
    ['no statement', '{"Version":"2012-10-17","Statement":[]}'],
  ])('is refused, and the queue keeps the policy that it has: %s', async (_what, Policy) => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue('q', { Policy: JSON.stringify({ Statement: everything }) });
    const before = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] });
    await expect(call('SetQueueAttributes', { QueueUrl, Attributes: { Policy } })).rejects.toMatchObject(refusal);
    await expect(call('CreateQueue', { QueueName: 'new', Attributes: { Policy } })).rejects.toMatchObject(refusal);
    expect(await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] })).toEqual(before);
  });

  it.each([
    ['RedrivePolicy', `{"maxReceiveCount":1,"maxReceiveCount":5,"deadLetterTargetArn":"${ARN}"}`],
    ['RedriveAllowPolicy', '{"redrivePermission":"denyAll","redrivePermission":"allowAll"}'],
  ])('%s with the same key twice is refused too', async (name, policy) => {
    const { call, queue } = await fixture();
    const Attributes = { [name]: policy };
    const setting = call('SetQueueAttributes', { QueueUrl: await queue(), Attributes });
    await expect(setting).rejects.toMatchObject({ status: 400, message: expect.stringContaining(name) });
  });

  it('fails closed on a queue from an earlier version, and root can replace it', async () => {
    const data = temporaryFolder();
    const first = await callers(fixture, { data });
    const QueueUrl = await queueWith(first, everything);
    await first.squab.stop();
    for (const [Condition, ownerMay] of [
      [{ StringEquals: {} }, true],
      [{ StringEquals: { 'aws:username': { toString: 1 } } }, true],
      [{ StringEquals: {} }, false],
    ] as const) {
      const Effect = ownerMay ? 'Allow' : 'Deny';
      const database = new Database(join(data, 'squab.db'));
      const Policy = JSON.stringify({ Statement: { ...everything, Effect, Condition } });
      database.prepare('UPDATE queues SET attributes = ?').run(JSON.stringify([['Policy', Policy]]));
      database.close();
      const made = await callers(fixture, { data });
      const send = { QueueUrl: QueueUrl.replace(/:\d+/, `:${new URL(made.squab.url).port}`), MessageBody: 'a' };
      const refused = ownerMay ? denied(STRANGER.principal!, 'sqs:sendmessage') : { code: 'AccessDenied' };
      await expect(made.stranger('SendMessage', send)).rejects.toMatchObject(refused);
      await expect(made.anonymous('SendMessage', send)).rejects.toMatchObject({ code: 'AccessDenied' });
      if (ownerMay) await made.owner('SendMessage', send);
      else {
        const why = denied(OWNER.principal!, 'sqs:sendmessage', BY_POLICY);
        await expect(made.owner('SendMessage', send)).rejects.toMatchObject(why);
      }
      await made.root('SetQueueAttributes', { QueueUrl: send.QueueUrl, Attributes: { Policy: '' } });
      await made.owner('SendMessage', send);
      await made.squab.stop();
    }
  });
});

overBothWires('an expensive policy', (fixture) => {
  const tags = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${'a'.repeat(100)}${index}`, 'v']));
  const bomb: Input = {
    ...everything,
    Effect: 'Deny',
    Condition: { 'ForAnyValue:StringLike': { 'aws:TagKeys': Array.from({ length: 60 }, (_, i) => `*a*a*a*a*b${i}`) } },
  };

  it('is not evaluated for more tags than a queue may have', async () => {
    const made = await callers(fixture);
    const QueueUrl = await queueWith(made, bomb);
    const tooMany = { status: 400, code: 'InvalidParameterValue', message: 'Too many tags added for queue q.' };
    await expect(made.owner('TagQueue', { QueueUrl, Tags: tags(51) })).rejects.toMatchObject(tooMany);
    await expect(made.owner('CreateQueue', { QueueName: 'q', tags: tags(51) })).rejects.toMatchObject(tooMany);
  });

  it('is not evaluated for callers who may not manage the queue anyway', async () => {
    const made = await callers(fixture);
    const QueueUrl = await queueWith(made, { ...bomb, Effect: 'Allow' });
    for (const input of [{ Tags: tags(2000) }, { Tags: tags(1) }]) {
      await expect(made.stranger('TagQueue', { QueueUrl, ...input })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:tagqueue'),
      );
      await expect(made.anonymous('TagQueue', { QueueUrl, ...input })).rejects.toMatchObject({ code: 'AccessDenied' });
    }
  });

  it('denies what would take too long to evaluate, and soon', async () => {
    const made = await callers(fixture);
    const QueueUrl = await queueWith(made, bomb);
    const TagKeys = Object.keys(tags(2000));
    const start = cpuMs();
    await expect(made.owner('UntagQueue', { QueueUrl, TagKeys })).rejects.toMatchObject(
      denied(OWNER.principal!, 'sqs:untagqueue', BY_POLICY),
    );
    // Without a limit, this takes five seconds.
    expect(cpuMs() - start).toBeLessThan(2000);
    await made.owner('UntagQueue', { QueueUrl, TagKeys: ['b'] });
  });
});

overBothWires('the policies of others', (fixture) => {
  /** Texts of policies, and other JSON. Any text that is accepted must be evaluated without an internal error. */
  const words = fc.constantFrom(
    ...['*', 'AWS', ARN, '111122223333', STRANGER.principal!, 'sqs:*', 'toString', 'aws:username', 'aws:SourceIp'],
    ...[`\${aws:username}`, '127.0.0.0/8', '2026-01-01', '7', 'true', 'StringEquals', 'StringNotLike', 'Bool', 'Null'],
    ...['NotIpAddress', 'DateNotEquals', 'ForAllValues:NumericNotEquals', 'ArnNotLike', 'ForAnyValue:StringNotEquals'],
  );
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      fc.oneof({ weight: 4, arbitrary: words }, { weight: 1, arbitrary: fc.oneof(fc.double(), fc.boolean()) }),
      fc.array(tie('json'), { maxLength: 2 }),
      fc.array(fc.tuple(words, tie('json')), { maxLength: 2 }).map(Object.fromEntries),
    ),
  }));
  const listOr = (one: fc.Arbitrary<unknown>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 2 }), json);
  const objectOf = (value: fc.Arbitrary<unknown>) => fc.tuple(words, value).map((entry) => Object.fromEntries([entry]));
  const valid = fc.constantFrom<Input>(
    { Principal: { AWS: STRANGER.principal } },
    { Condition: { StringNotEquals: { 'aws:username': `\${aws:PrincipalTag/a}` } } },
    {
      Condition: {
        'ForAllValues:StringNotLike': { 'aws:TagKeys': ['a*', `\${aws:username}`] },
        Bool: { 'aws:x': 'true' },
      },
    },
    {
      Condition: {
        NotIpAddress: { 'aws:SourceIp': ['127.0.0.0/8', '::/0'] },
        DateLessThan: { 'aws:CurrentTime': '2027-01-01' },
      },
    },
    { Condition: { NumericNotEqualsIfExists: { 'aws:RequestTag/a': 7 } }, Sid: 'toString' },
  );
  const odd = fc.record(
    {
      Principal: fc.oneof(fc.constant('*'), fc.record({ AWS: listOr(words) }), json),
      Action: listOr(words),
      Resource: listOr(words),
      Condition: fc.oneof(objectOf(objectOf(listOr(words))), json),
    },
    { requiredKeys: [] },
  );
  const policy = fc.oneof(
    fc.tuple(fc.constantFrom('Allow', 'Deny'), valid, fc.oneof(fc.constant({}), odd)).map(([Effect, some, others]) => ({
      Statement: { ...everything, Effect, ...some, ...others },
    })),
    json,
  );

  it('never make a request fail with an internal error', async () => {
    const made: Made = await callers(fixture);
    const QueueUrl = await queueWith(made);
    let accepted = 0;
    const call = async (as: Made['owner'], operation: string, input: Input) => {
      const status = await as(operation, { QueueUrl, ...input }).then(
        () => 200,
        (error: { status?: number }) => error.status,
      );
      expect([200, 400, 403]).toContain(status);
      return status;
    };
    const property = fc.asyncProperty(policy, async (value) => {
      const Policy = JSON.stringify({ Version: '2012-10-17', ...(value as object) });
      if ((await call(made.root, 'SetQueueAttributes', { Attributes: { Policy } })) === 200) accepted++;
      for (const as of [made.stranger, made.anonymous, made.colleague, made.sns]) {
        await call(as, 'SendMessage', { MessageBody: 'm' });
        await call(as, 'TagQueue', { Tags: { a: 'b' } });
      }
    });
    await fc.assert(property, runs(60));
    expect(accepted).toBeGreaterThan(5);
  });
});
