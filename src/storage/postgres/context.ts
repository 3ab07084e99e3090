/** What the parts of the engine work with, in one object. */

import type { Millis } from '../../time/clock.ts';
import type { CatalogueChange, Nodes } from '../nodes.ts';
import { Outbox } from '../outbox.ts';
import { StoreUnavailable } from '../store.ts';
import { Effects } from './effects.ts';
import { ExpiredMessages } from './expiry/expired-messages.ts';
import type { Lane } from './lanes.ts';
import { QueueTable } from './queue-table.ts';
import { GroupTable } from './serial/group-table.ts';
import { Serial } from './serial.ts';
import type { Sessions } from './sessions.ts';

/** Connections, by what they are for: so no kind of verb waits for another. */
export interface Lanes {
  readonly send: Lane;
  readonly receive: Lane;
  /** Deletes, and changes of visibility. */
  readonly settle: Lane;
  readonly serial: Lane;
  readonly other: Lane;
}

/** How many connections a lane has. */
const WIDTH = 2;

/** What this node has to do with the other ones. */
export interface Neighbours {
  readonly nodes: Nodes;
  /** See `Store.attend`. */
  attend(queueId: number): Promise<() => void>;
  /** Must be called after each commit with the announcements of the transaction: others may wait for these queues. */
  announced(announcements: readonly (readonly [queueId: number, at: Millis])[]): void;
  /** Must be called after each commit that changed queues, topics or mappings. Resolves once others have been told. */
  changed(change: Partial<CatalogueChange>): Promise<void>;
  /** Has this node look again, as after a change by another one. */
  lookAgain(change: Partial<CatalogueChange>): void;
  onCatalogueChanged(listener: (change: CatalogueChange) => void): void;
  /** Called when the database may have lost what was committed, as in a crash. */
  onUndone: () => void;
  close(): Promise<void>;
}

export interface Context {
  readonly sessions: Sessions;
  readonly lanes: Lanes;
  readonly queues: QueueTable;
  readonly serial: Serial;
  readonly groups: GroupTable;
  readonly expired: ExpiredMessages;
  readonly outbox: Outbox;
  /** Absent while the engine is used by a single process on purpose, as in some tests. */
  readonly neighbours: Neighbours | undefined;
  /** Returns effects for a new transaction. */
  newEffects(): Effects;
  /** Reports what a committed transaction has done, to this node's listeners and to other nodes. */
  report(effects: Effects): void;
  /**
   * Reports a committed change of queues, topics or mappings to other nodes. `isRepeat`: it may have been made by an attempt
   * whose connection was lost at its commit, so that neither the others nor this node know of it.
   */
  changed(change: Partial<CatalogueChange>, isRepeat?: boolean): Promise<void>;
}

export type NeighboursOf = (context: Pick<Context, 'sessions' | 'lanes' | 'queues' | 'outbox'>) => Promise<Neighbours>;

/** Makes the parts. `neighboursOf` makes what has to do with other nodes. */
export async function contextOf(sessions: Sessions, neighboursOf?: NeighboursOf): Promise<Context> {
  const lane = (name: keyof Lanes) => sessions.lane(WIDTH, name);
  const lanes = {
    ...{ send: lane('send'), receive: lane('receive'), settle: lane('settle') },
    ...{ serial: lane('serial'), other: lane('other') },
  };
  const queues = new QueueTable(lanes.other);
  const outbox = new Outbox();
  const neighbours = await neighboursOf?.({ sessions, lanes, queues, outbox });
  const newEffects = () => new Effects(outbox.record !== undefined);
  const report = (effects: Effects) => {
    effects.addTo(outbox);
    if (effects.announcements.length > 0) neighbours?.announced(effects.announcements);
    outbox.send();
  };
  const groups = new GroupTable();
  const serial = new Serial({ lane: lanes.serial, queues, newEffects, report });
  return {
    ...{ sessions, lanes, queues, serial, groups, outbox, neighbours, newEffects, report },
    expired: new ExpiredMessages({ lanes, queues, serial, groups, newEffects, report }),
    changed: async (change, isRepeat = false) => {
      if (isRepeat) neighbours?.lookAgain(change);
      await neighbours?.changed(change);
    },
  };
}

/** Has all nodes look again if it is unknown whether a verb has made this change. Otherwise, they would keep old copies. */
export async function orLookAgain<T>(
  { changed }: Pick<Context, 'changed'>,
  change: Partial<CatalogueChange>,
  verb: Promise<T>,
): Promise<T> {
  try {
    return await verb;
  } catch (error) {
    if (error instanceof StoreUnavailable && error.outcome === 'unknown') void changed(change, true);
    throw error;
  }
}
