/** Common mistakes of SQS emulators: queues and their attributes. */

import { expect, it } from 'vitest';
import { type Fixture, overBothWires } from '../helpers.ts';

const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const redriveTo = (name: string) => JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount: 1 });

async function attributesOf({ call }: Fixture, QueueUrl: string): Promise<Record<string, string>> {
  return (await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })).Attributes;
}

overBothWires('a queue', (fixture) => {
  it('is returned if it is created again without attributes, and rejected with different ones', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue('q', { DelaySeconds: '5', VisibilityTimeout: '7' });
    expect(await queue('q')).toBe(QueueUrl);
    expect(await queue('q', { DelaySeconds: '5' })).toBe(QueueUrl);
    const Attributes = { DelaySeconds: '6' };
    await expect(call('CreateQueue', { QueueName: 'q', Attributes })).rejects.toMatchObject({
      status: 400,
      code: 'QueueAlreadyExists',
      message: 'A queue already exists with the same name and a different value for attribute DelaySeconds',
    });
  });

  it('of the standard type cannot be created with FifoQueue=false', async () => {
    const { call } = await fixture();
    const input = { QueueName: 'q', Attributes: { FifoQueue: 'false' } };
    await expect(call('CreateQueue', input)).rejects.toMatchObject({
      code: 'InvalidAttributeName',
      message: 'Unknown Attribute FifoQueue.',
    });
  });

  it("accepts messages of 1 MiB, and uses SQS's own encryption until it gets a KMS key", async () => {
    const made = await fixture();
    const QueueUrl = await made.queue();
    const fresh = await attributesOf(made, QueueUrl);
    expect(fresh).toMatchObject({ MaximumMessageSize: '1048576', SqsManagedSseEnabled: 'true' });
    await made.call('SetQueueAttributes', { QueueUrl, Attributes: { KmsMasterKeyId: 'alias/aws/sqs' } });
    const keyed = await attributesOf(made, QueueUrl);
    expect(keyed).toMatchObject({ SqsManagedSseEnabled: 'false', KmsDataKeyReusePeriodSeconds: '300' });
    await made.call('SetQueueAttributes', { QueueUrl, Attributes: { KmsMasterKeyId: '' } });
    const { SqsManagedSseEnabled, ...unkeyed } = await attributesOf(made, QueueUrl);
    expect(SqsManagedSseEnabled).toBe('false');
    expect(unkeyed).not.toHaveProperty('KmsMasterKeyId');
    expect(unkeyed).not.toHaveProperty('KmsDataKeyReusePeriodSeconds');
  });

  it('returns JSON attributes in compact form, with maxReceiveCount as a number', async () => {
    const made = await fixture();
    await made.queue('dead');
    const RedrivePolicy = `{ "maxReceiveCount" : "3",\n "deadLetterTargetArn" : "${arn('dead')}" }`;
    const QueueUrl = await made.queue('q', { RedrivePolicy });
    expect((await attributesOf(made, QueueUrl)).RedrivePolicy).toBe(
      `{"deadLetterTargetArn":"${arn('dead')}","maxReceiveCount":3}`,
    );
  });

  it('has timestamps in seconds, while a message has them in milliseconds', async () => {
    const made = await fixture();
    const QueueUrl = await made.queue();
    const seconds = String(made.clock.now() / 1000);
    const expected = { CreatedTimestamp: seconds, LastModifiedTimestamp: seconds };
    expect(await attributesOf(made, QueueUrl)).toMatchObject(expected);
    await made.call('SendMessage', { QueueUrl, MessageBody: 'b' });
    const { Messages } = await made.call('ReceiveMessage', { QueueUrl, MessageSystemAttributeNames: ['All'] });
    const millis = String(made.clock.now());
    expect(Messages[0].Attributes).toMatchObject({
      SentTimestamp: millis,
      ApproximateFirstReceiveTimestamp: millis,
    });
  });

  it('returns no attribute that is not requested, and none that is not set', async () => {
    const made = await fixture();
    const QueueUrl = await made.queue();
    expect(await made.call('GetQueueAttributes', { QueueUrl })).toEqual({});
    const unset = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds'];
    expect(await made.call('GetQueueAttributes', { QueueUrl, AttributeNames: unset })).toEqual({});
    for (const name of unset) expect(await attributesOf(made, QueueUrl)).not.toHaveProperty(name);
  });

  it('that does not exist cannot be deleted, not even a second time', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    await call('DeleteQueue', { QueueUrl });
    await expect(call('DeleteQueue', { QueueUrl })).rejects.toMatchObject({
      status: 400,
      code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });

  it('needs a dead-letter queue of its own type: the error message ends in two full stops', async () => {
    const { call, queue } = await fixture();
    await queue('dead');
    const Attributes = { FifoQueue: 'true', RedrivePolicy: redriveTo('dead') };
    await expect(call('CreateQueue', { QueueName: 'q.fifo', Attributes })).rejects.toMatchObject({
      code: 'InvalidParameterValue',
      message:
        `Value ${Attributes.RedrivePolicy} for parameter RedrivePolicy is invalid. ` +
        'Reason: Dead-letter queue must be same type of queue as the source..',
    });
  });

  it('that no longer allows source queues still gets messages from those it has', async () => {
    const { call, queue } = await fixture();
    const dead = await queue('dead');
    const QueueUrl = await queue('q', { RedrivePolicy: redriveTo('dead'), VisibilityTimeout: '0' });
    const RedriveAllowPolicy = '{"redrivePermission":"denyAll"}';
    await call('SetQueueAttributes', { QueueUrl: dead, Attributes: { RedriveAllowPolicy } });
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toHaveLength(1);
    expect(await call('ReceiveMessage', { QueueUrl })).toEqual({});
    expect((await call('ReceiveMessage', { QueueUrl: dead })).Messages).toHaveLength(1);
    const late = { QueueName: 'late', Attributes: { RedrivePolicy: redriveTo('dead') } };
    await expect(call('CreateQueue', late)).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });

  it('has a policy with a single account or action as a string, and several as a list', async () => {
    const made = await fixture();
    const QueueUrl = await made.queue();
    const [one, other] = ['111122223333', '444455556666'];
    await made.call('AddPermission', { QueueUrl, Label: 'a', AWSAccountIds: [one], Actions: ['SendMessage'] });
    const Actions = ['SendMessage', 'ReceiveMessage'];
    await made.call('AddPermission', { QueueUrl, Label: 'b', AWSAccountIds: [one, other], Actions });
    const { Version, Id, Statement } = JSON.parse((await attributesOf(made, QueueUrl)).Policy!);
    expect({ Version, Id }).toEqual({ Version: '2008-10-17', Id: `${arn('q')}/SQSDefaultPolicy` });
    expect(Statement).toMatchObject([
      { Principal: { AWS: `arn:aws:iam::${one}:root` }, Action: 'SQS:SendMessage' },
      {
        Principal: { AWS: [`arn:aws:iam::${one}:root`, `arn:aws:iam::${other}:root`] },
        Action: ['SQS:SendMessage', 'SQS:ReceiveMessage'],
      },
    ]);
  });
});
