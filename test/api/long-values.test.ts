/** Values far longer than SQS accepts: the response must not be as long, in any place of any operation's input. */

import { describe, expect, it } from 'vitest';
import { operations } from '../../src/api/sqs/index.ts';
import { overBothWires } from '../helpers.ts';
import { queryForm } from '../query-client.ts';
import { contentOf, FORM, withQueues } from './ask.ts';
import { complete, jsonWith, placesIn } from './places.ts';

/** Characters that XML and JSON escape. */
const LONG = '"<'.repeat(100_000);
/** An error quotes up to 10,000 characters, which XML writes as up to 60,000. */
const ANSWER_MAX = 70_000;

const names = [...operations.keys()];

describe('a long value in any place of the input', () => {
  it.each(names)('of %s does not make the response long on the JSON wire', async (name) => {
    const made = await withQueues();
    const headers = { 'x-amz-target': `AmazonSQS.${name}` };
    const sample = complete(name);
    for (const place of placesIn(operations.get(name)!.input, sample)) {
      for (const value of [LONG, [LONG], { [LONG]: LONG }]) {
        const body = jsonWith(sample, place, JSON.stringify(value));
        expect((await contentOf(made, { headers, body })).length).toBeLessThan(ANSWER_MAX);
      }
    }
  });

  it.each(names)('of %s does not make the response long on the Query wire', async (name) => {
    const made = await withQueues();
    const pairs = [...new URLSearchParams(queryForm(name, complete(name)).toString())];
    for (const index of pairs.keys()) {
      const long = pairs.map(([key, value], at): [string, string] => [key, at === index ? LONG : value]);
      const body = new URLSearchParams(long).toString();
      expect((await contentOf(made, { headers: { 'content-type': FORM }, body })).length).toBeLessThan(ANSWER_MAX);
    }
  });
});

overBothWires('long values that messages and queues keep', (fixture) => {
  it('do not include a trace header of more than 8,192 characters', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    const traced = (StringValue: string) => ({
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue } },
    });
    await call('SendMessage', { QueueUrl, MessageBody: 'm', ...traced('x'.repeat(8192)) });
    await expect(
      call('SendMessage', { QueueUrl, MessageBody: 'm', ...traced('x'.repeat(8193)) }),
    ).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    const headers = { 'x-amzn-trace-id': 'y'.repeat(10_000) };
    await call('SendMessage', { QueueUrl, MessageBody: 'm' }, { headers });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, AttributeNames: ['All'] });
    expect(Messages.map(({ Attributes }: { Attributes: Record<string, string> }) => Attributes.AWSTraceHeader)).toEqual(
      ['x'.repeat(8192), 'y'.repeat(8192)],
    );
  });

  it('do not include a region of more than 100 characters', async () => {
    const { call } = await fixture();
    await call('CreateQueue', { QueueName: 'q' }, { region: 'r'.repeat(100) });
    const create = call('CreateQueue', { QueueName: 'q' }, { region: 'r'.repeat(101) });
    await expect(create).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });

  it('do not include the whole user agent of a receiver', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'm' });
    await call('ReceiveMessage', { QueueUrl }, { headers: { 'user-agent': 'agent '.repeat(2000) } });
    expect((await squab.control.messages.find(MessageId)).receiver).toMatch(/^test with (agent ){83}ag… from /);
  });
});
