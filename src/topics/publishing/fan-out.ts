/**
 * Bounds what one request may put into the queues of all subscribers together. They get it in one turn of the event
 * loop, so that all of them have it or none; a topic with thousands of subscribers could otherwise multiply a few short
 * requests until they hold up all others for a minute, or need more memory than there is.
 */

import { heapBytes } from '../../storage/catalogue-bound.ts';
import type { Subscription } from '../../storage/topics.ts';
import { invalid } from '../refusals.ts';
import { isRaw } from '../subscription-attributes.ts';
import { type Publication, quotedText, textFor } from './publication.ts';

const MIB = 1024 * 1024;

/** About a second of work. A sixteenth of a small heap, which also has the messages that are stored already. */
const TOGETHER_BYTES_MAX = Math.min(256 * MIB, heapBytes() / 16);

/** A message without its text counts as this much: as many take as long as those with texts. */
const MESSAGE_BYTES = 8 * 1024;

/**
 * Returns about how many bytes each of these publications puts into queues. Throws `InvalidParameter` if that is too much
 * together.
 */
export function checkTogether(
  wanting: readonly { publication: Publication; subscriptions: readonly Subscription[] }[],
  max = TOGETHER_BYTES_MAX,
): number[] {
  const each = wanting.map(({ publication, subscriptions }) =>
    subscriptions.reduce((sum, subscription) => sum + MESSAGE_BYTES + lengthFor(publication, subscription), 0),
  );
  const bytes = each.reduce((sum, one) => sum + one, 0);
  if (bytes <= max) return each;
  const messages = wanting.reduce((sum, { subscriptions }) => sum + subscriptions.length, 0);
  const counted = `${messages} messages with ${Math.ceil(bytes / MIB)} MiB (${MESSAGE_BYTES / 1024} KiB each, and their texts)`;
  throw invalid(
    `Message Reason: The subscribers together would get ${counted}, and Squab publishes up to ${Math.floor(max / MIB)} ` +
      'MiB in one request. Publish fewer or shorter messages at once, or to fewer subscribers',
  );
}

function lengthFor(publication: Publication, subscription: Subscription): number {
  return isRaw(subscription) ? textFor(publication, subscription).length : quotedText(publication, subscription).length;
}
