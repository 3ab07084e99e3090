/**
 * The verbs on messages of standard queues. They lock no queue: each is one statement for many requests, and rows that
 * another transaction is changing are skipped by receives, and waited for by other verbs. The statements read the queue's
 * row themselves, so that a node whose copy of it is old cannot write to a queue that has been purged or deleted.
 */

import type { Millis } from '../../../time/clock.ts';
import type { DeleteOutcome, Receipt, VisibilityChange, VisibilityOutcome } from '../../store.ts';
import { BatchLane, type Failed, settled } from '../batch-lanes.ts';
import type { Context } from '../context.ts';
import type { NotStandard, StandardVerbs } from '../message-verbs.ts';
import type { QueueState } from '../queue-table.ts';
import type { Session } from '../session.ts';
import { ByReceipt } from './by-receipt.ts';
import { Floors } from './floors.ts';
import { NEXT_VISIBLE } from './receive-statements.ts';
import { Receives } from './receives.ts';
import { Sends } from './sends.ts';

interface AskedLook {
  state: QueueState;
  inFlightLimit: number;
  now: Millis;
}

type LookAnswer = { at: Millis | undefined } | NotStandard;

export class StandardMessages implements StandardVerbs {
  readonly send: StandardVerbs['send'];
  readonly receive: StandardVerbs['receive'];
  readonly #context: Context;
  readonly #floors = new Floors();
  readonly #byReceipt: ByReceipt;
  readonly #looks: BatchLane<AskedLook, LookAnswer>;

  constructor(context: Context) {
    this.#context = context;
    const sends = new Sends(context);
    const receives = new Receives(context, this.#floors);
    this.send = (...given) => sends.send(...given);
    this.receive = (...given) => receives.receive(...given);
    this.#byReceipt = new ByReceipt(context);
    this.#looks = new BatchLane(
      context.lanes.receive,
      (session, asked): Promise<(LookAnswer | Failed)[]> => settled(asked.map((one) => this.#look(session, one))),
      { repeatable: true },
    );
  }

  delete(state: QueueState, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | NotStandard> {
    return this.#byReceipt.delete(state, receipts, now);
  }

  changeVisibility(
    state: QueueState,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | NotStandard> {
    return this.#byReceipt.changeVisibility(state, changes, now);
  }

  async nextVisibleAt(
    state: QueueState,
    inFlightLimit: number,
    now: Millis,
  ): Promise<Millis | undefined | NotStandard> {
    const answer = await this.#looks.ask({ state, inFlightLimit, now });
    return typeof answer === 'string' ? answer : answer.at;
  }

  async #look(session: Session, { state, inFlightLimit, now }: AskedLook): Promise<LookAnswer> {
    const values = [state.queue.id, this.#floors.of(state, now), now, inFlightLimit];
    const [row] = await session.run(NEXT_VISIBLE, values);
    if (!row || row.serial) return 'outdated-copy';
    if (row.version !== state.version) this.#context.queues.forget(state.queue.id);
    if (!row.has_room) state.full = true;
    return { at: row.has_room && row.is_visible ? now : (row.next ?? undefined) };
  }
}
