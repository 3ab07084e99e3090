/** What verbs on event source mappings do, in every engine. */

import type { Millis } from '../time/clock.ts';
import type { Mapping, MappingChange, MappingListing } from './mappings.ts';
import type { QueueKey } from './queue.ts';
import { merged } from './queue-changes.ts';

/** Returns the changed mapping, or why nothing changes. */
export function changedMapping(
  mapping: Mapping,
  change: MappingChange,
  now: Millis,
): Mapping | 'outdated' | 'over-limit' {
  const { functionArn = mapping.functionArn, settings = mapping.settings, tagsMax, expected } = change;
  if (expected !== undefined && expected !== mapping.revision) return 'outdated';
  const tags = merged(mapping.tags, change.tags);
  if (tagsMax !== undefined && tags.size > tagsMax) return 'over-limit';
  const modified = change.functionArn !== undefined || change.settings !== undefined;
  const modifiedAt = modified ? now : mapping.modifiedAt;
  return { ...mapping, functionArn, settings, tags, modifiedAt, revision: mapping.revision + 1 };
}

/** Returns whether a listing includes a mapping, apart from its limit. */
export function isListed(mapping: Mapping, { account, region, queue, functionArn, after }: MappingListing): boolean {
  return (
    (account === undefined || mapping.account === account) &&
    (region === undefined || mapping.region === region) &&
    (queue === undefined || isSameQueue(mapping.queue, queue)) &&
    (functionArn === undefined || mapping.functionArn === functionArn) &&
    (after === undefined || mapping.place > after)
  );
}

/** Returns whether both are for the same queue and function. */
export function areAlike(
  a: Pick<Mapping, 'queue' | 'functionArn'>,
  b: Pick<Mapping, 'queue' | 'functionArn'>,
): boolean {
  return a.functionArn === b.functionArn && isSameQueue(a.queue, b.queue);
}

function isSameQueue(a: QueueKey, b: QueueKey): boolean {
  return a.name === b.name && a.account === b.account && a.region === b.region;
}
