/** What is true of every batch. Source: API reference, the batch actions; order of the checks as observed. */

import { actOnAccepted, missingParameter, SqsError } from '../errors.ts';
import { isName } from '../queues/characters.ts';
import { BATCH_ENTRIES_MAX } from '../queues/limits.ts';
import type { Call } from './operation.ts';
import { failedEntry } from './operations/shapes.ts';

/**
 * Refuses a batch as a whole, before anything of it is done. `entryName` is the entries' name on the Query wire, which
 * is also that of messages. Throws `EmptyBatchRequest`, `MissingParameter`, `InvalidBatchEntryId`,
 * `BatchEntryIdsNotDistinct`, `TooManyEntriesInBatchRequest`.
 */
export function checkBatch<E extends { Id?: string | undefined }>(
  entries: readonly E[],
  entryName: string,
): asserts entries is readonly (E & { Id: string })[] {
  if (entries.length === 0) {
    throw new SqsError('EmptyBatchRequest', `There should be at least one ${entryName} in the request.`);
  }
  for (const [index, { Id }] of entries.entries()) {
    if (Id === undefined) throw missingParameter(`${entryName}.${index + 1}.Id`);
    if (isName(Id)) continue;
    throw new SqsError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. ' +
        'It can be at most 80 letters long.',
    );
  }
  const seen = new Set<string>();
  for (const { Id } of entries) {
    if (seen.has(Id!)) throw new SqsError('BatchEntryIdsNotDistinct', `Id ${Id} repeated.`);
    seen.add(Id!);
  }
  if (entries.length > BATCH_ENTRIES_MAX) {
    throw new SqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${BATCH_ENTRIES_MAX}. You have sent ${entries.length}.`,
    );
  }
}

/** Acts on the entries but for those that are to fail whatever they say; the results stand in the order of all entries. */
export async function actOnEntries<E extends { Id: string }>(
  entries: readonly E[],
  { refusedEntries }: Call,
  act: (accepted: E[]) => Promise<(SqsError | undefined)[]>,
): Promise<(SqsError | undefined)[]> {
  const refused = refusedEntries?.(entries.map(({ Id }) => Id));
  return actOnAccepted(
    entries.map((entry) => refused?.get(entry.Id) ?? entry),
    act,
  );
}

/** The answer to a batch whose entries either fail or succeed with nothing to tell but their id. */
export function batchReply(entries: readonly { Id: string }[], refusals: readonly (SqsError | undefined)[]) {
  const results = entries.map(({ Id }, index) => ({ Id, refusal: refusals[index] }));
  return {
    Successful: results.filter(({ refusal }) => !refusal).map(({ Id }) => ({ Id })),
    Failed: results.flatMap(({ Id, refusal }) => (refusal ? [failedEntry(Id, refusal)] : [])),
  };
}
