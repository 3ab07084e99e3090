import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('ListQueues', (fixture) => {
  describe('behaviour', () => {
    it('omits the list if there are no queues', async () => {
      const { call } = await fixture();
      expect(await call('ListQueues')).toEqual({});
    });

    it('lists queues in the order of their names, with or without a prefix', async () => {
      const { call, queue } = await fixture();
      const [b, a, B] = [await queue('b'), await queue('a'), await queue('B')];
      expect(await call('ListQueues')).toEqual({ QueueUrls: [B, a, b] });
      expect(await call('ListQueues', { QueueNamePrefix: 'b' })).toEqual({ QueueUrls: [b] });
      expect(await call('ListQueues', { QueueNamePrefix: '_' })).toEqual({});
    });

    it('lists pages of MaxResults, with a token if there are more', async () => {
      const { call, queue } = await fixture();
      const urls: string[] = [];
      for (const name of ['p1', 'p2', 'p3']) urls.push(await queue(name));
      await queue('x');
      const first = await call('ListQueues', { QueueNamePrefix: 'p', MaxResults: 2 });
      expect(first).toEqual({ QueueUrls: urls.slice(0, 2), NextToken: expect.any(String) });
      const second = await call('ListQueues', { QueueNamePrefix: 'p', MaxResults: 2, NextToken: first.NextToken });
      expect(second).toEqual({ QueueUrls: urls.slice(2) });
      expect(await call('ListQueues', { QueueNamePrefix: 'p', MaxResults: 3 })).not.toHaveProperty('NextToken');
    });
  });

  describe('rejects', () => {
    it.each([0, 1001, -1])('MaxResults of %d', async (MaxResults) => {
      const { call } = await fixture();
      await expect(call('ListQueues', { MaxResults })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: 'Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.',
      });
    });

    it('a token without MaxResults, of another request, or made up', async () => {
      const { call, queue } = await fixture();
      await queue('p1');
      await queue('p2');
      const { NextToken } = await call('ListQueues', { MaxResults: 1 });
      await expect(call('ListQueues', { NextToken })).rejects.toMatchObject({
        message: 'MaxResults is a mandatory parameter when you provide a value for NextToken.',
      });
      const padded = Buffer.from(`${Buffer.from(NextToken, 'base64')}${' '.repeat(1024)}`).toString('base64');
      for (const input of [
        { NextToken, QueueNamePrefix: 'p' },
        { NextToken: 'made-up' },
        { NextToken: Buffer.from('{}').toString('base64') },
        { NextToken: padded },
        { NextToken: Buffer.from('['.repeat(2_000_000)).toString('base64') },
      ]) {
        await expect(call('ListQueues', { MaxResults: 1, ...input })).rejects.toMatchObject({
          code: 'InvalidParameterValue',
          message:
            'Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.',
        });
      }
    });

    it('a request to the URL of a queue, on the Query wire', async () => {
      const { call, queue, wire } = await fixture();
      await queue('q');
      const asked = call('ListQueues', {}, { path: '/000000000000/q' });
      if (wire === 'JSON') expect((await asked).QueueUrls).toHaveLength(1);
      else {
        await expect(asked).rejects.toMatchObject({
          code: 'InvalidAction',
          message: 'The action ListQueues is not valid for this endpoint.',
        });
      }
    });
  });
});
