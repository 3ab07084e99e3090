/**
 * The part of an engine's contract for several nodes: Squabs that work with the same data at the same time. An engine
 * whose data only one process can open has none of it (`Store.nodes` is undefined).
 */

import type { Millis } from '../time/clock.ts';

/** Another node that works with the same data. */
export interface OtherNode {
  name: string;
  /** Its version of Squab. */
  version: string;
  /** `virtual`: its clock of SQS is frozen, or was moved. */
  clock: 'machine' | 'virtual';
}

/** A group of connections to the database that carries out verbs of one kind. */
export interface LaneState {
  name: string;
  connections: number;
  /** How many connections are carrying out verbs. */
  busy: number;
  /** How many verbs wait for a connection. */
  waiting: number;
}

/** What the engine has done since it was opened. */
export interface NodeFigures {
  lanes: readonly LaneState[];
  /** Transactions that were repeated because of a conflict with another one. */
  retries: number;
  /** Verbs that may or may not have happened, because the connection was lost before the commit was confirmed. */
  unknownOutcomes: number;
}

/** What has been changed by another node. */
export interface CatalogueChange {
  /** The queues that were changed or deleted. `all`: it may have been any of them. */
  queueIds: readonly number[] | 'all';
  /** Whether queues were created. */
  created: boolean;
  /** Whether topics or subscriptions have changed. */
  topics: boolean;
  /** Whether event source mappings have changed. */
  mappings: boolean;
  /** Whether snapshots were taken or removed. */
  snapshots: boolean;
  /** Whether a snapshot was restored, so that whatever was received before is void. Then everything else is set, too. */
  restored: boolean;
}

export interface Nodes {
  /** The name of this node. No other living node has it. */
  readonly name: string;
  /** The other nodes that were alive a few seconds ago, or have started since. */
  readonly others: readonly OtherNode[];
  /** `open`: this node hears at once what the others do. `closed`: its waiting polls look every second. */
  readonly ear: 'open' | 'closed';

  /** Grows with each reading while the engine carries out verbs, so that a move of SQS's clock waits for them. */
  readonly progress: number;

  /** Returns what the engine is doing and has done. */
  figures(): NodeFigures;
  /** Returns how far the database's clock is ahead of this machine's, as measured lately. */
  offset(): Millis;
  /** Resolves to whether this node, and no other one, is to free the space of old messages now. */
  isJanitor(): Promise<boolean>;
  /** Resolves to whether this node, and no other one, feeds the function of this event source mapping now. */
  feeds(mappingId: string): Promise<boolean>;
  /** Must be called when this node no longer feeds the function, so that another one may. */
  stopsFeeding(mappingId: string): Promise<void>;
  /** Must be called when this Squab begins to stop: verbs no longer wait for a database that does not answer. */
  stops(): void;
  /** Must be called when SQS's clock was frozen or moved, and once it shows the machine's time again. */
  setClock(clock: OtherNode['clock']): void;
  /** Sets the listener for warnings, in place of the previous one. It also gets those from before. */
  onWarning(listener: (message: string) => void): void;
}
