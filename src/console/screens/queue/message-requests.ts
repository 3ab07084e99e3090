/** What the control interface can do with one message. All throw Refusal or Unreachable. */

import type { QueueReference } from '../../../control/journal/reports.ts';
import { control, query } from '../../api.ts';

const placeOf = ({ name, account, region }: QueueReference) => query({ queue: name, account, region });

/** Makes a message visible, or moves it to the dead-letter queue. */
export function change(messageId: string, action: 'make-visible' | 'dead-letter', queue: QueueReference) {
  return control('POST', `/messages/${messageId}/${action}?${placeOf(queue)}`, {});
}

export function removeMessage(messageId: string, queue: QueueReference): Promise<unknown> {
  return control('DELETE', `/messages/${messageId}?${placeOf(queue)}`);
}

/** Sends the content of a message again, to this queue. */
export function replay(messageId: string, { name, account, region }: QueueReference): Promise<unknown> {
  return control('POST', `/messages/${messageId}/replay`, { queue: name, account, region });
}

/** A copy goes to the source queue, and then the original is deleted: in this order, so that none is ever lost. */
export async function sendBack(messageId: string, source: QueueReference, queue: QueueReference): Promise<void> {
  await replay(messageId, source);
  await removeMessage(messageId, queue);
}
