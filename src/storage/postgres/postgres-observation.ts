/** Reports whether the engine works, what its queues hold, and how it commits. See ../observation.ts. */

import type { Millis } from '../../time/clock.ts';
import type { Holding, Observation, TurnListener } from '../observation.ts';
import type { Context } from './context.ts';
import { nextShownOf } from './counts.ts';
import type { ExactCounts } from './expiry/exact-counts.ts';
import { statement } from './statement.ts';

/** Writes something. */
const PROBE = statement<never>(`SELECT nextval('squab.numbers')`);

export class PostgresObservation implements Observation {
  readonly #context: Context;
  readonly #counts: ExactCounts;

  constructor(context: Context, counts: ExactCounts) {
    this.#context = context;
    this.#counts = counts;
  }

  async probe(): Promise<void> {
    const { lanes, sessions } = this.#context;
    // Some lanes may have connections while others get none, and refuse their verbs.
    if (sessions.givesUp && !sessions.lanes.every((lane) => lane.isConnected)) throw sessions.unavailable();
    await lanes.other.run((session) => session.run(PROBE, []));
  }

  queueIds(): Promise<number[]> {
    return this.#context.queues.ids();
  }

  async holdings(queueIds: readonly number[], now: Millis): Promise<Holding[]> {
    const holdings = queueIds.map(async (id): Promise<Holding[]> => {
      const totals = await this.#counts.of(id, now);
      const state = totals && (await this.#context.queues.byId(id));
      if (!totals || !state) return [];
      const { visible, inFlight, delayed, oldestSentAt } = totals;
      return [{ queue: state.queue, visible, inFlight, delayed, oldestSentAt }];
    });
    return (await Promise.all(holdings)).flat();
  }

  async nextShown(queueIds: readonly number[], now: Millis): Promise<(Millis | undefined)[]> {
    const { other } = this.#context.lanes;
    const shown = await other.run((session) => nextShownOf(session, queueIds, now), { repeatable: true });
    return queueIds.map((id) => shown.get(id));
  }

  onTurn(listener: TurnListener | undefined): void {
    this.#context.sessions.turnListener = listener;
  }
}
