/** CreateEventSourceMapping. */

import { describe, expect, it } from 'vitest';
import { ACCOUNT, arnOf, MAPPINGS } from '../../functions/fed.ts';
import { FUNCTION, invalid, UUID, withQueues } from './mappings.ts';

describe('CreateEventSourceMapping', () => {
  it('returns the configuration, with defaults', async () => {
    const { create, get, clock } = await withQueues();
    const created = await create();
    expect(created).toEqual({
      UUID: expect.stringMatching(UUID),
      EventSourceMappingArn: `arn:aws:lambda:us-east-1:${ACCOUNT}:event-source-mapping:${created.UUID}`,
      EventSourceArn: arnOf('q'),
      FunctionArn: FUNCTION,
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      FunctionResponseTypes: [],
      LastModified: clock.now() / 1000,
      State: 'Creating',
      StateTransitionReason: 'USER_INITIATED',
    });
    expect(await get(created.UUID)).toEqual({ ...created, State: 'Enabled' });
  });

  it('is answered with 202 and without a trailing slash or with one', async () => {
    const { squab, call } = await withQueues();
    await call('CreateQueue', { QueueName: 'r' });
    for (const [queue, path] of [
      ['q', MAPPINGS],
      ['r', `${MAPPINGS}/`],
    ] as const) {
      const body = JSON.stringify({ EventSourceArn: arnOf(queue), FunctionName: 'f' });
      const response = await fetch(`${squab.url}${path}`, { method: 'POST', body });
      expect(response.status).toBe(202);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('x-amzn-requestid')).toMatch(UUID);
    }
  });

  it('keeps all settings', async () => {
    const { create, get } = await withQueues();
    const settings = {
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 300,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: '{"body":["a"]}' }, { Pattern: '{ "body": {"a": [1]} }' }] },
      ScalingConfig: { MaximumConcurrency: 2 },
      MetricsConfig: { Metrics: ['EventCount'] },
      KMSKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/k',
    };
    const created = await create({ ...settings, Enabled: false });
    expect(created).toMatchObject({ ...settings, State: 'Disabled' });
    expect(await get(created.UUID)).toMatchObject({ ...settings, State: 'Disabled' });
  });

  it.each([
    ['f', FUNCTION],
    ['f:live', `${FUNCTION}:live`],
    ['f:$LATEST', `${FUNCTION}:$LATEST`],
    [`${ACCOUNT}:function:f`, FUNCTION],
    [FUNCTION, FUNCTION],
    [`${FUNCTION}:7`, `${FUNCTION}:7`],
  ])('accepts the function name %s', async (FunctionName, arn) => {
    const { create } = await withQueues();
    expect((await create({ FunctionName })).FunctionArn).toBe(arn);
  });

  it('has no filters if the list of filters is empty', async () => {
    const { create } = await withQueues();
    expect(await create({ FilterCriteria: { Filters: [] } })).not.toHaveProperty('FilterCriteria');
  });

  it('fills in the numbers of pollers', async () => {
    const { create } = await withQueues();
    const { ProvisionedPollerConfig } = await create({ ProvisionedPollerConfig: { MinimumPollers: 5 } });
    expect(ProvisionedPollerConfig).toEqual({ MinimumPollers: 5, MaximumPollers: 200 });
  });

  const window = 'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10';
  const filter = (...patterns: string[]) => ({ FilterCriteria: { Filters: patterns.map((Pattern) => ({ Pattern })) } });
  it.each<[string, object, string]>([
    ['no event source', { EventSourceArn: undefined }, 'Unrecognized event source.'],
    ['a stream', { EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s' }, 'Unrecognized event source.'],
    ['an event source that is no ARN', { EventSourceArn: 'q' }, 'Unrecognized event source.'],
    ['a function without a URL', { FunctionName: 'unknown' }, 'Function does not exist'],
    ['the function *', { FunctionName: 'unknown:live' }, 'Function does not exist'],
    [
      'a queue that does not exist',
      { EventSourceArn: arnOf('none') },
      'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.',
    ],
    ['large batches without a window', { BatchSize: 11 }, window],
    ['a filter that is not JSON', filter('{"body":'), 'Invalid filter pattern definition.'],
    ['a filter that is null', filter('null'), 'Invalid filter pattern definition.'],
    ['a filter with a scalar', filter('{"body":"a"}'), 'Invalid filter pattern definition.'],
    ['a filter with an empty list', filter('{"body":[]}'), 'Invalid filter pattern definition.'],
    ['a second filter that is invalid', filter('{"body":["a"]}', '[]'), 'Invalid filter pattern definition.'],
    ['six filters', filter(...Array(6).fill('{"body":["a"]}')), 'The maximum number of filters is 5, not 6.'],
    [
      'a destination',
      { DestinationConfig: { OnFailure: { Destination: arnOf('q') } } },
      'Unsupported DestinationConfig parameter for given event source mapping type.',
    ],
    [
      'a window for a FIFO queue',
      { EventSourceArn: arnOf('q.fifo'), MaximumBatchingWindowInSeconds: 1 },
      'Batching window is not supported for FIFO queues.',
    ],
    [
      'large batches for a FIFO queue',
      { EventSourceArn: arnOf('q.fifo'), BatchSize: 11 },
      'Maximum batch size for FIFO queues is 10.',
    ],
    [
      'a limit beside pollers',
      { ScalingConfig: { MaximumConcurrency: 2 }, ProvisionedPollerConfig: { MinimumPollers: 2 } },
      'ScalingConfig and ProvisionedPollerConfig cannot be used together.',
    ],
    [
      '51 tags',
      { Tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ''])) },
      'An event source mapping can have up to 50 tags.',
    ],
  ])('refuses %s', async (_what, settings, message) => {
    const { create, lambda } = await withQueues();
    await expect(create(settings)).rejects.toMatchObject(invalid(message));
    expect(await lambda('GET', MAPPINGS)).toEqual({ EventSourceMappings: [] });
  });

  it.each<[object, string]>([
    [
      { BatchSize: 0 },
      "Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      { BatchSize: 10_001 },
      "Value '10001' at 'batchSize' failed to satisfy constraint: Member must have value less than or equal to 10000",
    ],
    [{ MaximumBatchingWindowInSeconds: -1 }, "'maximumBatchingWindowInSeconds' failed"],
    [{ MaximumBatchingWindowInSeconds: 301 }, "'maximumBatchingWindowInSeconds' failed"],
    [{ ScalingConfig: { MaximumConcurrency: 1 } }, "'scalingConfig.maximumConcurrency' failed"],
    [{ ScalingConfig: { MaximumConcurrency: 1001 } }, "'scalingConfig.maximumConcurrency' failed"],
    [{ ProvisionedPollerConfig: { MinimumPollers: 1 } }, "'provisionedPollerConfig.minimumPollers' failed"],
    [{ FunctionResponseTypes: ['Other'] }, "Value '[Other]' at 'functionResponseTypes' failed"],
    [{ FilterCriteria: { Filters: [{ Pattern: `{"body":["${'x'.repeat(4100)}"]}` }] } }, 'less than or equal to 4096'],
    [{ FunctionName: 'not a name' }, "Value 'not a name' at 'functionName' failed"],
  ])('refuses %j', async (settings, message) => {
    const { create } = await withQueues();
    const refusal = { status: 400, code: 'ValidationException', message: expect.stringContaining(message) };
    await expect(create(settings)).rejects.toMatchObject(refusal);
  });

  it.each([
    ['BatchSize', '"10"'],
    ['Enabled', '"yes"'],
    ['FunctionName', '7'],
    ['FilterCriteria', '[]'],
  ])('refuses a member %s of another type', async (name, value) => {
    const { lambda } = await withQueues();
    const refused = lambda(
      'POST',
      MAPPINGS,
      `{"FunctionName":"f","EventSourceArn":"${arnOf('q')}","${name}":${value}}`,
    );
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'SerializationException' });
  });

  it.each(['{', '[]', '"text"', '\u0000'])('refuses the body %j', async (body) => {
    const { lambda } = await withQueues();
    await expect(lambda('POST', MAPPINGS, body)).rejects.toMatchObject({ status: 400, code: 'SerializationException' });
  });

  it('refuses a second mapping of a function for a queue, and names the first', async () => {
    const { create } = await withQueues();
    const { UUID: id } = await create();
    await expect(create({ BatchSize: 1 })).rejects.toMatchObject({
      status: 409,
      code: 'ResourceConflictException',
      message:
        `An event source mapping with SQS arn (" ${arnOf('q')} ") and function (" f ") already exists. ` +
        `Please update or delete the existing mapping with UUID ${id}`,
    });
    expect((await create({ FunctionName: 'f:live' })).State).toBe('Creating');
  });

  it('refuses a function whose timeout is longer than the visibility timeout of the queue', async () => {
    const { create } = await withQueues({ slow: { url: 'http://127.0.0.1:1', timeoutSeconds: 31 } });
    await expect(create({ FunctionName: 'slow' })).rejects.toMatchObject(
      invalid('Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds'),
    );
  });
});
