/** Real clients of Lambda create event source mappings, and see messages go to a function. */

import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  InvokeCommand,
  LambdaClient,
  ListTagsCommand,
  paginateListEventSourceMappings,
  ResourceConflictException,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../src/index.ts';
import { OWNER } from '../api/auth/signing.ts';
import { functionServer } from '../functions/function-server.ts';
import { describeScript, withFunction } from './boto3-script.ts';
import { atEnd, sdk, squabWith } from './javascript.ts';
import { KEY } from './programs.ts';

const EventSourceArn = 'arn:aws:sqs:us-east-1:000000000000:orders';

async function clients(options: StartOptions = {}, credentials = KEY) {
  const functions = await functionServer();
  const squab = await squabWith({ ...options, functions: { resize: functions.url } });
  const lambda = new LambdaClient({ endpoint: squab.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  atEnd(() => lambda.destroy());
  const sqs = sdk({ endpoint: squab.url, credentials });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'orders' }));
  return { functions, squab, lambda, sqs, QueueUrl };
}

describe('the AWS SDK for JavaScript', () => {
  it('creates a mapping, waits until it is enabled, and changes, tags, lists and deletes it, as Terraform does', async () => {
    const { functions, lambda, sqs, QueueUrl } = await clients();
    const created = await lambda.send(
      new CreateEventSourceMappingCommand({
        EventSourceArn,
        FunctionName: 'resize',
        BatchSize: 5,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        FilterCriteria: { Filters: [{ Pattern: '{"body":{"size":[{"numeric":[">",1]}]}}' }] },
        ScalingConfig: { MaximumConcurrency: 2 },
        Tags: { team: 'images' },
      }),
    );
    const { UUID } = created;
    expect(created).toMatchObject({ State: 'Creating', LastModified: expect.any(Date) });
    expect(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({ State: 'Enabled' });
    for (const size of [1, 2]) {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ size }) }));
    }
    expect((await functions.next()).bodies).toEqual(['{"size":2}']);
    const Resource = created.EventSourceMappingArn!;
    await lambda.send(new TagResourceCommand({ Resource, Tags: { stage: 'dev' } }));
    await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ['team'] }));
    expect((await lambda.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ stage: 'dev' });
    const change = { UUID, Enabled: false, FilterCriteria: {}, ScalingConfig: {} };
    const updated = await lambda.send(new UpdateEventSourceMappingCommand(change));
    expect(updated).toMatchObject({ State: 'Disabling', BatchSize: 5 });
    expect(updated.FilterCriteria).toBeUndefined();
    const listed = [];
    for await (const page of paginateListEventSourceMappings({ client: lambda }, { FunctionName: 'resize' })) {
      listed.push(...page.EventSourceMappings!);
    }
    expect(listed).toMatchObject([{ UUID, State: 'Disabled' }]);
    expect(await lambda.send(new DeleteEventSourceMappingCommand({ UUID }))).toMatchObject({ State: 'Deleting' });
    const gone = lambda.send(new GetEventSourceMappingCommand({ UUID }));
    await expect(gone).rejects.toThrow(ResourceNotFoundException);
    await expect(gone).rejects.toThrow('The resource you requested does not exist.');
  });

  it('recognizes errors by their classes', async () => {
    const { lambda } = await clients();
    const create = () => lambda.send(new CreateEventSourceMappingCommand({ EventSourceArn, FunctionName: 'resize' }));
    await create();
    await expect(create()).rejects.toThrow(ResourceConflictException);
  });

  it('invokes functions', async () => {
    const { lambda, functions } = await clients();
    functions.handle = ({ event }) => ({ body: { doubled: 2 * event.number } });
    const invoked = await lambda.send(new InvokeCommand({ FunctionName: 'resize', Payload: '{"number":21}' }));
    expect(invoked.Payload!.transformToString()).toBe('{"doubled":42}');
    expect(invoked).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    functions.handle = () => ({ body: { errorType: 'Error', errorMessage: 'no' } });
    const failed = await lambda.send(new InvokeCommand({ FunctionName: 'resize' }));
    expect(failed.FunctionError).toBe('Unhandled');
    const event = await lambda.send(new InvokeCommand({ FunctionName: 'resize', InvocationType: 'Event' }));
    expect(event.StatusCode).toBe(202);
  });

  it('signs its requests, with which it works in its own account only', async () => {
    for (const auth of ['sigv4', 'policy'] as const) {
      const { lambda, functions, sqs, QueueUrl, squab } = await clients({ auth, credentials: [OWNER] }, OWNER);
      const arn = `arn:aws:sqs:us-east-1:${OWNER.accountId}:orders`;
      const mapping = { EventSourceArn: arn, FunctionName: 'resize', Tags: { a: 'é /+' } };
      const created = await lambda.send(new CreateEventSourceMappingCommand(mapping));
      const Resource = created.EventSourceMappingArn!;
      expect(Resource).toContain(`:${OWNER.accountId}:event-source-mapping:`);
      await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ['a', 'b c'] }));
      expect((await lambda.send(new ListTagsCommand({ Resource }))).Tags).toEqual({});
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'signed' }));
      expect((await functions.next()).bodies).toEqual(['signed']);
      const forged = new LambdaClient({
        ...{ endpoint: squab.url, region: 'us-east-1', maxAttempts: 1 },
        credentials: { ...OWNER, secretAccessKey: 'wrong' },
      });
      atEnd(() => forged.destroy());
      const { UUID } = created;
      await expect(forged.send(new DeleteEventSourceMappingCommand({ UUID }))).rejects.toMatchObject({
        name: 'InvalidSignatureException',
      });
      const unsigned = await fetch(`${squab.url}/2015-03-31/event-source-mappings/${UUID}`, { method: 'DELETE' });
      expect(unsigned.status).toBe(403);
    }
  });
});

describeScript('event source mappings', 'boto3_lambda.py', { prepare: withFunction });
