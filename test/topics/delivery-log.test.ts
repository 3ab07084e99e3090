/** What the log says of messages that subscribers could not take. */

import { expect, it } from 'vitest';
import { ACCOUNT, withSns } from '../sns-client.ts';

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;
const redriveTo = (name: string) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(name) }) });

it('says of each subscription once where its message is, and why', async () => {
  const lines: Record<string, unknown>[] = [];
  const logStream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const made = await withSns({ logLevel: 'warn', logStream });
  const TopicArn = await made.topic();
  await made.queue('dlq');
  for (const [name, attributes] of Object.entries({ a: {}, b: redriveTo('gone'), c: redriveTo('dlq') })) {
    await made.subscribed(TopicArn, { url: '', arn: arnOf(name) }, attributes);
  }
  for (const Message of ['first', 'second']) await made.sns('Publish', { TopicArn, Message });
  const lost = 'A queue could not take a message of a topic, which is lost.';
  const kept = 'A queue could not take a message of a topic, which is in the dead-letter queue of the subscription.';
  const found = lines.map(({ level: _, time: __, pid: ___, hostname: ____, subscription, ...line }) => line);
  const reason = 'the queue does not exist';
  expect(found).toEqual([
    { msg: lost, endpoint: arnOf('a'), reason },
    {
      ...{ msg: lost, endpoint: arnOf('b'), reason },
      ...{ deadLetterQueue: arnOf('gone'), deadLetterReason: 'it does not exist' },
    },
    { msg: kept, endpoint: arnOf('c'), reason, deadLetterQueue: arnOf('dlq') },
  ]);
});
