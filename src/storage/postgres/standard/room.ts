/** Expressions of statements: how many messages of a queue are in flight, and for how many more there is room. */

/**
 * The number of messages of `generation` that are in flight at `now`; both are expressions. Of the second that `now` is
 * in, the messages of a line (see schema.ts) are counted themselves.
 */
export const inFlightAt = (generation: string, now: string, line: 0 | 1 = 0) => `(
    (SELECT coalesce(sum(in_flight), 0) FROM squab.hidden WHERE generation = ${generation} AND second > ${now} / 1000)
    + (SELECT count(*) FROM squab.messages WHERE generation = ${generation} AND line = ${line}
         AND visible_at > ${now} AND visible_at < (${now} / 1000 + 1) * 1000 AND receives > 0)
  )::bigint`;

/**
 * How many messages may be received until `limit` are in flight; null if even all messages of the queue are fewer. So
 * only a queue with more messages than that pays for counting those in flight.
 */
export const roomAt = (generation: string, limit: string, now: string) => `(
    CASE WHEN (SELECT sum(messages) FROM squab.counts WHERE generation = ${generation}) >= ${limit}
      THEN greatest(${limit} - ${inFlightAt(generation, now)}, 0) END
  )`;
