/**
 * Receives from standard queues. Those of one queue that wait for a connection share a statement; those of different
 * queues are pipelined. A receive that chooses among messages, whose messages may be too long, or that leaves messages visible
 * and may dead-letter others, has a transaction of its own instead (careful-receives.ts).
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
import { FullQueues } from './full-queues.ts';
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

/** The places of a part among those that a statement deals out, from `start` on, up to `end`. */
interface Span {
  part: Part;
  start: number;
  end: number;
}

export class Receives {
  readonly #context: Context;
  readonly #floors: Floors;
  readonly #careful: CarefulReceives;
  readonly #full: FullQueues;
  readonly #batches: BatchLane<AskedReceive, ReceiveAnswer>;

  constructor(context: Context, floors: Floors) {
    this.#context = context;
    this.#floors = floors;
    this.#careful = new CarefulReceives(context, floors);
    this.#full = new FullQueues(context.lanes.other);
    this.#batches = new BatchLane(context.lanes.receive, (session, asked) => this.#carryOut(session, asked));
  }

  async receive(state: QueueState, request: ReceiveRequest, now: Millis): Promise<Delivery | NotStandard> {
    const { queues, expired } = this.#context;
    const { redrive } = request;
    for (;;) {
      const target = redrive && (await queues.byId(redrive.targetId));
      const answer = await this.#batches.ask({ state, request, now, target });
      if (answer === 'serial-target') await this.#careful.moveToSerial(state, redrive as Redrive, now);
      else if (answer === 'expired-in-the-way') await expired.free(state.queue.id, now, FREED_AT_ONCE);
      else if (answer !== 'over-limit' || !(await this.#full.note(state))) return answer as Delivery | NotStandard;
    }
  }

  async #carryOut(session: Session, asked: readonly AskedReceive[]): Promise<(ReceiveAnswer | Failed)[]> {
    const answers = new Map<AskedReceive, ReceiveAnswer | Failed>();
    const groups = new Map<string, AskedReceive[]>();
    for (const [index, one] of asked.entries()) {
      if (one.request.signal?.aborted) answers.set(one, []);
      else if (!isAlone(one)) {
        const group = groupOf(one, index);
        groups.set(group, [...(groups.get(group) ?? []), one]);
      }
    }
    const shared = [...groups.values()];
    const results = await settled(shared.map((group) => this.#share(session, group)));
    for (const [index, result] of results.entries()) {
      for (const [place, one] of shared[index]!.entries()) {
        answers.set(one, result instanceof Failed ? result : result[place]!);
      }
    }
    // Transactions of several statements must not mingle with others on the connection.
    let bytes = 0;
    for (const one of asked) {
      const answer = answers.get(one);
      if (answer !== undefined && answer !== 'too-long') continue;
      const alone = bytes < RECEIVED_AT_ONCE_BYTES ? this.#careful.receive(session, one) : ('unfinished' as const);
      const [result] = await settled([Promise.resolve(alone)]);
      if (Array.isArray(result)) bytes += result.reduce((sum, { body }) => sum + body.length, 0);
      answers.set(one, result!);
    }
    return asked.map((one) => answers.get(one)!);
  }

  /** Carries out receives of one queue together, in as many rounds as dead-lettered and long messages require. */
  async #share(session: Session, asked: readonly AskedReceive[]): Promise<ReceiveAnswer[]> {
    const parts = asked.map((one): Part => ({ asked: one, messages: [] }));
    let looked: Promise<void> | undefined;
    let [bytes, moved, movedBytes] = [0, 0, 0];
    for (;;) {
      const open = parts.filter(({ answer }) => answer === undefined);
      if (open.length === 0) break;
      const round = this.#round(session, open);
      const isFirst = looked === undefined;
      looked ??= this.#lookForFloor(session, asked[0]!);
      const result = await round.catch((error: unknown) => {
        // What earlier rounds have received must not be lost.
        if (isFirst) throw error;
        return endAll(open, 'unfinished');
      });
      bytes += result?.bytes ?? 0;
      moved += result?.row.moved?.length ?? 0;
      movedBytes += result?.row.moved_bytes ?? 0;
      const isMuch = bytes >= RECEIVED_AT_ONCE_BYTES || moved >= MOVED_AT_ONCE || movedBytes >= MOVED_AT_ONCE_BYTES;
      if (isMuch) endAll(open, 'unfinished');
    }
    await looked;
    const effects = this.#context.newEffects();
    for (const { asked: one, answer } of parts) if (Array.isArray(answer)) recordReceived(effects, one, answer);
    this.#context.report(effects);
    return parts.map(({ answer }) => answer!);
  }

  /** Carries out one statement, and settles the parts that need no other one. Returns the first row, and how much it read. */
  async #round(session: Session, parts: readonly Part[]): Promise<{ row: ReceivedRow; bytes: number } | undefined> {
    // The latest request comes first, so that messages that became visible between the requests are for those after it.
    const inOrder = [...parts].sort((a, b) => b.asked.now - a.asked.now);
    const { asked: latest } = inOrder[0]!;
    const { state, target, now, request } = latest;
    const { redrive, inFlightLimit } = request;
    let places = 0;
    const spans = inOrder.map((part) => {
      const start = places;
      places += part.asked.request.max - part.messages.length;
      return { part, start, end: places };
    });
    const byPlace = spans.flatMap((span) => Array<Span>(span.end - span.start).fill(span));
    const rows = await session.run(RECEIVE, [
      ...[state.queue.id, this.#floors.of(state, now), now, places, inFlightLimit],
      byPlace.map(({ part }) => part.asked.now),
      byPlace.map(({ part }) => part.asked.now + part.asked.request.visibilityMs),
      Math.min(...parts.map(({ asked }) => byteBudget(asked.request))),
      session.slot,
      ...[target?.queue.id ?? null, redrive?.maxReceiveCount ?? Number.MAX_SAFE_INTEGER, redrive?.sourceArn ?? null],
      byPlace.map(({ end }) => end),
    ]);
    const [row] = rows;
    if (!row || row.serial) return endAll(parts, 'outdated-copy');
    if (row.version !== state.version) this.#context.queues.forget(state.queue.id);
    if (row.moved) {
      const effects = this.#context.newEffects();
      recordMoved(effects, latest, row.moved, row.moved_oldest!);
      this.#context.report(effects);
    }
    const candidates = rows.filter(isCandidate).sort(inLine);
    const received = new Map<Part, number>();
    for (const candidate of candidates) {
      const { part } = byPlace[candidate.place - 1]!;
      part.messages.push(handedOut(candidate, part.asked.now, candidate.era));
      received.set(part, (received.get(part) ?? 0) + 1);
    }
    if (row.too_long) endAll([inOrder[0]!], 'too-long');
    let room = row.places ?? Number.POSITIVE_INFINITY;
    for (const { part, start } of spans) {
      const count = received.get(part) ?? 0;
      const isLeftOut = row.left_out && count === 0 && start < row.dealt;
      const isDone = part.messages.length === part.asked.request.max || !(row.moved || row.must_move || isLeftOut);
      if (room <= 0) endAll([part], row.expired_in_the_way ? 'expired-in-the-way' : 'over-limit');
      else if (isDone) part.answer ??= part.messages;
      room -= count;
    }
    if (row.must_move) endAll(parts, 'serial-target');
    return { row, bytes: candidates.reduce((sum, { size }) => sum + size, 0) };
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

/**
 * Whether a receive has a transaction of its own: if it chooses among messages, or if it leaves them visible and may move
 * others. A second statement would take the messages again that the first one has taken.
 */
function isAlone({ request, target }: AskedReceive): boolean {
  return request.choice !== undefined || (request.visibilityMs === 0 && target !== undefined);
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
