import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('TagQueue', (fixture) => {
  describe('behaviour', () => {
    it('adds to the existing tags, and replaces the value of an existing key', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await call('TagQueue', { QueueUrl, Tags: { team: 'red', cost: '1' } });
      await call('TagQueue', { QueueUrl, Tags: { team: 'blue', stage: 'test' } });
      const { Tags } = await call('ListQueueTags', { QueueUrl });
      expect(Tags).toEqual({ team: 'blue', cost: '1', stage: 'test' });
    });

    it('returns nothing', async () => {
      const { call, queue } = await fixture();
      expect(await call('TagQueue', { QueueUrl: await queue(), Tags: { team: 'red' } })).toEqual({});
    });

    it('accepts empty values, letters of every script, spaces and the symbols _ . : / = + - @', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const Tags = { empty: '', 'größe 大 _.:/=+-@': 'ß _.:/=+-@ 9', ['k'.repeat(128)]: 'v'.repeat(256) };
      await call('TagQueue', { QueueUrl, Tags });
      expect((await call('ListQueueTags', { QueueUrl })).Tags).toEqual(Tags);
    });

    it('treats keys as case-sensitive, and __proto__ as a key like any other', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const Tags = Object.fromEntries([
        ['team', '1'],
        ['Team', '2'],
        ['__proto__', '3'],
      ]);
      await call('TagQueue', { QueueUrl, Tags });
      const found = await call('ListQueueTags', { QueueUrl });
      expect(Object.entries(found.Tags).sort()).toEqual(Object.entries(Tags).sort());
    });

    it('adds to the tags from CreateQueue', async () => {
      const { call } = await fixture();
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q', tags: { team: 'red' } });
      await call('TagQueue', { QueueUrl, Tags: { stage: 'test' } });
      expect((await call('ListQueueTags', { QueueUrl })).Tags).toEqual({ team: 'red', stage: 'test' });
    });

    it('does not count as a modification of the queue', async () => {
      const { call, queue, clock } = await fixture();
      const QueueUrl = await queue();
      const modified = async () =>
        (await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['LastModifiedTimestamp'] })).Attributes;
      const before = await modified();
      await clock.advance(5000);
      await call('TagQueue', { QueueUrl, Tags: { team: 'red' } });
      expect(await modified()).toEqual(before);
    });

    it('accepts 50 tags, and then new values for them', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await call('TagQueue', { QueueUrl, Tags: tags(50) });
      await call('TagQueue', { QueueUrl, Tags: { k0: 'new' } });
      expect((await call('ListQueueTags', { QueueUrl })).Tags).toEqual({ ...tags(50), k0: 'new' });
    });
  });

  describe('rejects', () => {
    it('a request without tags', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const refusal = {
        status: 400,
        code: 'MissingParameter',
        message: 'The request must contain the parameter Tags.',
      };
      await expect(call('TagQueue', { QueueUrl })).rejects.toMatchObject(refusal);
      await expect(call('TagQueue', { QueueUrl, Tags: {} })).rejects.toMatchObject(refusal);
    });

    it('a queue that does not exist, before it checks the tags', async () => {
      const { call } = await fixture();
      await expect(call('TagQueue', { QueueUrl: 'none' })).rejects.toMatchObject({
        status: 400,
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });

    it.each([
      ['an empty key', { '': 'v' }, 'Tag keys must be between 1 and 128 characters in length.'],
      [
        'a key of 129 characters',
        { ['k'.repeat(129)]: 'v' },
        'Tag keys must be between 1 and 128 characters in length.',
      ],
      [
        'invalid characters in a key',
        { 'a#b': 'v' },
        'Tag keys may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @',
      ],
      [
        'invalid characters in a value',
        { k: 'a,b' },
        'Tag values may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @',
      ],
      [
        'a value of 257 characters',
        { k: 'v'.repeat(257) },
        'Tag values must be between 0 and 256 characters in length.',
      ],
      [
        'a key that starts with aws:',
        { 'aws:team': 'v' },
        'Tag keys must not begin with aws:, which is reserved for AWS use.',
      ],
      ['more than 50 tags', tags(51), 'Too many tags added for queue q.'],
    ])('%s', async (_, Tags, message) => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await expect(call('TagQueue', { QueueUrl, Tags: { good: '1', ...Tags } })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message,
      });
      expect(await call('ListQueueTags', { QueueUrl })).toEqual({});
    });

    it('a 51st tag, including the existing ones', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await call('TagQueue', { QueueUrl, Tags: tags(50) });
      await expect(call('TagQueue', { QueueUrl, Tags: { more: '1' } })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: 'Too many tags added for queue q.',
      });
    });
  });
});

function tags(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
}
