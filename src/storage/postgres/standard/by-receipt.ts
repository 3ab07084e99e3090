/** Verbs that take receipts: deletions and changes of visibility in standard queues. */

import type { Millis } from '../../../time/clock.ts';
import { isOfEarlier } from '../../rows/message-row.ts';
import type { DeleteOutcome, Receipt, VisibilityChange, VisibilityOutcome } from '../../store.ts';
import { BatchLane, Failed, settled } from '../batch-lanes.ts';
import type { Context } from '../context.ts';
import { eraOf } from '../eras.ts';
import { asRefusal, UnknownOutcome } from '../faults.ts';
import type { NotStandard } from '../message-verbs.ts';
import type { QueueState } from '../queue-table.ts';
import type { Session } from '../session.ts';
import { CHANGE_VISIBILITY, DELETE, type JudgedRow, LOOK } from './receipt-statements.ts';

type Refusal = 'gone' | 'stale';
type Verb = 'delete' | 'change';

interface Asked {
  state: QueueState;
  changes: readonly VisibilityChange[];
  now: Millis;
}

/** What became of each receipt. */
type Answer = ('done' | Refusal)[] | 'outdated-copy';

/** A receipt of a request, and where its outcome belongs. */
interface Item {
  asked: Asked;
  receipt: Receipt;
  visibleAt: Millis;
  outcomes: ('done' | Refusal)[];
  place: number;
}

/** How often a receipt is tried whose message other transactions keep changing. */
const TRIES_MAX = 10;

export class ByReceipt {
  readonly #context: Context;
  readonly #deletions: BatchLane<Asked, Answer>;
  readonly #changes: BatchLane<Asked, Answer>;

  constructor(context: Context) {
    this.#context = context;
    const carryOut = (verb: Verb) => (session: Session, asked: readonly Asked[]) =>
      this.#carryOut(session, verb, asked);
    this.#deletions = new BatchLane(context.lanes.settle, carryOut('delete'), { repeatable: true });
    this.#changes = new BatchLane(context.lanes.settle, carryOut('change'), { repeatable: true });
  }

  async delete(state: QueueState, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | NotStandard> {
    if (receipts.length === 0) return [];
    const changes = receipts.map((receipt) => ({ receipt, visibilityMs: 0 }));
    const answer = await this.#deletions.ask({ state, changes, now });
    if (answer === 'outdated-copy') return answer;
    return answer.map((outcome) => (outcome === 'done' ? 'deleted' : outcome));
  }

  async changeVisibility(
    state: QueueState,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | NotStandard> {
    if (changes.length === 0) return [];
    const answer = await this.#changes.ask({ state, changes, now }).catch((error) => {
      throw asRefusal(error);
    });
    if (answer === 'outdated-copy') return answer;
    return answer.map((outcome) => (outcome === 'done' ? 'changed' : outcome));
  }

  /** Carries out the requests of each queue together; those of different queues are pipelined. */
  async #carryOut(session: Session, verb: Verb, asked: readonly Asked[]): Promise<(Answer | Failed)[]> {
    const byQueue = new Map<number, Asked[]>();
    for (const one of asked) {
      const { id } = one.state.queue;
      byQueue.set(id, [...(byQueue.get(id) ?? []), one]);
    }
    const answers = new Map<Asked, Answer | Failed>();
    const queues = [...byQueue.values()];
    const results = await settled(queues.map((ofQueue) => this.#carryOutAll(session, verb, ofQueue)));
    for (const [index, result] of results.entries()) {
      for (const [place, one] of queues[index]!.entries()) {
        answers.set(one, result instanceof Failed ? result : result[place]!);
      }
    }
    return asked.map((one) => answers.get(one)!);
  }

  /** Carries out the requests of one queue. Of receipts for the same message, the second one waits for the first. */
  async #carryOutAll(session: Session, verb: Verb, asked: readonly Asked[]): Promise<(Answer | Failed)[]> {
    const outcomes = asked.map(({ changes }): ('done' | Refusal)[] => changes.map(() => 'gone'));
    let items = asked.flatMap((one, index) =>
      one.changes.map(({ receipt, visibilityMs }, place): Item => {
        return { asked: one, receipt, visibleAt: one.now + visibilityMs, outcomes: outcomes[index]!, place };
      }),
    );
    while (items.length > 0) {
      const firsts = new Map<number, Item>();
      for (const item of items) if (!firsts.has(item.receipt.key)) firsts.set(item.receipt.key, item);
      if (!(await this.#round(session, verb, [...firsts.values()]))) return asked.map(() => 'outdated-copy');
      items = items.filter((item) => firsts.get(item.receipt.key) !== item);
    }
    if (verb === 'delete' || !session.isRepeat) return outcomes;
    // Since the change that is repeated, the message may have been received again, and deleted.
    return outcomes.map((ofOne) =>
      ofOne.every((outcome) => outcome === 'done') ? ofOne : new Failed(new UnknownOutcome()),
    );
  }

  /** Carries out receipts for different messages. Returns false if nothing was done because the copy is old. */
  async #round(session: Session, verb: Verb, items: readonly Item[]): Promise<boolean> {
    const { state } = items[0]!.asked;
    let left = items;
    for (let tries = 1; ; tries++) {
      const found = await this.#change(session, state, verb, left);
      if (!found) return false;
      const refused = left.filter(({ receipt }) => !found.has(receipt.key));
      if (refused.length === 0) return true;
      const keys = refused.map(({ receipt }) => receipt.key);
      const eras = refused.map(({ receipt }) => eraOf(receipt));
      const rows = new Map((await session.run(LOOK, [state.queue.id, keys, eras])).map((row) => [row.key, row]));
      // A message may have come back, or its latest receive, between the two statements.
      left = refused.filter((item) => {
        const refusal = refusalOf(verb, item, rows.get(item.receipt.key)!) ?? (tries < TRIES_MAX ? undefined : 'stale');
        if (refusal) item.outcomes[item.place] = refusal;
        return refusal === undefined;
      });
      if (left.length === 0) return true;
    }
  }

  /** Returns the keys of the messages that were deleted or changed; undefined if the copy of the queue is old. */
  async #change(
    session: Session,
    state: QueueState,
    verb: Verb,
    items: readonly Item[],
  ): Promise<Set<number> | undefined> {
    const { queue } = state;
    const receipts = items.map(({ receipt }) => receipt);
    const times = items.map(({ asked }) => asked.now);
    const values = [
      queue.id,
      receipts.map(({ key }) => key),
      receipts.map(({ receive }) => receive),
      receipts.map(eraOf),
      times,
      items.map(({ visibleAt }) => visibleAt),
      receipts.map(({ receivedAt }) => receivedAt),
      session.slot,
    ];
    const [row] =
      verb === 'delete'
        ? await session.run(DELETE, [...values, Math.max(...times)])
        : await session.run(CHANGE_VISIBILITY, values);
    if (!row || row.serial) return undefined;
    if (row.version !== state.version) this.#context.queues.forget(queue.id);
    const keys = new Set(row.keys);
    const effects = this.#context.newEffects();
    for (const { receipt, visibleAt, outcomes, place } of items) {
      const { key } = receipt;
      if (!keys.has(key)) continue;
      outcomes[place] = 'done';
      if (verb === 'delete') effects.record?.({ kind: 'deleted', queue, key });
      else {
        effects.announce(queue.id, visibleAt);
        effects.record?.({ kind: 'visibility-changed', queue, key, visibleAt });
      }
    }
    if (row.makes_room && (state.full || row.was_full)) {
      state.full = false;
      effects.announce(queue.id, Math.max(...times));
    }
    // What the verbs did before their connection was lost has not been announced.
    if (session.isRepeat) effects.announce(queue.id, 0);
    this.#context.report(effects);
    return keys;
  }
}

/** Returns why a receipt was refused; undefined if it would no longer be. */
function refusalOf(verb: Verb, { asked, receipt }: Item, row: JudgedRow): Refusal | undefined {
  const { retention_ms, sent_at, receives, earlier_receives } = row;
  if (sent_at === null || sent_at + retention_ms! <= asked.now || isOfEarlier(receipt, sent_at)) return 'gone';
  // The message has left the queue since this receive, and has come back.
  if (receipt.receive <= earlier_receives!) return 'gone';
  const all = earlier_receives! + receives!;
  if (verb === 'change' ? receipt.receive > all : receipt.receive !== all) return 'stale';
  return row.is_void ? 'stale' : undefined;
}
