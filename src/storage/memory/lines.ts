/**
 * The lines of standard queues: which messages a receive can hand out, and in which order. Messages that became visible
 * first come first, and at the same instant those with the smaller rank.
 *
 * Fair queues: a message with a group ID belongs to a tenant. A tenant that keeps consumers busy is noisy, and while it
 * is, messages of quiet tenants are delivered first. Nothing is blocked: if no quiet message is waiting, noisy ones are
 * delivered as usual. A message without a group ID is its own tenant, never noisy. Only tenants at the front of the
 * line are checked for noise.
 *
 * Source: developer guide, "Amazon SQS fair queues". Of its two measures of noise, Squab uses the first, in-flight
 * messages; it does not measure consumer processing time.
 */

import type { Millis } from '../../time/clock.ts';
import type { Sorted } from '../collections/sorted.ts';
import { RECEIVED_FREELY } from '../portions.ts';
import type { Contents } from './contents.ts';
import type { Group } from './groups.ts';
import { endOf, inLine, type Place, type StoredMessage } from './stored-message.ts';

/** "More than 10 % of all in-flight messages, and at least 30." */
const NOISY_SHARE = 0.1;
const NOISY_MESSAGES = 30;

type Line = Sorted<Place, StoredMessage>;

/** Selects messages of a queue to hand out. */
interface Selection {
  now: Millis;
  /** Messages sent at this instant or earlier have expired. */
  expired: Millis;
  /** The largest number of messages to hand out. */
  max: number;
}

/** Iterates in order over the messages of a queue that come after this place in line, visible or not. */
export function* messagesAfter({ ungrouped, grouped }: Contents, place: Place): Generator<StoredMessage, undefined> {
  const lines = [ungrouped.after(place), grouped.after(place)] as const;
  let [a, b] = [lines[0].next().value, lines[1].next().value];
  while (a || b) {
    if (a && (!b || inLine(a, b) < 0)) {
      yield a;
      a = lines[0].next().value;
    } else if (b) {
      yield b;
      b = lines[1].next().value;
    }
  }
}

/** Returns up to `max` messages of a standard queue that can be delivered. */
export function deliverable(contents: Contents, selection: Selection): StoredMessage[] {
  // No message is visible before it is sent, so those before the end of `expired` have expired. (One exception: a
  // message that was made visible while the clock was set back. It loses that much of the end of its retention period.)
  const start = endOf(selection.expired);
  return front(contents.groups.isEmpty ? contents.ungrouped.after(start) : messagesAfter(contents, start), selection);
}

/** Returns the first messages that are visible and have not expired. */
function front(line: Iterable<StoredMessage>, { now, expired, max }: Selection): StoredMessage[] {
  const found: StoredMessage[] = [];
  if (max <= 0) return found;
  for (const message of line) {
    if (message.visibleAt > now) break;
    if (message.sentAt <= expired) continue;
    found.push(message);
    if (found.length === max) break;
  }
  return found;
}

/**
 * Returns the messages to hand out, given those at the front of the line. These are the same messages, unless a tenant
 * among them is noisy.
 */
export function fair(contents: Contents, atFront: StoredMessage[], selection: Selection): StoredMessage[] {
  const { groups, inFlight } = contents;
  if (inFlight < NOISY_MESSAGES || groups.isEmpty) return atFront;
  const threshold = Math.max(NOISY_MESSAGES, Math.floor(inFlight * NOISY_SHARE) + 1);
  /** In the order in which they were found. */
  const noisy = new Set<Group>();
  const isNoisy = (tenant: Group) => {
    if (tenant.inFlight < threshold) return false;
    noisy.add(tenant);
    return true;
  };
  const tenantOf = (message: StoredMessage) => groups.find(groups.idOf(message) ?? '');
  const isOfNoisy = (message: StoredMessage) => {
    const tenant = message.content.groupId === undefined ? undefined : tenantOf(message);
    return tenant !== undefined && isNoisy(tenant);
  };
  if (!atFront.some(isOfNoisy)) return atFront;

  const max = Math.min(selection.max, RECEIVED_FREELY);
  const ofLine = (line: Line) => front(line.after(endOf(selection.expired)), { ...selection, max });
  const quiet = ofLine(contents.ungrouped);
  let tenants = 0;
  for (const tenant of groups.ready(selection.now)) {
    if (isNoisy(tenant)) continue;
    quiet.push(...ofLine(tenant.messages));
    tenants++;
    // Tenants that became ready later have no message that comes earlier.
    if (tenants === max) break;
  }
  quiet.sort(inLine);
  const others = [...noisy].sort((a, b) => a.inFlight - b.inFlight);
  return [...quiet, ...others.flatMap((tenant) => ofLine(tenant.messages))].slice(0, max);
}

/** Returns the next instant later than `now` at which a message becomes visible; undefined if there is none. */
export function nextVisibleAt({ ungrouped, grouped }: Contents, now: Millis): Millis | undefined {
  const next = [ungrouped, grouped].map(
    (line) => line.after(endOf(now)).next().value?.visibleAt ?? Number.POSITIVE_INFINITY,
  );
  const first = Math.min(...next);
  return first === Number.POSITIVE_INFINITY ? undefined : first;
}
