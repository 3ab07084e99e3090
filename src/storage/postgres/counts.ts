/**
 * How many messages of a queue are visible, in flight and delayed at an instant, without ever counting them all.
 *
 * The table `counts` has how many messages a generation has. The table `hidden` has the share of those whose visible_at is
 * later than their sent_at, by the second in which they become visible. Nobody takes a share away when its second has
 * passed: a sum over the seconds after an instant is true whatever the clock has done since. What is left is looked up
 * in indexes: the rest of the second of the instant itself, and messages that were sent after the instant, as there are
 * when the clock was set back.
 */

import type { Millis } from '../../time/clock.ts';
import type { Counts } from '../store.ts';
import type { Tx } from './session.ts';
import { statement } from './statement.ts';

/** What counts of a message depend on. */
export interface Counted {
  sent_at: Millis;
  visible_at: Millis;
  receives: number;
}

/** How long seconds are. */
const SECOND: Millis = 1000;

export const secondOf = (at: Millis) => Math.floor(at / SECOND);

/** How many messages of a generation are hidden, or become so. */
interface Hidden {
  inFlight: number;
  delayed: number;
}

/**
 * The messages of the generation that are hidden at the instant, and those of them that have no share in `hidden` after
 * its second. Both are expressions; the query has the columns in_flight and delayed.
 */
const hiddenAt = (generation: string, now: string) => `
  SELECT coalesce(sum(in_flight), 0)::bigint AS in_flight, coalesce(sum(delayed), 0)::bigint AS delayed FROM (
    SELECT in_flight, delayed FROM squab.hidden h
    WHERE h.generation = ${generation} AND h.second > ${now} / ${SECOND}
    ${[0, 1].map((line) => `UNION ALL ${restOfSecond(line, generation, now)}`).join('\n    ')}
    UNION ALL
    SELECT (m.receives > 0)::int, (m.receives = 0)::int FROM squab.contents c
      CROSS JOIN LATERAL (
        SELECT receives FROM squab.messages
        WHERE messages.generation = c.generation AND messages.key = c.key AND visible_at > ${now}
          AND visible_at <= messages.sent_at
        OFFSET 0
      ) m
    WHERE c.generation = ${generation} AND c.generation > 0 AND c.sent_at > ${now}
  ) shares`;

/** The messages of a line that become visible in the second of the instant, after it. */
function restOfSecond(line: number, generation: string, now: string): string {
  return `SELECT (m.receives > 0)::int, (m.receives = 0)::int FROM squab.messages m
    WHERE m.generation = ${generation} AND m.line = ${line} AND m.visible_at > ${now}
      AND m.visible_at < (${now} / ${SECOND} + 1) * ${SECOND} AND m.visible_at > m.sent_at`;
}

/** Sums what is hidden of a generation at $2. */
const HIDDEN = statement<{ in_flight: number; delayed: number }>(hiddenAt('$1::bigint', '$2::bigint'));

interface TotalsRow {
  place: number;
  generation: number;
  messages: number;
  in_flight: number;
  delayed: number;
  has_expired: boolean;
  oldest_sent_at: Millis | null;
}

/**
 * Counts the messages of queues, each at an instant, expired ones included, and says whether there are any. One statement
 * sees all of a queue at one moment.
 */
const TOTALS = statement<TotalsRow>(`
  SELECT a.place, q.generation, total.messages, hidden.in_flight, hidden.delayed, oldest.sent_at AS oldest_sent_at,
    coalesce(oldest.sent_at + q.retention_ms <= a.now, false) AS has_expired
  FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS a (id, now, place)
    CROSS JOIN LATERAL (SELECT generation, retention_ms FROM squab.queues WHERE queues.id = a.id OFFSET 0) q
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(c.messages), 0)::bigint AS messages FROM squab.counts c WHERE c.generation = q.generation
      OFFSET 0
    ) total
    CROSS JOIN LATERAL (${hiddenAt('q.generation', 'a.now')} OFFSET 0) hidden
    CROSS JOIN LATERAL (
      SELECT (SELECT sent_at FROM squab.contents c
        WHERE c.generation = q.generation AND c.generation > 0 ORDER BY sent_at LIMIT 1) AS sent_at
      OFFSET 0
    ) oldest`);

/** The earliest instants after $2 at which messages of queues become visible that do not expire before $2. */
const NEXT_SHOWN = statement<{ id: number; visible_at: Millis | null }>(`
  SELECT q.id, least(ungrouped.visible_at, grouped.visible_at) AS visible_at
  FROM squab.queues q
    CROSS JOIN LATERAL (SELECT (${nextOfLine(0)}) AS visible_at OFFSET 0) ungrouped
    CROSS JOIN LATERAL (SELECT (${nextOfLine(1)}) AS visible_at OFFSET 0) grouped
  WHERE q.id = ANY ($1::bigint[])`);

function nextOfLine(line: 0 | 1): string {
  return `SELECT m.visible_at FROM squab.messages m
    WHERE m.generation = q.generation AND m.line = ${line} AND m.visible_at > $2::bigint
      AND m.sent_at > $2::bigint - q.retention_ms
    ORDER BY m.visible_at LIMIT 1`;
}

/** Adds to the counts of generations in the slot $1. */
const ADD_MESSAGES = statement<never>(`
  INSERT INTO squab.counts AS c (generation, slot, messages)
  SELECT generation, $1::smallint, messages FROM unnest($2::bigint[], $3::bigint[]) AS u (generation, messages)
  ON CONFLICT (generation, slot) DO UPDATE SET messages = c.messages + excluded.messages`);

/** Adds to what is hidden of generations, by second, in the slot $1. */
const ADD_HIDDEN = statement<never>(`
  INSERT INTO squab.hidden AS h (generation, second, slot, in_flight, delayed)
  SELECT generation, second, $1::smallint, in_flight, delayed
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS u (generation, second, in_flight, delayed)
  ON CONFLICT (generation, second, slot)
    DO UPDATE SET in_flight = h.in_flight + excluded.in_flight, delayed = h.delayed + excluded.delayed`);

const NOTHING = { messages: 0, inFlight: 0, delayed: 0 };

/** What the messages of a queue are at an instant. */
export interface Totals extends Counts {
  /** Whether expired messages are among them, which have not been freed yet. */
  hasExpired: boolean;
  /** When the oldest message was sent, which may be an expired one. */
  oldestSentAt: Millis | undefined;
}

/** Asks for what a queue holds at an instant. */
export interface Asked {
  id: number;
  now: Millis;
}

/**
 * Counts what queues hold, in the order in which they are asked for; undefined for those that do not exist. In a
 * transaction that changes counts, `changes` are those that it has not written yet.
 */
export async function totalsOf(
  tx: Tx,
  asked: readonly Asked[],
  changes?: CountChanges,
): Promise<(Totals | undefined)[]> {
  const rows = await tx.run(TOTALS, [asked.map(({ id }) => id), asked.map(({ now }) => now)]);
  const totals = asked.map((): Totals | undefined => undefined);
  for (const row of rows) {
    const unwritten = changes?.of(row.generation, asked[row.place - 1]!.now) ?? NOTHING;
    const inFlight = row.in_flight + unwritten.inFlight;
    const delayed = row.delayed + unwritten.delayed;
    const visible = row.messages + unwritten.messages - inFlight - delayed;
    const { has_expired: hasExpired, oldest_sent_at } = row;
    totals[row.place - 1] = { visible, inFlight, delayed, hasExpired, oldestSentAt: oldest_sent_at ?? undefined };
  }
  return totals;
}

/** Counts the messages of a generation that are in flight or delayed at `now`, those that have expired included. */
export async function hiddenOf(tx: Tx, generation: number, now: Millis, changes?: CountChanges): Promise<Hidden> {
  const [row] = await tx.run(HIDDEN, [generation, now]);
  const unwritten = changes?.of(generation, now) ?? NOTHING;
  return { inFlight: row!.in_flight + unwritten.inFlight, delayed: row!.delayed + unwritten.delayed };
}

/** Returns the next instants after `now` at which messages become visible, by the IDs of their queues. */
export async function nextShownOf(tx: Tx, queueIds: readonly number[], now: Millis): Promise<Map<number, Millis>> {
  const rows = await tx.run(NEXT_SHOWN, [queueIds, now]);
  return new Map(rows.flatMap(({ id, visible_at }) => (visible_at === null ? [] : [[id, visible_at]])));
}

const OLDEST = statement<{ sent_at: Millis }>(
  `SELECT sent_at FROM squab.contents WHERE generation = $1 AND generation > 0 ORDER BY sent_at LIMIT 1`,
);

/** Returns when the oldest message of a generation was sent. */
export async function oldestSentAt(tx: Tx, generation: number): Promise<Millis | undefined> {
  return (await tx.run(OLDEST, [generation]))[0]?.sent_at;
}

/** What a transaction changes about the counts. It is written once, at the end of the transaction. */
export class CountChanges {
  readonly #messages = new Map<number, number>();
  /** By generation, then by second. */
  readonly #hidden = new Map<number, Map<number, Hidden>>();

  /** Counts a message that was `before` and is `after`; undefined before it was there, or once it is gone. */
  replace(generation: number, before: Counted | undefined, after: Counted | undefined): void {
    if (before) this.#add(generation, before, -1);
    if (after) this.#add(generation, after, 1);
  }

  /** Returns what has been counted and not written: all messages, and those hidden until after the second of `now`. */
  of(generation: number, now: Millis): Hidden & { messages: number } {
    const sum = { messages: this.#messages.get(generation) ?? 0, inFlight: 0, delayed: 0 };
    for (const [second, { inFlight, delayed }] of this.#hidden.get(generation) ?? []) {
      if (second <= secondOf(now)) continue;
      sum.inFlight += inFlight;
      sum.delayed += delayed;
    }
    return sum;
  }

  /** Writes the changes, in an order that all transactions share: none waits for another one that waits for it. */
  async write(tx: Tx, slot: number): Promise<void> {
    const messages = [...this.#messages].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
    const hidden = [...this.#hidden]
      .flatMap(([generation, bySecond]) => [...bySecond].map(([second, share]) => ({ generation, second, ...share })))
      .filter(({ inFlight, delayed }) => inFlight !== 0 || delayed !== 0)
      .sort((a, b) => a.generation - b.generation || a.second - b.second);
    this.#messages.clear();
    this.#hidden.clear();
    const writes: Promise<unknown>[] = [];
    if (messages.length > 0) {
      const columns = [messages.map(([generation]) => generation), messages.map(([, count]) => count)];
      writes.push(tx.run(ADD_MESSAGES, [slot, ...columns]));
    }
    if (hidden.length > 0) {
      const column = (name: keyof (typeof hidden)[number]) => hidden.map((share) => share[name]);
      const columns = [column('generation'), column('second'), column('inFlight'), column('delayed')];
      writes.push(tx.run(ADD_HIDDEN, [slot, ...columns]));
    }
    await Promise.all(writes);
  }

  #add(generation: number, { sent_at, visible_at, receives }: Counted, sign: 1 | -1): void {
    this.#messages.set(generation, (this.#messages.get(generation) ?? 0) + sign);
    if (visible_at <= sent_at) return;
    const bySecond = this.#hidden.get(generation) ?? new Map<number, Hidden>();
    this.#hidden.set(generation, bySecond);
    const second = secondOf(visible_at);
    const share = bySecond.get(second) ?? { inFlight: 0, delayed: 0 };
    bySecond.set(second, share);
    if (receives > 0) share.inFlight += sign;
    else share.delayed += sign;
  }
}
