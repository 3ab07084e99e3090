/**
 * Receives from standard queues. Those of one queue that wait for a connection share a statement; those of different
 * queues are pipelined. A receive that chooses among messages, or whose messages may be too long, has a transaction of
 * its own instead (careful-receives.ts).
 */

import type { Millis } from '../../../time/clock.ts';
import { FREED_AT_ONCE, MOVED_AT_ONCE, RECEIVED_AT_ONCE_BYTES } from '../../portions.ts';
import type { Delivery, Message, ReceiveRequest, Redrive } from '../../store.ts';
import { BatchLane, Failed, settled } from '../batch-lanes.ts';
import type { Context } from '../context.ts';
import type { NotStandard } from '../message-verbs.ts';
import type { QueueState } from '../queue-table.ts';
import type { Session } from '../session.ts';
import { handedOut, inLine, isCandidate } from './candidates.ts';
import { CarefulReceives } from './careful-receives.ts';
import type { Floors } from './floors.ts';
import { FIRST, RECEIVE, type ReceivedRow } from './receive-statements.ts';
import {
  type AskedReceive,
  byteBudget,
  MOVED_AT_ONCE_BYTES,
  type ReceiveAnswer,
  recordMoved,
  recordReceived,
} from './receiving.ts';

/** A request of a shared statement, and what it has received. */
interface Part {
  asked: AskedReceive;
  messages: Message[];
  answer?: ReceiveAnswer;
}

export class Receives {
  readonly #context: Context;
  readonly #floors: Floors;
  readonly #careful: CarefulReceives;
  readonly #batches: BatchLane<AskedReceive, ReceiveAnswer>;

  constructor(context: Context, floors: Floors) {
    this.#context = context;
    this.#floors = floors;
    this.#careful = new CarefulReceives(context, floors);
    this.#batches = new BatchLane(context.lanes.receive, (session, asked) => this.#carryOut(session, asked));
  }

  async receive(state: QueueState, request: ReceiveRequest, now: Millis): Promise<Delivery | NotStandard> {
    const { queues, expired } = this.#context;
    const { redrive } = request;
    for (;;) {
      const target = redrive && (await queues.byId(redrive.targetId));
      const answer = await this.#batches.ask({ state, request, now, target });
      if (answer === 'serial-target') await this.#careful.moveToSerial(state, redrive as Redrive, now);
      else if (answer !== 'expired-in-the-way' && answer !== 'too-long') {
        if (answer === 'over-limit') state.full = true;
        return answer;
      } else if ((await expired.free(state, now, FREED_AT_ONCE)) === 0) return 'unfinished';
    }
  }

  async #carryOut(session: Session, asked: readonly AskedReceive[]): Promise<(ReceiveAnswer | Failed)[]> {
    const answers = new Map<AskedReceive, ReceiveAnswer | Failed>();
    const groups = new Map<string, AskedReceive[]>();
    for (const [index, one] of asked.entries()) {
      if (one.request.signal?.aborted) answers.set(one, []);
      else if (!one.request.choice) {
        const group = groupOf(one, index);
        groups.set(group, [...(groups.get(group) ?? []), one]);
      }
    }
    const shared = [...groups.values()];
    const results = await settled(shared.map((group) => this.#share(session, group)));
    const lone = new Set<AskedReceive>();
    for (const [index, result] of results.entries()) {
      const group = shared[index]!;
      if (group.length === 1) lone.add(group[0]!);
      for (const [place, one] of group.entries()) answers.set(one, result instanceof Failed ? result : result[place]!);
    }
    // Transactions of several statements must not mingle with others on the connection.
    let bytes = 0;
    for (const one of asked) {
      const answer = answers.get(one);
      if (answer !== undefined && answer !== 'too-long') continue;
      const isLone = lone.has(one) || one.request.choice !== undefined;
      const [result] = await settled([
        bytes < RECEIVED_AT_ONCE_BYTES ? this.#takeAlone(session, one, isLone) : Promise.resolve('unfinished' as const),
      ]);
      if (Array.isArray(result)) bytes += result.reduce((sum, { body }) => sum + body.length, 0);
      answers.set(one, result!);
    }
    return asked.map((one) => answers.get(one)!);
  }

  /** Carries out a receive that cannot share a statement. `isLone`: whether it has already been tried alone. */
  async #takeAlone(session: Session, asked: AskedReceive, isLone: boolean): Promise<ReceiveAnswer> {
    const [answer] = isLone ? (['too-long'] as const) : await this.#share(session, [asked]);
    return answer === 'too-long' ? this.#careful.receive(session, asked) : answer!;
  }

  /** Carries out receives of one queue together, in as many rounds as dead-lettered messages require. */
  async #share(session: Session, asked: readonly AskedReceive[]): Promise<ReceiveAnswer[]> {
    const parts = asked.map((one): Part => ({ asked: one, messages: [] }));
    let looked: Promise<void> | undefined;
    let moved = 0;
    let movedBytes = 0;
    for (;;) {
      const open = parts.filter(({ answer }) => answer === undefined);
      if (open.length === 0) break;
      const round = this.#round(session, open);
      const isFirst = looked === undefined;
      looked ??= this.#lookForFloor(session, asked[0]!);
      const row = await round.catch((error: unknown) => {
        // What earlier rounds have received must not be lost.
        if (isFirst) throw error;
        return endAll(open, 'unfinished');
      });
      moved += row?.moved?.length ?? 0;
      movedBytes += row?.moved_bytes ?? 0;
      if (moved >= MOVED_AT_ONCE || movedBytes >= MOVED_AT_ONCE_BYTES) endAll(open, 'unfinished');
    }
    await looked;
    const effects = this.#context.newEffects();
    for (const { asked: one, answer } of parts) if (Array.isArray(answer)) recordReceived(effects, one, answer);
    this.#context.report(effects);
    return parts.map(({ answer }) => answer!);
  }

  /** Carries out one statement, and settles the parts that need no other one. Returns the first row. */
  async #round(session: Session, parts: readonly Part[]): Promise<ReceivedRow | undefined> {
    // The latest request comes first, so that messages that became visible between the requests are for those after it.
    const inOrder = [...parts].sort((a, b) => b.asked.now - a.asked.now);
    const { asked: latest } = inOrder[0]!;
    const { state, target, now, request } = latest;
    const { redrive, inFlightLimit } = request;
    const owners = inOrder.flatMap((part) => Array<Part>(part.asked.request.max - part.messages.length).fill(part));
    const rows = await session.run(RECEIVE, [
      ...[state.queue.id, this.#floors.of(state, now), now, owners.length, inFlightLimit],
      owners.map(({ asked }) => asked.now),
      owners.map(({ asked }) => asked.now + asked.request.visibilityMs),
      Math.min(...parts.map(({ asked }) => byteBudget(asked.request))),
      session.slot,
      ...[target?.queue.id ?? null, redrive?.maxReceiveCount ?? Number.MAX_SAFE_INTEGER, redrive?.sourceArn ?? null],
    ]);
    const [row] = rows;
    if (!row || row.serial) return endAll(parts, 'outdated-copy');
    if (row.version !== state.version) this.#context.queues.forget(state.queue.id);
    if (row.moved) {
      const effects = this.#context.newEffects();
      recordMoved(effects, latest, row.moved, row.moved_oldest!);
      this.#context.report(effects);
    }
    if (row.too_long) return endAll(parts, 'too-long');
    const received = new Map<Part, number>();
    for (const candidate of rows.filter(isCandidate).sort(inLine)) {
      const part = owners[candidate.place - 1]!;
      part.messages.push(handedOut(candidate, part.asked.now, candidate.era));
      received.set(part, (received.get(part) ?? 0) + 1);
    }
    let places = row.places ?? Number.POSITIVE_INFINITY;
    for (const part of inOrder) {
      const { messages } = part;
      if (places <= 0) endAll([part], row.expired_in_the_way ? 'expired-in-the-way' : 'over-limit');
      else if (!row.moved && !row.must_move) part.answer = messages;
      else if (messages.length === part.asked.request.max) part.answer = messages;
      places -= received.get(part) ?? 0;
    }
    if (row.must_move) endAll(parts, 'serial-target');
    return row;
  }

  /** Twice a second, sends a look for the queue's floor together with its receives. */
  async #lookForFloor(session: Session, { state, now }: AskedReceive): Promise<void> {
    const after = this.#floors.due(state, now);
    if (after === undefined) return;
    const expired = now - state.queue.retentionMs;
    const rows = await session.run(FIRST, [state.generation, Math.max(after, expired)]).catch(() => undefined);
    if (rows) this.#floors.found(state, rows[0]?.visible_at, now);
  }
}

/** Returns what receives that can share a statement have in common. One that leaves its messages visible shares none. */
function groupOf({ state, request, target }: AskedReceive, index: number): string {
  const { redrive, inFlightLimit, visibilityMs } = request;
  const shared = [state.queue.id, inFlightLimit, target?.queue.id, redrive?.maxReceiveCount, redrive?.sourceArn];
  return JSON.stringify(visibilityMs === 0 ? [...shared, index] : shared);
}

/** Settles those parts that are open: with what they have received, or else with this answer. */
function endAll(parts: readonly Part[], answer: ReceiveAnswer): undefined {
  for (const part of parts) part.answer ??= part.messages.length > 0 ? part.messages : answer;
}
