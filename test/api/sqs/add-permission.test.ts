import { describe, expect, it } from 'vitest';
import { type Client, overBothWires } from '../../helpers.ts';

const ARN = 'arn:aws:sqs:us-east-1:000000000000:q';
const [RED, BLUE] = ['111122223333', '444455556666'] as const;

async function policyText(call: Client['call'], QueueUrl: string): Promise<string | undefined> {
  return (await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] })).Attributes?.Policy;
}

overBothWires('AddPermission', (fixture) => {
  const good = { Label: 'label', AWSAccountIds: [RED], Actions: ['SendMessage'] };

  describe('behaviour', () => {
    it('creates a policy in which a single account or action is a string', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const input = { QueueUrl, Label: 'label', AWSAccountIds: [RED], Actions: ['ReceiveMessage'] };
      expect(await call('AddPermission', input)).toEqual({});
      expect(await policyText(call, QueueUrl)).toBe(
        `{"Version":"2008-10-17","Id":"${ARN}/SQSDefaultPolicy","Statement":[{"Sid":"label","Effect":"Allow",` +
          `"Principal":{"AWS":"arn:aws:iam::${RED}:root"},"Action":"SQS:ReceiveMessage","Resource":"${ARN}"}]}`,
      );
    });

    it('writes several accounts and actions as lists, in the given order', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const Actions = ['SendMessage', 'ReceiveMessage', 'GetQueueUrl'];
      await call('AddPermission', { QueueUrl, Label: 'several', AWSAccountIds: [BLUE, RED], Actions });
      expect(JSON.parse((await policyText(call, QueueUrl))!).Statement).toEqual([
        {
          Sid: 'several',
          Effect: 'Allow',
          Principal: { AWS: [`arn:aws:iam::${BLUE}:root`, `arn:aws:iam::${RED}:root`] },
          Action: ['SQS:SendMessage', 'SQS:ReceiveMessage', 'SQS:GetQueueUrl'],
          Resource: ARN,
        },
      ]);
    });

    it('adds a statement after the existing ones', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const permission = { QueueUrl, AWSAccountIds: [RED], Actions: ['*'] };
      await call('AddPermission', { ...permission, Label: 'one' });
      await call('AddPermission', { ...permission, Label: 'two' });
      const { Statement } = JSON.parse((await policyText(call, QueueUrl))!);
      expect(Statement).toMatchObject([{ Sid: 'one' }, { Sid: 'two', Action: 'SQS:*' }]);
    });

    it('adds to a policy that SetQueueAttributes set, and leaves the rest of it unchanged', async () => {
      const { call, queue } = await fixture();
      const own = { Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: ARN };
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: own, Id: 'mine' });
      const QueueUrl = await queue('q', { Policy });
      await call('AddPermission', { QueueUrl, Label: 'added', AWSAccountIds: [RED], Actions: ['SendMessage'] });
      const added = {
        Sid: 'added',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${RED}:root` },
        Action: 'SQS:SendMessage',
        Resource: ARN,
      };
      expect(await policyText(call, QueueUrl)).toBe(
        JSON.stringify({ Version: '2012-10-17', Statement: [own, added], Id: 'mine' }),
      );
    });

    it('can allow all actions that are not reserved for the owner, seven at a time', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const Actions = [
        ...['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'],
        ...['GetQueueAttributes', 'GetQueueUrl', 'ListDeadLetterSourceQueues'],
      ];
      await call('AddPermission', { QueueUrl, Label: 'seven', AWSAccountIds: [RED], Actions });
      await call('AddPermission', { QueueUrl, Label: 'more', AWSAccountIds: [RED], Actions: ['PurgeQueue'] });
    });

    it('counts as a modification of the queue', async () => {
      const { call, queue, clock } = await fixture();
      const QueueUrl = await queue();
      const AttributeNames = ['CreatedTimestamp', 'LastModifiedTimestamp'];
      await clock.advance(5000);
      await call('AddPermission', { QueueUrl, Label: 'l', AWSAccountIds: [RED], Actions: ['SendMessage'] });
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames });
      expect(Number(Attributes.LastModifiedTimestamp)).toBe(Number(Attributes.CreatedTimestamp) + 5);
    });

    it('writes accounts with the partition of China for a queue there', async () => {
      const { call } = await fixture();
      const options = { region: 'cn-north-1' };
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, options);
      await call('AddPermission', { QueueUrl, Label: 'l', AWSAccountIds: [RED], Actions: ['SendMessage'] }, options);
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] }, options);
      expect(JSON.parse(Attributes.Policy).Statement).toMatchObject([
        { Principal: { AWS: `arn:aws-cn:iam::${RED}:root` }, Resource: 'arn:aws-cn:sqs:cn-north-1:000000000000:q' },
      ]);
    });

    it('loses no statement when several are added at the same time', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const labels = Array.from({ length: 8 }, (_, index) => `label-${index}`);
      await Promise.all(labels.map((Label) => call('AddPermission', { QueueUrl, ...good, Label })));
      const { Statement } = JSON.parse((await policyText(call, QueueUrl))!);
      expect(Statement.map(({ Sid }: { Sid: string }) => Sid).sort()).toEqual(labels);
    });
  });

  describe('rejects', () => {
    const eight = [...'12345678'].map(() => 'SendMessage');
    const owner = 'Only the queue owner is allowed to invoke this action.';
    const wsdl = 'Please refer to the appropriate WSDL for a list of valid actions.';

    it.each([
      ['no label', { Label: '' }, 'MissingParameter', 'The request must contain the parameter Label.'],
      [
        'no accounts',
        { AWSAccountIds: [] },
        'MissingParameter',
        'The request must contain the parameter AWSAccountIds.',
      ],
      [
        'an empty list of actions',
        { Actions: [] },
        'MissingParameter',
        'The request must contain the parameter ActionName.',
      ],
      ['absent actions', { Actions: null }, 'MissingParameter', 'The request must contain the parameter ActionName.'],
      [
        'a label with invalid characters',
        { Label: 'a b' },
        'InvalidParameterValue',
        'Value a b for parameter Label is invalid. ' +
          'Reason: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
      ],
      [
        "an action that is the owner's alone",
        { Actions: ['SendMessage', 'AddPermission'] },
        'InvalidParameterValue',
        `Value SQS:AddPermission for parameter ActionName is invalid. Reason: ${owner}`,
      ],
      [
        'an unknown action',
        { Actions: ['FooBar'] },
        'InvalidParameterValue',
        `Value SQS:FooBar for parameter ActionName is invalid. Reason: ${wsdl}`,
      ],
      [
        'the name of a batch action',
        { Actions: ['SendMessageBatch'] },
        'InvalidParameterValue',
        `Value SQS:SendMessageBatch for parameter ActionName is invalid. Reason: ${wsdl}`,
      ],
      ['more than seven actions', { Actions: eight }, 'OverLimit', '8 Actions were found, maximum allowed is 7.'],
      [
        'an invalid account',
        { AWSAccountIds: [RED, '1234'] },
        'InvalidParameterValue',
        `Value [${RED}, 1234] for parameter PrincipalId is invalid. Reason: Unable to verify.`,
      ],
    ])('%s', async (_, bad, code, message) => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const status = code === 'OverLimit' ? 403 : 400;
      await expect(call('AddPermission', { QueueUrl, ...good, ...bad })).rejects.toMatchObject({
        status,
        code,
        message,
      });
      expect(await policyText(call, QueueUrl)).toBeUndefined();
    });

    it('an existing label, even in a policy that SetQueueAttributes set', async () => {
      const { call, queue } = await fixture();
      const Statement = [{ Sid: 'label', Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: ARN }];
      const QueueUrl = await queue('q', { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
      await expect(call('AddPermission', { QueueUrl, ...good })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message: 'Value label for parameter Label is invalid. Reason: Already exists.',
      });
    });

    it('a 21st statement', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      for (let n = 1; n <= 20; n++) await call('AddPermission', { QueueUrl, ...good, Label: `label-${n}` });
      await expect(call('AddPermission', { QueueUrl, ...good, Label: 'label-21' })).rejects.toMatchObject({
        status: 403,
        code: 'OverLimit',
        message: '21 Statements were found, maximum allowed is 20.',
      });
    });

    it('a queue that does not exist, before it checks other input', async () => {
      const { call } = await fixture();
      await expect(call('AddPermission', { QueueUrl: 'none' })).rejects.toMatchObject({
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });
  });
});
