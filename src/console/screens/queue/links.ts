/** How queues are linked: with their dead-letter queue, and with the queues whose dead letters they take. */

import type { QueueReport } from '../../../control/queues/queues.ts';
import { queueArn } from '../../../queues/arn.ts';
import { type QueueKey, sqs, urlOf } from '../../api.ts';
import { useLive } from '../../live.ts';

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

export function redrivePolicyOf({ attributes }: Pick<QueueReport, 'attributes'>): RedrivePolicy | undefined {
  const text = attributes.RedrivePolicy;
  return text === undefined ? undefined : (JSON.parse(text) as RedrivePolicy);
}

const EVERY_MS = 5000;

/** The ARNs of the queues that have this one as their dead-letter queue. */
export function useSources(queue: QueueKey): readonly string[] {
  const { data = [] } = useLive(() => sourcesOf(queue), [queue.name, queue.account, queue.region], EVERY_MS);
  return data;
}

async function sourcesOf(queue: QueueKey): Promise<string[]> {
  const { queueUrls = [] } = await sqs<{ queueUrls?: string[] }>(
    'ListDeadLetterSourceQueues',
    { QueueUrl: urlOf(queue) },
    queue,
  );
  return queueUrls.map((url) => {
    const [account = '', name = ''] = new URL(url).pathname.split('/').slice(-2);
    return queueArn({ region: queue.region, account, name });
  });
}
