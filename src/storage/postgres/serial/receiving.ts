/** Receives from serial queues, and when the next one may find something. */

import type { Millis } from '../../../time/clock.ts';
import { chosen, withinSize } from '../../choosing.ts';
import {
  FREED_AT_ONCE,
  MOVED_AT_ONCE,
  PORTION_BYTES,
  READ_MESSAGE_BYTES,
  READ_PER_TURN_BYTES,
  RECEIVED_AT_ONCE_BYTES,
  RECEIVED_FREELY,
} from '../../portions.ts';
import { type Candidate, sizeOf } from '../../rows/message-row.ts';
import type { Delivery, Message, ReceiveRequest, Redrive } from '../../store.ts';
import { hiddenOf } from '../counts.ts';
import type { ExpiredMessages } from '../expiry/expired-messages.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';
import { noteFullIn } from '../standard/full-queues.ts';
import { statement } from '../statement.ts';
import { keepAttempt, repeatAttempt } from './attempts.ts';
import { type ByReceipt, kindOf } from './by-receipt.ts';
import { type BriefRow, type FrontRow, LOOK, LOOK_BRIEFLY } from './fronts.ts';
import type { GroupTable } from './group-table.ts';
import { deadLetterIn } from './moving.ts';
import { toMessage } from './rows.ts';
import { fair } from './tenants.ts';

/**
 * Hands out messages of the generation $1 with the keys $2 at $3, and hides them until $4. If they stay visible, they go to
 * the back of the line. Returns their keys, without those that another verb has taken.
 */
const TAKE = statement<{ key: number }>(`
  WITH back AS MATERIALIZED (
    SELECT CASE WHEN $4::bigint = $3::bigint THEN nextval('squab.numbers') END AS rank
  )
  UPDATE squab.messages SET visible_at = $4::bigint, rank = coalesce((SELECT rank FROM back), key),
    receives = receives + 1, first_received_at = coalesce(first_received_at, $3::bigint)
  WHERE generation = $1::bigint AND key = ANY ($2::bigint[]) AND visible_at <= $3::bigint
  RETURNING key`);

interface NextRow {
  /** When the next group is ready. */
  ready_at: Millis | null;
  /** When the next message becomes visible. */
  visible_at: Millis | null;
  oldest_sent_at: Millis | null;
}

const nextOfLine = (line: 0 | 1) =>
  `(SELECT visible_at FROM squab.messages WHERE generation = $1::bigint AND line = ${line} AND visible_at > $2::bigint
    ORDER BY visible_at LIMIT 1)`;

/** What happens next in the generation $1 after $2. */
const NEXT = statement<NextRow>(`
  SELECT
    (SELECT ready_at FROM squab.groups WHERE generation = $1::bigint AND ready_at > $2::bigint
      ORDER BY ready_at LIMIT 1) AS ready_at,
    least(${nextOfLine(0)}, ${nextOfLine(1)}) AS visible_at,
    (SELECT sent_at FROM squab.contents WHERE generation = $1::bigint AND generation > 0 ORDER BY sent_at LIMIT 1) AS oldest_sent_at`);

export interface ReceivingParts {
  groups: GroupTable;
  byReceipt: ByReceipt;
  expired: Pick<ExpiredMessages, 'freeIn'>;
}

/** What a receive finds. */
interface Found {
  candidates: Candidate[];
  era: number | null;
}

export class Receiving {
  readonly #parts: ReceivingParts;

  constructor(parts: ReceivingParts) {
    this.#parts = parts;
  }

  /**
   * Receives from a locked queue. Resolves to `needs-target`, without having done anything, if it has to move messages to
   * the dead-letter queue, which is not locked.
   */
  async receive(
    turn: Turn,
    state: QueueState,
    request: ReceiveRequest,
    now: Millis,
    lock: 'without-target' | 'with-target',
  ): Promise<Delivery | 'needs-target'> {
    const { byReceipt, expired } = this.#parts;
    const { queue, generation } = state;
    if (request.signal?.aborted) return [];
    if (turn.bytesRead >= READ_PER_TURN_BYTES) return 'unfinished';
    // Expired messages that have not been freed yet may take up room, or lock a group, and there may be a million of them.
    if ((await expired.freeIn(turn, state, now, FREED_AT_ONCE)) >= FREED_AT_ONCE) return 'unfinished';
    const repeated = await repeatAttempt(turn, state, byReceipt, request, now);
    if (repeated) return repeated;
    const { choice } = request;
    const atMost = (max: number) => Math.max(max, choice?.among ?? 0);
    const [{ inFlight }, first] = await Promise.all([
      hiddenOf(turn.tx, generation, now, turn.counts),
      this.#look(turn, state, atMost(request.max), now),
    ]);
    const room = request.inFlightLimit - inFlight;
    if (room <= 0) {
      await noteFullIn(turn.tx, state);
      return 'over-limit';
    }
    const max = Math.min(request.max, room);
    const line = { max: atMost(max), inFlight, now };
    const found = await this.#deliverable(turn, state, first, line, request.redrive, lock);
    if (found === 'needs-target') return found;
    if (found === 'unfinished') return 'unfinished';
    turn.bytesRead += found.reduce((sum, candidate) => sum + READ_MESSAGE_BYTES + sizeOf(candidate), 0);
    const selected = choice && found.length > 0 ? chosen(found, choice, max) : found;
    const candidates = withinSize(selected, request.sizeLimit, (candidate) => candidate);
    const until = now + request.visibilityMs;
    const messages = await this.#take(turn, state, candidates, first.era, now, until, request);
    turn.effects.recordReceived(queue, request, messages, now);
    if (messages.length > 0 && until > now && !queue.fifo) turn.effects.announce(queue.id, until);
    return messages;
  }

  async nextVisibleAt(turn: Turn, state: QueueState, inFlightLimit: number, now: Millis): Promise<Millis | undefined> {
    const { generation, queue } = state;
    // A receive first frees the expired messages that are left.
    if ((await this.#parts.expired.freeIn(turn, state, now, FREED_AT_ONCE)) >= FREED_AT_ONCE) return now;
    const front = [generation, now, now - queue.retentionMs, 1];
    const [{ inFlight, delayed }, [next], found] = await Promise.all([
      hiddenOf(turn.tx, generation, now, turn.counts),
      turn.tx.run(NEXT, [generation, now]),
      turn.tx.run(LOOK_BRIEFLY[kindOf(state)], front),
    ]);
    const hasRoom = inFlight < inFlightLimit;
    if (!hasRoom) state.full = true;
    if (hasRoom && found.length > 0) return now;
    const { ready_at, visible_at, oldest_sent_at } = next!;
    if (hasRoom && queue.fifo) {
      if (ready_at === null) return undefined;
      // The message that locks a group may expire before its timeout ends.
      const expiresAt = oldest_sent_at === null ? ready_at : oldest_sent_at + queue.retentionMs;
      return Math.min(ready_at, Math.max(expiresAt, now));
    }
    return inFlight + delayed > 0 ? (visible_at ?? undefined) : undefined;
  }

  /** Finds messages that can be delivered now, however many times they have been received, without fairness. */
  async #look({ tx }: Turn, state: QueueState, max: number, now: Millis): Promise<Found> {
    const { generation, queue } = state;
    const line = [generation, now, now - queue.retentionMs];
    const fitting = max <= RECEIVED_FREELY ? max : fittingIn(await tx.run(LOOK_BRIEFLY[kindOf(state)], [...line, max]));
    const rows = await tx.run(LOOK[kindOf(state)], [...line, fitting]);
    const candidates = rows.filter((row): row is FrontRow & Candidate => row.key !== null);
    candidates.sort((a, b) => a.place - b.place);
    return { candidates, era: rows[0]?.era ?? null };
  }

  /** Returns messages that can be delivered now, after dead-lettering those that were received too often. */
  async #deliverable(
    turn: Turn,
    state: QueueState,
    first: Found,
    { max, inFlight, now }: { max: number; inFlight: number; now: Millis },
    redrive: Redrive | undefined,
    lock: 'without-target' | 'with-target',
  ): Promise<Candidate[] | 'unfinished' | 'needs-target'> {
    const { queue, generation } = state;
    const line = { generation, now, expired: now - queue.retentionMs, max };
    for (let moved = 0, bytes = 0, look = first; ; look = await this.#look(turn, state, max, now)) {
      const front = look.candidates.slice(0, max);
      const candidates = queue.fifo ? front : await fair(turn.tx, front, line, inFlight);
      if (!redrive) return candidates;
      const deadLettered = candidates.filter(({ receives }) => receives >= redrive.maxReceiveCount);
      if (deadLettered.length === 0) return candidates;
      if (lock === 'without-target') return 'needs-target';
      const target = turn.state(redrive.targetId);
      // If the dead-letter queue does not exist (any more), the messages stay and are delivered as before.
      if (!target) return candidates;
      await deadLetterIn(turn, state, deadLettered, target, redrive.sourceArn, now);
      await this.#parts.groups.refresh(turn, state, deadLettered);
      moved += deadLettered.length;
      bytes += deadLettered.reduce((sum, candidate) => sum + sizeOf(candidate), 0);
      if (moved < MOVED_AT_ONCE && bytes < PORTION_BYTES) continue;
      const others = candidates.filter((candidate) => !deadLettered.includes(candidate));
      return others.length > 0 ? others : 'unfinished';
    }
  }

  /** Hands out these messages, which become visible again at `until`. */
  async #take(
    turn: Turn,
    state: QueueState,
    candidates: readonly Candidate[],
    era: number | null,
    now: Millis,
    until: Millis,
    { attempt }: ReceiveRequest,
  ): Promise<Message[]> {
    if (candidates.length === 0) return [];
    const { generation } = state;
    const keys = candidates.map(({ key }) => key);
    const [taken] = await Promise.all([
      turn.tx.run(TAKE, [generation, keys, now, until]),
      this.#parts.groups.refresh(turn, state, candidates),
    ]);
    const takenKeys = new Set(taken.map(({ key }) => key));
    const messages: Message[] = [];
    for (const before of candidates) {
      if (!takenKeys.has(before.key)) continue;
      const after = {
        ...before,
        visible_at: until,
        receives: before.receives + 1,
        first_received_at: before.first_received_at ?? now,
      };
      turn.counts.replace(generation, before, after);
      messages.push(toMessage(after, now, era));
    }
    // With a visibility timeout of 0 a message stays visible, and goes to the back of the line.
    if (attempt && until > now && messages.length > 0) await keepAttempt(turn, state, attempt, messages, now, until);
    return messages;
  }
}

/** Returns how many of these messages, at least one, have about as many bytes as a receive returns. */
function fittingIn(rows: readonly BriefRow[]): number {
  let bytes = 0;
  const last = [...rows]
    .sort((a, b) => a.place - b.place)
    .findIndex(({ size }) => {
      bytes += size;
      return bytes >= RECEIVED_AT_ONCE_BYTES;
    });
  return last === -1 ? Math.max(1, rows.length) : last + 1;
}
