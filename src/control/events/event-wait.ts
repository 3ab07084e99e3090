/** Looks for an event of a queue: among those that happen, and if asked, those of the journal. */

import type { Queue } from '../../storage/store.ts';
import type { Entry, Kind } from '../journal/entries.ts';
import type { EventDetails, EventFeed } from './event-feed.ts';
import type { EventHead, EventMatcher } from './event-filter.ts';
import type { SearchLine } from './search-line.ts';

/** What a wait for an event looks for. */
export interface EventWait {
  matcher: EventMatcher;
  queue: Queue;
  afterEventId: number | undefined;
  /** Counts the events of the queue that do not match, by kind. */
  seen: Map<Kind, number>;
}

/** A wait that has begun. */
export interface Started {
  stop: () => void;
  /** Resolves when it has looked at all events that have happened by then. */
  looked?: () => Promise<void>;
}

/**
 * Calls `found` for the first matching event of the queue, and counts the others. Events of the journal come first;
 * meanwhile, new ones wait. Bodies are searched in `line`.
 */
export function untilHappens(
  events: EventFeed,
  line: SearchLine,
  { matcher, queue, afterEventId, seen }: EventWait,
  found: (entry: Entry) => void,
  failed: (error: unknown) => void,
): Started {
  let isOver = false;
  let looksBack = afterEventId !== undefined;
  let waiting: Entry | undefined;
  const end = (entry: Entry) => {
    isOver = true;
    found(entry);
  };
  const count = ({ kind }: EventHead) => {
    if (kind !== 'empty-receive') seen.set(kind, (seen.get(kind) ?? 0) + 1);
  };
  const decide = ([entry, content]: EventDetails, matched: (entry: Entry) => void): boolean => {
    if (isOver) return false;
    if (matcher.matches(entry, content)) matched(entry);
    else count(entry);
    return true;
  };
  const matchedNow = (entry: Entry) => {
    if (looksBack) waiting ??= entry;
    else end(entry);
  };
  const stop = events.listen((event, read) => {
    if (!belongsTo(event, queue)) return;
    if (!matcher.matchesHead(event)) return count(event);
    const details = read();
    try {
      if (matcher.searches) line.add(details, () => decide(details, matchedNow));
      else decide(details, matchedNow);
    } catch (error) {
      failed(error);
    }
  });
  const lookBack = async (after: number): Promise<void> => {
    await events.lookBack(
      after,
      events.lastId,
      (event, read) => {
        if (belongsTo(event, queue)) decide(read(), end);
      },
      () => isOver,
    );
    looksBack = false;
    if (waiting && !isOver) end(waiting);
  };
  const looking = afterEventId === undefined ? undefined : lookBack(afterEventId).catch(failed);
  return {
    looked: async () => {
      await looking;
      if (matcher.searches) await line.end();
    },
    stop: () => {
      isOver = true;
      stop();
    },
  };
}

/** Returns whether an event belongs to a queue. An event that moves a message belongs to both of its queues. */
export function belongsTo({ queue, to }: EventHead, { id }: Queue): boolean {
  return queue?.id === id || to?.queue.id === id;
}
