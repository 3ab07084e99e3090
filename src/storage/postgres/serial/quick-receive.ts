/** A receive from a FIFO queue as one statement, for the plain case: everything else is left to receiving.ts. */

import type { Millis } from '../../../time/clock.ts';
import type { Candidate } from '../../rows/message-row.ts';
import type { Delivery, Message, ReceiveRequest } from '../../store.ts';
import { CURRENT_ERA } from '../eras.ts';
import type { QueueState } from '../queue-table.ts';
import { NOT_QUICK, type Turn } from '../serial.ts';
import { inFlightAt } from '../standard/room.ts';
import { statement } from '../statement.ts';
import { FRONT_OF_GROUPS, type FrontRow } from './fronts.ts';
import { toMessage, WITH_CONTENT } from './rows.ts';
import { startReceiving, uncountedOf } from './uncounted.ts';

/** The largest number of bytes of bodies and attributes that a quick receive hands out: a burst may have many of them. */
const BYTES_MAX = 100_000;

/** How many bytes of a size limit a byte of a message takes at most, and each of its two texts. */
const SIZE_OF_BYTE = 6;
const SIZE_OF_TEXT = 4000;

/**
 * Hands out up to $4 messages of the FIFO queue with the generation $1 at $2, except those sent at $3 or earlier, and hides
 * them until $5. It does nothing if
 * - a message has been received $6 times,
 * - there are expired messages, which may lock groups,
 * - more than $7 messages could be in flight, $8 of which are not counted yet ($9: messages that are not counted yet),
 * - the messages have more than $10 bytes.
 */
const RECEIVE = statement<FrontRow & { is_open: boolean }>(`
  WITH front AS MATERIALIZED (${FRONT_OF_GROUPS}), gate AS MATERIALIZED (
    SELECT ${CURRENT_ERA} AS era,
      CASE WHEN $5::bigint = $2::bigint THEN nextval('squab.numbers') END AS back,
      NOT EXISTS (SELECT FROM front WHERE receives >= $6::bigint)
      AND NOT EXISTS (SELECT FROM squab.contents WHERE generation = $1::bigint AND generation > 0 AND sent_at <= $3::bigint)
      AND coalesce((
        SELECT sum(octet_length(c.body) + coalesce(octet_length(c.attributes), 0)) FROM front f ${WITH_CONTENT}
      ), 0) <= $10::bigint
      AND CASE
        WHEN (SELECT coalesce(sum(messages), 0) FROM squab.counts WHERE generation = $1::bigint) + $9::bigint <= $7::bigint
          THEN true
        ELSE ${inFlightAt('$1::bigint', '$2::bigint', 1)} + $8::bigint + $4::bigint <= $7::bigint
      END AS is_open
  ), taken AS (
    UPDATE squab.messages SET visible_at = $5::bigint, rank = coalesce((SELECT back FROM gate), key),
      receives = receives + 1, first_received_at = coalesce(first_received_at, $2::bigint)
    WHERE generation = $1::bigint AND key = ANY (ARRAY(SELECT key FROM front)) AND (SELECT is_open FROM gate)
  ), grouped AS (
    -- The first message of each of these groups is among those that are taken.
    UPDATE squab.groups SET ready_at = $5::bigint, rank = coalesce((SELECT back FROM gate), first_key)
    WHERE number = ANY (ARRAY(SELECT group_number FROM front)) AND (SELECT is_open FROM gate)
  )
  SELECT g.is_open, g.era, f.*, c.* FROM gate g LEFT JOIN (front f ${WITH_CONTENT}) ON g.is_open`);

export async function quickReceive(
  turn: Turn,
  state: QueueState,
  request: ReceiveRequest,
  now: Millis,
): Promise<Delivery | typeof NOT_QUICK> {
  const { queue, generation } = state;
  const { attempt, choice, redrive, sizeLimit, signal, max, visibilityMs, inFlightLimit } = request;
  if (!queue.fifo || attempt || choice) return NOT_QUICK;
  if (signal?.aborted) return [];
  const until = now + visibilityMs;
  const sizeMax = sizeLimit ? Math.floor((sizeLimit.max() - 2 * max * SIZE_OF_TEXT) / SIZE_OF_BYTE) : BYTES_MAX;
  const uncounted = uncountedOf(turn, generation, now);
  const values = [
    ...[generation, now, now - queue.retentionMs, max, until, redrive?.maxReceiveCount ?? Number.MAX_SAFE_INTEGER],
    ...[inFlightLimit, uncounted.received, uncounted.sent, Math.min(sizeMax, BYTES_MAX)],
  ];
  startReceiving(turn, generation, max);
  const rows = await turn.tx.run(RECEIVE, values);
  if (!rows[0]!.is_open) return NOT_QUICK;
  const candidates = rows.filter((row): row is (typeof rows)[number] & Candidate => row.key !== null);
  candidates.sort((a, b) => a.place - b.place);
  const messages = candidates.map((row): Message => {
    const after = {
      ...row,
      visible_at: until,
      receives: row.receives + 1,
      first_received_at: row.first_received_at ?? now,
    };
    turn.counts.replace(generation, row, after);
    return toMessage(after, now, row.era);
  });
  turn.effects.recordReceived(queue, request, messages, now);
  const groups = new Set(candidates.map(({ group_number }) => group_number));
  for (const _ of groups) turn.effects.announce(queue.id, until);
  return messages;
}
