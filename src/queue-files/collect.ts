/** Collects the queues of a running server, by the operations of SQS. */

import { parseArn } from '../queues/arn.ts';
import type { Step } from './apply.ts';
import type { Ask, Owner } from './ask.ts';
import { present, urlsOf } from './present.ts';
import type { QueueState } from './write.ts';

/** The queues of an account and region, in the order of their names. Rejects with Refused, or NoSqs. */
export async function collectQueues(ask: Ask, owner: Owner, step: Step): Promise<QueueState[]> {
  const urls: string[] = [];
  for await (const url of urlsOf(ask, owner)) urls.push(url);
  const queues: QueueState[] = [];
  for (const [index, url] of urls.entries()) {
    const queue = await present(ask, owner, url);
    step(index + 1, urls.length);
    // Its ARN says which account and region that is, where nobody named one.
    const arn = queue && parseArn(queue.arn);
    if (!arn) continue;
    const { account, region, name } = arn;
    const { attributes, tags } = queue;
    queues.push({
      account,
      region,
      name,
      fifo: attributes.get('FifoQueue') === 'true',
      attributes,
      tags,
      messages: [],
    });
  }
  return queues;
}
