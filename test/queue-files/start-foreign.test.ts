/** Squab is started with a template, or with a file of another tool. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { start } from '../../src/index.ts';
import { client, setup } from '../helpers.ts';
import { attributesOf, file, warningsOf } from './starting.ts';

describe('a template', () => {
  const template = (arn: string) => `Parameters: { Stage: { Type: String } }
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "\${AWS::StackName}-\${Stage}"
      RedrivePolicy: { deadLetterTargetArn: ${arn}, maxReceiveCount: 3 }`;

  it('takes parameters and a stack name, and leaves out a dead-letter queue that exists nowhere', async () => {
    const config = file(template('arn:aws:sqs:eu-west-1:123456789012:shared'), 'template.yaml');
    const options = { config, parameters: { Stage: 'prod' }, stackName: 'shop' };
    expect(await warningsOf(options)).toEqual([
      'template.yaml:7:45: The dead-letter queue shared is expected in the account 000000000000 and region us-east-1 of its source queue.',
      'template.yaml:7:45: The dead-letter queue "shared" exists neither in Squab nor in the file: shop-prod is left without it.',
    ]);
    const { squab } = await setup({ ...options, queues: [{ name: 'shared' }] });
    expect(await attributesOf(squab.url, 'shop-prod')).toMatchObject({
      RedrivePolicy: expect.stringContaining(':us-east-1:000000000000:shared'),
    });
  });

  it('must have the parameters that are given', async () => {
    const config = file(template('arn:aws:sqs:us-east-1:000000000000:d'), 'template.yaml');
    await expect(start({ port: 0, config, parameters: { Stge: 'prod' } })).rejects.toThrow(
      'QueueName of Q cannot be determined: the parameter Stage has no Default: give it with --parameter Stage=VALUE.',
    );
    await expect(start({ port: 0, config, parameters: { Stage: 'a', Stge: 'b' } })).rejects.toThrow(
      'There is no parameter "Stge". Did you mean "Stage"?',
    );
    const plain = file('queues: [q]');
    await expect(start({ port: 0, config: plain, parameters: { Stage: 'a' } })).rejects.toThrow(
      'There is no parameter "Stage": only templates and serverless.yml files have parameters.',
    );
    await expect(start({ port: 0, parameters: { Stage: 'a' } })).rejects.toThrow(
      '--parameter and --stack-name need a template: give its file with --config.',
    );
  });
});

describe('a file of another tool', () => {
  it.each([
    ['elasticmq.conf', 'us-west-2', 6],
    ['elasticmq-includes/elasticmq.conf', 'us-east-1', 8],
    ['template.yaml', 'us-east-1', 3],
    ['loops.yaml', 'us-east-1', 9],
    ['sam.yaml', 'us-east-1', 5],
    ['serverless/serverless.yml', 'us-east-1', 3],
    ['terraform-plan.json', 'eu-central-1', 9],
    ['terraform-state.json', 'us-east-1', 3],
  ])('creates its queues: %s', async (name, region, count) => {
    const config = join(import.meta.dirname, '../data/queue-files', name);
    const { squab } = await setup({ config, ...(name === 'loops.yaml' && { parameters: { Stage: 'dev' } }) });
    const { QueueUrls } = await client('JSON', squab.url).call('ListQueues', {}, { region });
    expect(QueueUrls).toHaveLength(count);
  });

  it('creates a queue without its dead-letter queue if that exists nowhere', async () => {
    const config = file('queues { q { deadLettersQueue { name = qq, maxReceiveCount = 3 } } }', 'elasticmq.conf');
    expect(await warningsOf({ config })).toEqual([
      'elasticmq.conf:1:40: The dead-letter queue "qq" exists neither in Squab nor in the file: q is left without it.' +
        ' Did you mean "q"?',
    ]);
  });
});
