/** A link to a queue. */

import { parseArn } from '../../queues/arn.ts';
import type { QueueKey } from '../api.ts';
import { queueLink } from '../router.ts';
import { settings } from '../settings.ts';

/** Its name; with account and region, if these are not the usual ones. */
export function QueueLink({ queue, below = [] }: { queue: QueueKey; below?: readonly string[] }) {
  return (
    <a href={`#${queueLink(queue, ...below)}`} class="break">
      {queue.name}
      <Elsewhere queue={queue} />
    </a>
  );
}

/** The account and region of a queue that is not where queues usually are. */
export function Elsewhere({ queue: { account, region } }: { queue: QueueKey }) {
  const parts = [account !== settings.account && account, region !== settings.region && region].filter(Boolean);
  return parts.length > 0 ? <span class="elsewhere"> {parts.join(' · ')}</span> : null;
}

/** The queue that an ARN names. */
export function queueOfArn(arn: string): QueueKey | undefined {
  const parts = parseArn(arn);
  return parts && { name: parts.name, account: parts.account, region: parts.region };
}

/** A link to the queue that an ARN names. */
export function ArnLink({ arn }: { arn: string }) {
  const queue = queueOfArn(arn);
  return queue ? <QueueLink queue={queue} /> : <code class="break">{arn}</code>;
}
