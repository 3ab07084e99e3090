/** What can be done to a whole queue, after a question that names what is lost. */

import type { QueueReport } from '../../../control/queues/queues.ts';
import { control, queuePath, sqs, urlOf } from '../../api.ts';
import { counted } from '../../format.ts';
import { refreshAll } from '../../live.ts';
import { confirm } from '../../pieces/dialog.tsx';
import { attempt } from '../../pieces/toasts.tsx';

/** `3 messages: 1 visible, 2 in flight`. */
function contentsOf({ messages: { visible, inFlight, delayed } }: QueueReport): string {
  const parts = [visible && `${visible} visible`, inFlight && `${inFlight} in flight`, delayed && `${delayed} delayed`];
  const total = counted(visible + inFlight + delayed, 'message');
  return `${total}${visible + inFlight + delayed > 0 ? ` (${parts.filter(Boolean).join(', ')})` : ''}`;
}

const totalOf = ({ messages: { visible, inFlight, delayed } }: QueueReport) => visible + inFlight + delayed;

/** Asks, and then deletes all messages of a queue. Resolves to whether it was done. */
export async function purgeQueue(queue: QueueReport): Promise<boolean> {
  const { name } = queue;
  const yes = await confirm({
    title: `Purge ${name}?`,
    text: (
      <p>
        This deletes <strong>{contentsOf(queue)}</strong> from <strong>{name}</strong>, and whatever arrives until you
        confirm. It cannot be undone. The queue itself stays.
      </p>
    ),
    action: `Delete ${counted(totalOf(queue), 'message')}`,
  });
  if (!yes) return false;
  const purged = await attempt(() => control('POST', queuePath(queue, '/purge')), `Purged ${name}.`);
  refreshAll();
  return purged;
}

/** Starts to move the messages of a dead-letter queue back to where they came from. Resolves to whether it was done. */
export function redriveAll(queue: QueueReport): Promise<boolean> {
  return attempt(() => sqs('StartMessageMoveTask', { SourceArn: queue.arn }, queue), 'Moving has begun.');
}

/** Asks, and then deletes a queue. Resolves to whether it was done. */
export async function deleteQueue(queue: QueueReport): Promise<boolean> {
  const { name } = queue;
  const yes = await confirm({
    title: `Delete ${name}?`,
    text: (
      <p>
        This deletes the queue <strong>{name}</strong> with <strong>{contentsOf(queue)}</strong>, its attributes and its
        tags. It cannot be undone.
      </p>
    ),
    action: `Delete queue and ${counted(totalOf(queue), 'message')}`,
  });
  if (!yes) return false;
  return attempt(() => sqs('DeleteQueue', { QueueUrl: urlOf(queue) }, queue), `Deleted ${name}.`);
}
