/**
 * The rules that all batch operations share. Source: API reference, the batch actions; order of checks as observed.
 */

import { actOnAccepted, missingParameter, SqsError } from '../errors.ts';
import { isName } from '../queues/characters.ts';
import { BATCH_ENTRIES_MAX } from '../queues/limits.ts';
import type { Call } from './operation.ts';
import { failedEntry } from './sqs/shapes.ts';

/**
 * Rejects an invalid batch as a whole, before any entry is processed. `entryName` is the name of an entry on the Query
 * wire; error messages use it on both wires. Throws `EmptyBatchRequest`, `MissingParameter`, `InvalidBatchEntryId`,
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

/** Calls `act` with the entries that no fault rule makes fail. Returns the results of all entries, in their order. */
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

/** Returns the output of a batch operation that reports only the IDs of the entries that succeeded. */
export function batchReply(entries: readonly { Id: string }[], refusals: readonly (SqsError | undefined)[]) {
  const results = entries.map(({ Id }, index) => ({ Id, refusal: refusals[index] }));
  return {
    Successful: results.filter(({ refusal }) => !refusal).map(({ Id }) => ({ Id })),
    Failed: results.flatMap(({ Id, refusal }) => (refusal ? [failedEntry(Id, refusal)] : [])),
  };
}
