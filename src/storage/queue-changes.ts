/** What a change makes of a queue and of its attributes, in every engine. */

import type { Millis } from '../time/clock.ts';
import type { Expected, Queue, QueueChange } from './queue.ts';

/** Returns the changed queue, or why nothing changes. A change of tags alone does not count as a modification. */
export function changed(queue: Queue, change: QueueChange, now: Millis): Queue | 'outdated' | 'over-limit' {
  if (isOutdated(queue, change.expected)) return 'outdated';
  const tags = merged(queue.tags, change.tags);
  if (change.tagsMax !== undefined && tags.size > change.tagsMax) return 'over-limit';
  return {
    ...queue,
    modifiedAt: change.attributes ? now : queue.modifiedAt,
    retentionMs: change.retentionMs ?? queue.retentionMs,
    attributes: merged(queue.attributes, change.attributes),
    tags,
  };
}

/** Returns whether one of these attributes has a different value. */
export function isOutdated({ attributes }: Pick<Queue, 'attributes'>, expected: Expected | undefined): boolean {
  for (const [name, value] of expected ?? []) if (attributes.get(name) !== value) return true;
  return false;
}

/** Returns the map after a change, in which the value undefined removes an entry. */
export function merged(
  old: ReadonlyMap<string, string>,
  change: ReadonlyMap<string, string | undefined> | undefined,
): ReadonlyMap<string, string> {
  if (!change) return old;
  const result = new Map(old);
  for (const [name, value] of change) {
    if (value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
}
