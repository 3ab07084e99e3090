/** Lambda's operations on event source mappings that exist. */

import { describe, expect, it } from 'vitest';
import { arnOf, MAPPINGS } from '../../functions/fed.ts';
import { FUNCTION, invalid, withQueues } from './mappings.ts';

const unknown = `${MAPPINGS}/00000000-0000-0000-0000-000000000000`;

describe('GetEventSourceMapping', () => {
  it('refuses a mapping that does not exist, or belongs to another account or region', async () => {
    const { create, lambda } = await withQueues();
    const { UUID: id } = await create();
    const refusal = {
      status: 404,
      code: 'ResourceNotFoundException',
      message: 'The resource you requested does not exist.',
    };
    await expect(lambda('GET', unknown)).rejects.toMatchObject(refusal);
    for (const place of [{ account: '111111111111' }, { region: 'eu-west-1' }]) {
      await expect(lambda('GET', `${MAPPINGS}/${id}`, undefined, place)).rejects.toMatchObject(refusal);
    }
  });

  it('calls the message of the error Message, and that of others message', async () => {
    const { squab } = await withQueues();
    const [missing, refused] = [
      await fetch(squab.url + unknown),
      await fetch(squab.url + MAPPINGS, { method: 'POST', body: '{"FunctionName":"f"}' }),
    ];
    expect(await missing.json()).toEqual({ Type: 'User', Message: 'The resource you requested does not exist.' });
    expect(await refused.json()).toEqual({ Type: 'User', message: 'Unrecognized event source.' });
    expect(refused.headers.get('x-amzn-errortype')).toBe('InvalidParameterValueException');
  });
});

describe('UpdateEventSourceMapping', () => {
  it('changes what it names, and goes through a state of transition', async () => {
    const { create, update, get, clock } = await withQueues({ g: 'http://127.0.0.1:1' });
    const { UUID: id } = await create({ BatchSize: 5, ScalingConfig: { MaximumConcurrency: 2 } });
    await clock.advance(1500);
    const updated = await update(id, { FunctionName: 'g', MaximumBatchingWindowInSeconds: 3 });
    expect(updated).toMatchObject({
      FunctionArn: FUNCTION.replace(/f$/, 'g'),
      BatchSize: 5,
      MaximumBatchingWindowInSeconds: 3,
      ScalingConfig: { MaximumConcurrency: 2 },
      LastModified: clock.now() / 1000,
      State: 'Updating',
    });
    expect(await get(id)).toEqual({ ...updated, State: 'Enabled' });
  });

  it('enables and disables', async () => {
    const { create, update, get } = await withQueues();
    const { UUID: id } = await create();
    expect(await update(id, { Enabled: false })).toMatchObject({ State: 'Disabling' });
    expect(await get(id)).toMatchObject({ State: 'Disabled' });
    expect(await update(id, { BatchSize: 3 })).toMatchObject({ State: 'Disabled', BatchSize: 3 });
    expect(await update(id, { Enabled: true })).toMatchObject({ State: 'Enabling' });
    expect(await get(id)).toMatchObject({ State: 'Enabled' });
  });

  it('removes what is given as empty', async () => {
    const { create, update } = await withQueues();
    const { UUID: id } = await create({
      FilterCriteria: { Filters: [{ Pattern: '{"body":["a"]}' }] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    const updated = await update(id, { FilterCriteria: {}, FunctionResponseTypes: [], ScalingConfig: {} });
    expect(updated).toMatchObject({ FunctionResponseTypes: [] });
    expect(updated).not.toHaveProperty('FilterCriteria');
    expect(updated).not.toHaveProperty('ScalingConfig');
  });

  it('refuses what CreateEventSourceMapping refuses, also together with what the mapping has, and changes nothing', async () => {
    const { create, update, get, lambda } = await withQueues();
    const { UUID: id } = await create({ BatchSize: 100, MaximumBatchingWindowInSeconds: 5 });
    const before = await get(id);
    const window = 'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10';
    await expect(update(id, { MaximumBatchingWindowInSeconds: 0 })).rejects.toMatchObject(invalid(window));
    await expect(update(id, { FunctionName: 'none' })).rejects.toMatchObject(invalid('Function does not exist'));
    await expect(update(id, { BatchSize: 0 })).rejects.toMatchObject({ code: 'ValidationException' });
    expect(await get(id)).toEqual(before);
    const { UUID: other } = await create({ FunctionName: 'f:live' });
    await expect(update(other, { FunctionName: 'f' })).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(`already exists. Please update or delete the existing mapping with UUID ${id}`),
    });
    await expect(lambda('PUT', unknown, {})).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });
});

describe('DeleteEventSourceMapping', () => {
  it('returns the configuration, after which the mapping is gone', async () => {
    const { create, lambda, get } = await withQueues();
    const created = await create();
    const path = `${MAPPINGS}/${created.UUID}`;
    expect(await lambda('DELETE', path)).toEqual({ ...created, State: 'Deleting' });
    await expect(get(created.UUID)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
    await expect(lambda('DELETE', path)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
    expect((await create()).UUID).not.toBe(created.UUID);
  });
});

describe('ListEventSourceMappings', () => {
  it('lists the mappings of the account and region, by queue and function', async () => {
    const { create, lambda } = await withQueues();
    const a = await create();
    const b = await create({ FunctionName: 'f:live' });
    const c = await create({ EventSourceArn: arnOf('q.fifo') });
    const list = async (query = '', options = {}) =>
      (await lambda('GET', `${MAPPINGS}${query}`, undefined, options)).EventSourceMappings.map(
        ({ UUID: id }: { UUID: string }) => id,
      );
    expect(await list()).toEqual([a.UUID, b.UUID, c.UUID]);
    expect(await list('/')).toEqual([a.UUID, b.UUID, c.UUID]);
    expect(await list(`?EventSourceArn=${encodeURIComponent(arnOf('q.fifo'))}`)).toEqual([c.UUID]);
    expect(await list('?FunctionName=f')).toEqual([a.UUID, c.UUID]);
    expect(await list(`?FunctionName=f%3Alive&EventSourceArn=${arnOf('q')}`)).toEqual([b.UUID]);
    expect(await list('?EventSourceArn=&FunctionName=')).toEqual([a.UUID, b.UUID, c.UUID]);
    expect(await list('?EventSourceArn=nonsense')).toEqual([]);
    expect(await list('', { region: 'eu-west-1' })).toEqual([]);
    expect(await list('', { account: '111111111111' })).toEqual([]);
  });

  it('returns pages of up to 100', async () => {
    const { create, lambda } = await withQueues();
    for (let index = 0; index < 103; index++) await create({ FunctionName: `f:v${index}`, Enabled: false });
    const first = await lambda('GET', MAPPINGS);
    expect(first.EventSourceMappings).toHaveLength(100);
    const rest = await lambda('GET', `${MAPPINGS}?Marker=${encodeURIComponent(first.NextMarker)}`);
    expect(rest.EventSourceMappings).toHaveLength(3);
    expect(rest).not.toHaveProperty('NextMarker');
    const small = await lambda('GET', `${MAPPINGS}?MaxItems=2`);
    expect(small.EventSourceMappings).toEqual(first.EventSourceMappings.slice(0, 2));
    const next = await lambda('GET', `${MAPPINGS}?MaxItems=2&Marker=${encodeURIComponent(small.NextMarker)}`);
    expect(next.EventSourceMappings).toEqual(first.EventSourceMappings.slice(2, 4));
  });

  it.each([
    ['Marker=nonsense', 'InvalidParameterValueException'],
    ['MaxItems=0', 'ValidationException'],
    ['MaxItems=many', 'SerializationException'],
    ['FunctionName=not+a+name', 'ValidationException'],
  ])('refuses %s', async (query, code) => {
    const { lambda } = await withQueues();
    await expect(lambda('GET', `${MAPPINGS}?${query}`)).rejects.toMatchObject({ status: 400, code });
  });
});

describe('tags of a mapping', () => {
  const path = (arn: string) => `/2017-03-31/tags/${encodeURIComponent(arn)}`;

  it('are given at its creation, added, overwritten and removed', async () => {
    const { create, lambda, get } = await withQueues();
    const { EventSourceMappingArn: arn, UUID: id } = await create({ Tags: { a: '1', __proto__x: 'é' } });
    expect(await lambda('GET', path(arn))).toEqual({ Tags: { a: '1', __proto__x: 'é' } });
    expect(await lambda('POST', path(arn), { Tags: { a: '2', b: '3' } })).toBeUndefined();
    expect(await lambda('DELETE', `${path(arn)}?tagKeys=__proto__x&tagKeys=none`)).toBeUndefined();
    expect(await lambda('GET', path(arn))).toEqual({ Tags: { a: '2', b: '3' } });
    expect(await get(id)).not.toHaveProperty('Tags');
  });

  it('belong to a mapping that exists', async () => {
    const { lambda, create } = await withQueues();
    const { EventSourceMappingArn: arn } = await create();
    for (const missing of [arn.replace(/.$/, 'x'), FUNCTION, 'nonsense']) {
      const refusal = { status: 404, message: `Event source mapping not found: ${missing}` };
      await expect(lambda('GET', path(missing))).rejects.toMatchObject(refusal);
      await expect(lambda('POST', path(missing), { Tags: { a: '1' } })).rejects.toMatchObject(refusal);
      await expect(lambda('DELETE', `${path(missing)}?tagKeys=a`)).rejects.toMatchObject(refusal);
    }
  });

  it('are at most 50, with keys and values that Lambda accepts', async () => {
    const { lambda, create } = await withQueues();
    const { EventSourceMappingArn: arn } = await create({ Tags: { first: '' } });
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, '']));
    for (const Tags of [
      many,
      { 'aws:a': '' },
      { '': 'x' },
      { ['x'.repeat(129)]: '' },
      { x: 'x'.repeat(257) },
      { 'a?': '' },
      { a: '?' },
    ]) {
      await expect(lambda('POST', path(arn), { Tags })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValueException',
      });
    }
    expect(await lambda('GET', path(arn))).toEqual({ Tags: { first: '' } });
  });
});

describe("another request to Lambda's paths", () => {
  it.each([
    ['GET', '/2015-03-31/functions/f'],
    ['PUT', MAPPINGS],
    ['POST', '/2015-03-31/functions'],
    ['DELETE', '/2015-03-31/functions/f'],
  ])('%s %s is refused', async (method, path) => {
    const { lambda } = await withQueues();
    await expect(lambda(method, path)).rejects.toMatchObject({ status: 400, code: 'UnknownOperationException' });
  });
});
