/**
 * The part of an engine's contract that keeps event source mappings, which say that a function gets the messages of a
 * queue. As in `Store`, each verb is one transaction, takes the time from its caller, and a verb on a mapping that does
 * not exist resolves to undefined. A change creates a new object, so that callers can keep what they derive from one
 * in a WeakMap. A mapping does not depend on whether its queue exists.
 */

import type { Millis } from '../time/clock.ts';
import type { QueueKey } from './queue.ts';
import type { QueueScope } from './states.ts';

/** The settings of a mapping. Of these, an engine acts on none. */
export interface MappingSettings {
  /** Whether the function gets messages. */
  readonly enabled: boolean;
  /** The largest number of messages that the function gets at once. */
  readonly batchSize: number;
  /** How long messages may wait for others of their batch. */
  readonly windowSeconds: number;
  /** Whether the function's answer says which messages failed. */
  readonly reportsFailures: boolean;
  /** The patterns of which a message has to match one, as JSON. */
  readonly filters: readonly string[];
  /** The largest number of invocations at the same time; unlimited if undefined. */
  readonly maxConcurrency?: number | undefined;
  /** Settings without an effect, by Lambda's names. An engine returns JSON values exactly as it was given them. */
  readonly others: Readonly<Record<string, unknown>>;
}

export interface NewMapping {
  /** A UUID. */
  readonly id: string;
  /** The owner. */
  readonly account: string;
  readonly region: string;
  readonly queue: Readonly<QueueKey>;
  /** The function's ARN, with its qualifier if it was given one. */
  readonly functionArn: string;
  readonly settings: MappingSettings;
  readonly tags: ReadonlyMap<string, string>;
}

export interface Mapping extends NewMapping {
  /** Its place in lists, which are in the order of creation. Never reused. */
  readonly place: number;
  readonly createdAt: Millis;
  /** When its function or its settings were last changed. A change of tags does not count. */
  readonly modifiedAt: Millis;
  /** The number of changes so far. */
  readonly revision: number;
}

export interface MappingChange {
  functionArn?: string;
  settings?: MappingSettings;
  /** The value undefined removes the tag. */
  tags?: ReadonlyMap<string, string | undefined>;
  /** The largest number of tags that the mapping may have after the change; otherwise nothing changes. */
  tagsMax?: number;
  /** If the mapping has another revision, nothing changes. */
  expected?: number;
}

/** Selects the mappings that meet all of these conditions. */
export interface MappingListing {
  account?: string | undefined;
  region?: string | undefined;
  queue?: QueueKey | undefined;
  functionArn?: string | undefined;
  /** Lists only mappings with a greater place. */
  after?: number | undefined;
  limit: number;
}

export interface Mappings {
  /**
   * Creates a mapping. If its function already has one for its queue, resolves to that one, unchanged. Rejects with
   * CatalogueFull, as `changeMapping` does, if there are too many, or their texts are too long.
   */
  createMapping(mapping: NewMapping, now: Millis): Promise<{ mapping: Mapping; created: boolean }>;
  findMapping(id: string): Promise<Mapping | undefined>;
  /** Lists mappings in the order of their creation. */
  listMappings(listing: MappingListing): Promise<Mapping[]>;
  /** Resolves to `taken` if the function already has another mapping for the queue. Then nothing changes. */
  changeMapping(
    id: string,
    change: MappingChange,
    now: Millis,
  ): Promise<Mapping | 'outdated' | 'over-limit' | 'taken' | undefined>;
  /** Resolves to the deleted mapping. */
  deleteMapping(id: string): Promise<Mapping | undefined>;
  /** Removes the mappings of these queues. Resolves to the removed mappings. */
  removeMappings(scope: QueueScope): Promise<Mapping[]>;
}
