/** The output of `terraform show -json`. */

import { describe, expect, it } from 'vitest';
import { contentsOf, fixture, read } from './contents.ts';

describe('a Terraform plan', () => {
  it('declares its queues, and finds their dead-letter queues by its configuration', async () => {
    const { kind, queues, warnings } = await fixture('terraform-plan.json');
    expect(kind).toBe('a Terraform state or plan');
    const found = queues.map(contentsOf);
    expect(found.map(({ name, region, redrive }) => [name, region, redrive])).toEqual([
      ['prod-orders', 'eu-central-1', 'prod-orders-dlq after 10'],
      ['prod-orders-dlq', 'eu-central-1', undefined],
      ['prod-region-eu', 'eu-central-1', 'prod-region-eu-dlq after 10'],
      ['prod-region-us', 'eu-central-1', 'prod-region-us-dlq after 10'],
      ['prod-region-eu-dlq', 'eu-central-1', undefined],
      ['prod-region-us-dlq', 'eu-central-1', undefined],
      ['payments.fifo', 'eu-central-1', 'payments-dlq.fifo after 10'],
      ['payments-dlq.fifo', 'eu-central-1', undefined],
      ['mail-mail-this-0', 'eu-central-1', 'prod-region-eu-dlq after 10'],
    ]);
    expect(found[0]).toMatchObject({
      ...{ VisibilityTimeout: '120', ReceiveMessageWaitTimeSeconds: '20', MaximumMessageSize: '1048576' },
      tags: { team: 'shop', 'managed-by': 'terraform' },
    });
    expect(found[1]).toMatchObject({
      RedriveAllowPolicy: expect.stringContaining(':eu-central-1:000000000000:prod-orders"'),
    });
    expect(found[6]).toMatchObject({
      FifoQueue: 'true',
      ContentBasedDeduplication: 'true',
      DeduplicationScope: 'messageGroup',
    });
    expect(found[8]).toMatchObject({ Policy: expect.stringContaining('ses.amazonaws.com') });
    const about = (words: string) => warnings.filter((warning) => warning.includes(words));
    expect(about('but the plan does not contain maxReceiveCount: 10 is assumed.')).toHaveLength(5);
    expect(about('module.mail.aws_sqs_queue.this[0] gets its name when Terraform creates it')).toHaveLength(1);
    expect(about('Queues and topics exist only in the region that this file names: eu-central-1.')).toHaveLength(1);
    expect(
      about('policy of aws_sqs_queue_policy.orders is ignored: it is known only after terraform apply.'),
    ).toHaveLength(1);
    expect(warnings).toHaveLength(8);
  });
});

describe('a Terraform state', () => {
  it('declares its queues, whose ARNs become those of the account that they are created in', async () => {
    const { queues, warnings } = await fixture('terraform-state.json');
    const region = 'us-east-1';
    expect(queues.map(contentsOf)).toMatchObject([
      {
        name: 'orders',
        region,
        redrive: 'orders-dlq after 4',
        Policy: expect.stringContaining('"arn:aws:sqs:us-east-1:000000000000:orders"'),
      },
      {
        name: 'orders-dlq',
        region,
        RedriveAllowPolicy: expect.stringContaining('["arn:aws:sqs:us-east-1:000000000000:orders"]'),
      },
      { name: 'secret', region, KmsMasterKeyId: 'alias/shop', KmsDataKeyReusePeriodSeconds: '600' },
    ]);
    expect(queues[2]!.attributes.has('SqsManagedSseEnabled')).toBe(false);
    expect(warnings).toEqual([]);
  });

  it('without queues is not an error', () => {
    const { queues, warnings } = read('{ "format_version": "1.0", "terraform_version": "1.13.3" }', 'state.json');
    expect(queues).toEqual([]);
    expect(warnings).toEqual(['state.json:1:1: There is no aws_sqs_queue in this state or plan.']);
  });

  it('as Terraform stores it is refused, and the error names terraform show -json', () => {
    expect(() =>
      read('{ "version": 4, "terraform_version": "1.13.3", "serial": 1, "resources": [] }', 'terraform.tfstate'),
    ).toThrow('terraform.tfstate:1:1: This is a Terraform state as stored. Give the output of: terraform show -json');
  });
});
