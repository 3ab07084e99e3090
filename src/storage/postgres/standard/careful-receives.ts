/**
 * Receives from standard queues that decide themselves which of the first messages in line they take: those that choose,
 * and those whose messages may be too long. Each is a transaction that locks the messages, and lets go of the others.
 */

import type { Millis } from '../../../time/clock.ts';
import { chosen, withinSize } from '../../choosing.ts';
import { MOVED_AT_ONCE, RECEIVED_AT_ONCE_BYTES } from '../../portions.ts';
import { type Candidate, sizeOf } from '../../rows/message-row.ts';
import type { Redrive } from '../../store.ts';
import type { Context } from '../context.ts';
import { CountChanges } from '../counts.ts';
import type { Effects } from '../effects.ts';
import type { QueueState } from '../queue-table.ts';
import { deadLetterIn } from '../serial/moving.ts';
import type { Session, Tx } from '../session.ts';
import { handedOut, inLine, isCandidate } from './candidates.ts';
import type { Floors } from './floors.ts';
import { DEAD_LETTER, HAND_OUT, LOCK_FRONT } from './receive-statements.ts';
import {
  type AskedReceive,
  MOVED_AT_ONCE_BYTES,
  type ReceiveAnswer,
  recordMoved,
  recordReceived,
} from './receiving.ts';

/** What a transaction works with. */
interface Work {
  tx: Tx;
  effects: Effects;
  counts: CountChanges;
}

interface Front {
  candidates: Candidate[];
  generation: number;
  era: number | null;
  /** How many messages the receive may take. */
  max: number;
}

export class CarefulReceives {
  readonly #context: Context;
  readonly #floors: Floors;

  constructor(context: Context, floors: Floors) {
    this.#context = context;
    this.#floors = floors;
  }

  async receive(session: Session, asked: AskedReceive): Promise<ReceiveAnswer> {
    const [answer, effects] = await session.transaction(async (tx) => {
      const work = { tx, effects: this.#context.newEffects(), counts: new CountChanges() };
      const taken = await this.#receive(work, asked);
      await work.counts.write(tx, session.slot);
      return [taken, work.effects] as const;
    });
    this.#context.report(effects);
    return answer;
  }

  /** Moves messages to a dead-letter queue that is serial, with both queues locked. */
  async moveToSerial({ queue }: QueueState, redrive: Redrive, now: Millis): Promise<void> {
    const { targetId, maxReceiveCount, sourceArn } = redrive;
    await this.#context.serial.run([queue.id, targetId], async (turn) => {
      const [from, to] = [turn.state(queue.id), turn.state(targetId)];
      if (!from || !to) return;
      const values = [queue.id, -1, now, MOVED_AT_ONCE, Number.MAX_SAFE_INTEGER, MOVED_AT_ONCE_BYTES];
      const front = (await turn.tx.run(LOCK_FRONT, values)).filter(isCandidate).sort(inLine);
      const deadLettered = front.filter(({ receives }) => receives >= maxReceiveCount);
      await deadLetterIn(turn, from, deadLettered, to, sourceArn, now);
    });
  }

  async #receive(work: Work, asked: AskedReceive): Promise<ReceiveAnswer> {
    const { request, target } = asked;
    const { redrive, choice, sizeLimit } = request;
    for (let moved = 0, bytes = 0; ; ) {
      const front = await this.#front(work.tx, asked);
      if (typeof front === 'string') return front;
      let { candidates } = front;
      const isDead = ({ receives }: Candidate) => redrive && target && receives >= redrive.maxReceiveCount;
      const dead = candidates.filter(isDead);
      const outcome = dead.length > 0 ? await this.#deadLetter(work, asked, front.generation, dead) : 'none';
      if (outcome === 'serial-target') return outcome;
      if (outcome === 'moved') {
        moved += dead.length;
        bytes += dead.reduce((sum, candidate) => sum + sizeOf(candidate), 0);
        if (moved < MOVED_AT_ONCE && bytes < MOVED_AT_ONCE_BYTES) continue;
        candidates = candidates.filter((candidate) => !isDead(candidate));
        if (candidates.length === 0) return 'unfinished';
      }
      const selected = choice && candidates.length > 0 ? chosen(candidates, choice, front.max) : candidates;
      const taken = withinSize(selected.slice(0, front.max), sizeLimit, (candidate) => candidate);
      return this.#handOut(work, asked, front, taken);
    }
  }

  /** Locks the first messages in line. */
  async #front(tx: Tx, { state, request, now }: AskedReceive): Promise<Front | Extract<ReceiveAnswer, string>> {
    const { choice, inFlightLimit } = request;
    const many = Math.max(request.max, choice?.among ?? 0);
    const bytes = choice ? Number.MAX_SAFE_INTEGER : RECEIVED_AT_ONCE_BYTES;
    const floor = this.#floors.of(state, now);
    const rows = await tx.run(LOCK_FRONT, [state.queue.id, floor, now, many, inFlightLimit, bytes]);
    const [row] = rows;
    if (!row || row.serial) return 'outdated-copy';
    if (row.version !== state.version) this.#context.queues.forget(state.queue.id);
    if (row.places === 0) return row.expired_in_the_way ? 'expired-in-the-way' : 'over-limit';
    const { generation, era, places } = row;
    const max = Math.min(request.max, places ?? request.max);
    return { candidates: rows.filter(isCandidate).sort(inLine), generation, era, max };
  }

  async #deadLetter(
    { tx, effects, counts }: Work,
    asked: AskedReceive,
    generation: number,
    dead: readonly Candidate[],
  ): Promise<'moved' | 'none' | 'serial-target'> {
    const { request, target, now } = asked;
    if (target!.serial) return 'serial-target';
    const keys = dead.map(({ key }) => key);
    const values = [generation, keys, target!.queue.id, now, request.redrive!.sourceArn];
    const [to] = await tx.run(DEAD_LETTER, values);
    if (!to) {
      // It is gone, or has become serial; the next look at it says which.
      this.#context.queues.forget(target!.queue.id);
      return 'serial-target';
    }
    for (const message of dead) {
      counts.replace(generation, message, undefined);
      counts.replace(to.generation, undefined, { sent_at: message.sent_at, visible_at: now, receives: 0 });
    }
    recordMoved(effects, asked, keys, Math.min(...dead.map(({ sent_at }) => sent_at)));
    return 'moved';
  }

  async #handOut(
    { tx, effects, counts }: Work,
    asked: AskedReceive,
    { generation, era }: Front,
    taken: readonly Candidate[],
  ): Promise<ReceiveAnswer> {
    const { request, now } = asked;
    const until = now + request.visibilityMs;
    const keys = taken.map(({ key }) => key).sort((a, b) => a - b);
    if (keys.length > 0) await tx.run(HAND_OUT, [generation, keys, now, until]);
    for (const message of taken) {
      counts.replace(generation, message, { ...message, visible_at: until, receives: message.receives + 1 });
    }
    const messages = taken.map((candidate) => handedOut(candidate, now, era));
    recordReceived(effects, asked, messages);
    return messages;
  }
}
