/** The verbs on messages of serial queues: FIFO queues, and standard queues that have had tenants. */

import type { Millis } from '../../../time/clock.ts';
import { charactersOf } from '../../content-size.ts';
import { isOutdated } from '../../queue-changes.ts';
import type {
  DeleteOutcome,
  Delivery,
  Expected,
  NewMessage,
  Receipt,
  ReceiveRequest,
  Sending,
  VisibilityChange,
  VisibilityOutcome,
} from '../../store.ts';
import type { Context } from '../context.ts';
import type { SerialVerbs } from '../message-verbs.ts';
import type { QueueState } from '../queue-table.ts';
import { deadlineOfVerb, type Serial, type SerialOptions, type Turn } from '../serial.ts';
import { ByReceipt } from './by-receipt.ts';
import { type DelayedUpTo, delayPortion } from './delays.ts';
import type { GroupTable } from './group-table.ts';
import { quickReceive } from './quick-receive.ts';
import { Receiving } from './receiving.ts';
import { sendIn } from './sending.ts';

type Quick<T> = NonNullable<SerialOptions<T>['quick']>;

export class SerialMessages implements SerialVerbs {
  readonly #serial: Serial;
  readonly #groups: GroupTable;
  /** The inner forms of verbs, for transactions that have locked the queue. */
  readonly byReceipt: ByReceipt;
  readonly receiving: Receiving;

  constructor({ serial, groups, expired }: Pick<Context, 'serial' | 'groups' | 'expired'>) {
    this.#serial = serial;
    this.#groups = groups;
    this.byReceipt = new ByReceipt(groups);
    this.receiving = new Receiving({ groups, expired, byReceipt: this.byReceipt });
  }

  async send(
    queueId: number,
    messages: readonly NewMessage[],
    now: Millis,
    expected?: Expected,
  ): Promise<Sending | undefined> {
    const send = async (turn: Turn): Promise<Sending | undefined> => {
      const state = turn.state(queueId);
      if (state && isOutdated(state.queue, expected)) return 'outdated';
      return state && sendIn(turn, state, messages, now);
    };
    const bytes = messages.reduce((sum, message) => sum + charactersOf(message), 0);
    // A message that is sent again is recognized by its deduplication key.
    const repeatable = messages.every(({ deduplication }) => deduplication !== undefined);
    return this.#serial.run([queueId], send, { bytes, repeatable, quick: send });
  }

  async receive(queueId: number, request: ReceiveRequest, now: Millis): Promise<Delivery | undefined> {
    const deadline = deadlineOfVerb();
    const receive = (queueIds: number[], lock: 'without-target' | 'with-target', quick?: Quick<Delivery | undefined>) =>
      this.#on(queueIds, (turn, state) => this.receiving.receive(turn, state, request, now, lock), { quick, deadline });
    // Many queues may have the same dead-letter queue, so it is locked only if it is needed.
    const delivery = await receive([queueId], 'without-target', async (turn) => {
      const state = turn.state(queueId);
      return state && quickReceive(turn, state, request, now);
    });
    if (delivery !== 'needs-target') return delivery;
    return (await receive([queueId, request.redrive!.targetId], 'with-target')) as Delivery | undefined;
  }

  delete(queueId: number, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | undefined> {
    const verb = (turn: Turn, state: QueueState) => this.byReceipt.delete(turn, state, receipts, now);
    return this.#on([queueId], verb, { repeatable: true, isQuick: true });
  }

  changeVisibility(
    queueId: number,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | undefined> {
    const verb = (turn: Turn, state: QueueState) => this.byReceipt.changeVisibility(turn, state, changes, now);
    return this.#on([queueId], verb, { repeatable: true });
  }

  nextVisibleAt(queueId: number, inFlightLimit: number, now: Millis): Promise<Millis | undefined> {
    const verb = (turn: Turn, state: QueueState) => this.receiving.nextVisibleAt(turn, state, inFlightLimit, now);
    return this.#on([queueId], verb, { repeatable: true });
  }

  delayPortion(turn: Turn, state: QueueState, delayMs: Millis, after: DelayedUpTo | undefined) {
    return delayPortion(turn, this.#groups, state, delayMs, after);
  }

  /** Carries out a verb on the first of these queues, with all of them locked. `isQuick`: the verb is its own quick form. */
  #on<T>(
    queueIds: readonly number[],
    verb: (turn: Turn, state: QueueState) => Promise<T>,
    {
      repeatable,
      quick,
      isQuick,
      deadline,
    }: { repeatable?: boolean; quick?: Quick<T | undefined> | undefined; isQuick?: boolean; deadline?: number },
  ): Promise<T | undefined> {
    const carryOut = async (turn: Turn) => {
      const state = turn.state(queueIds[0]!);
      return state && verb(turn, state);
    };
    const quickly = isQuick ? carryOut : quick;
    return this.#serial.run(queueIds, carryOut, {
      ...(repeatable && { repeatable }),
      ...(quickly && { quick: quickly }),
      ...(deadline !== undefined && { deadline }),
    });
  }
}
