/** Reads the queues of a running server with SQS operations. */

import { parseArn } from '../queues/arn.ts';
import type { Step } from './apply.ts';
import type { CallSqs, Owner } from './call-sqs.ts';
import { readExisting, urlsOf } from './existing.ts';
import type { QueueState } from './write.ts';
import { type Configuration, collectMappings } from './written-triggers.ts';

/** Reads the queues of an account and region, sorted by name. Rejects with Refused, or with NotSqs. */
export async function collectQueues(callSqs: CallSqs, owner: Owner, step: Step): Promise<QueueState[]> {
  const urls: string[] = [];
  for await (const url of urlsOf(callSqs, owner)) urls.push(url);
  const queues: QueueState[] = [];
  const mappings = urls.length > 0 ? await collectMappings(callSqs, owner) : new Map<string, Configuration[]>();
  for (const [index, url] of urls.entries()) {
    const queue = await readExisting(callSqs, owner, url);
    step(index + 1, urls.length);
    // The ARN has the account and region even if `owner` does not.
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
      mappings: mappings.get(queue.arn) ?? [],
    });
  }
  return queues;
}
