/** The rows of event source mappings, in every engine that has tables. */

import type { Millis } from '../../time/clock.ts';
import type { Mapping } from '../mappings.ts';

export interface MappingRow {
  place: number;
  id: string;
  account: string;
  region: string;
  queue_account: string;
  queue_region: string;
  queue_name: string;
  function_arn: string;
  settings: string;
  tags: string;
  created_at: Millis;
  modified_at: Millis;
  revision: number;
}

export function mappingRow(mapping: Mapping): MappingRow {
  const { place, id, account, region, queue, functionArn, settings, tags, createdAt, modifiedAt, revision } = mapping;
  return {
    ...{ place, id, account, region },
    ...{ queue_account: queue.account, queue_region: queue.region, queue_name: queue.name },
    ...{ function_arn: functionArn, settings: JSON.stringify(settings), tags: JSON.stringify([...tags]) },
    ...{ created_at: createdAt, modified_at: modifiedAt, revision },
  };
}

/** Returns the mapping that a row describes. */
export function mappingOf(row: MappingRow): Mapping {
  return {
    id: row.id,
    account: row.account,
    region: row.region,
    queue: { account: row.queue_account, region: row.queue_region, name: row.queue_name },
    functionArn: row.function_arn,
    settings: JSON.parse(row.settings),
    tags: new Map(JSON.parse(row.tags) as [string, string][]),
    place: row.place,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    revision: row.revision,
  };
}
