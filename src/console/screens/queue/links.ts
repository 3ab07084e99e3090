/** The redrive policy of a queue. */

import type { QueueReport } from '../../../control/queues/queues.ts';

interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

export function redrivePolicyOf({ attributes }: Pick<QueueReport, 'attributes'>): RedrivePolicy | undefined {
  const text = attributes.RedrivePolicy;
  return text === undefined ? undefined : (JSON.parse(text) as RedrivePolicy);
}
