/** Pages of a queue's messages, in the order of the keys, or of the index that a receive uses. See ../../inspection.ts. */

import type { Millis } from '../../../time/clock.ts';
import { charactersOf } from '../../content-size.ts';
import type { Peek, PeekedMessage, PeekedPage, PeekMark } from '../../inspection.ts';
import { BODIES_AT_ONCE, PEEKED_AT_ONCE } from '../../portions.ts';
import { finderOf } from '../../text-search.ts';
import type { QueueState } from '../queue-table.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';
import { blockersOf } from './blockers.ts';
import { Contents, isExpired, PEEK_COLUMNS, type PeekRow, peekedOf, rowsOf, stateOf } from './peeked.ts';

/** A page ends after about this many characters of contents. */
const PAGE_CHARACTERS = 1_000_000;

/** Messages in the order in which they were sent: by their age, as far as clocks tell, and then by their keys. */
const BY_SENDING = statement<PeekRow>(
  `SELECT m.* FROM (
     SELECT key FROM squab.contents WHERE generation = $1 AND generation > 0 AND (sent_at, key) > ($2, $3) ORDER BY sent_at, key LIMIT $4
   ) AS c CROSS JOIN LATERAL (SELECT ${PEEK_COLUMNS} FROM squab.messages WHERE key = c.key OFFSET 0) AS m
   ORDER BY m.sent_at, m.key`,
);

/** Messages in the order in which they became or become visible: those with a group, and those without. */
const inLine = (condition: string) => {
  const lines = [0, 1].map(
    (line) => `(SELECT ${PEEK_COLUMNS} FROM squab.messages
      WHERE generation = $1 AND line = ${line} AND (visible_at, rank, key) > ($2, $3, $4::bigint) ${condition}
      ORDER BY visible_at, rank, key LIMIT $5)`,
  );
  return `SELECT * FROM (${lines.join(' UNION ALL ')}) AS lines ORDER BY visible_at, rank, key LIMIT $5`;
};
const VISIBLE = statement<PeekRow>(inLine('AND visible_at <= $6'));
const HIDDEN = statement<PeekRow>(inLine(''));

/** Returns a page. The transaction must see one state of the data throughout. */
export async function pageOf(tx: Tx, state: QueueState, peek: Peek, now: Millis): Promise<PeekedPage> {
  const { state: wanted, bodyContains = '', limit } = peek;
  const { queue, generation } = state;
  // If a state or text is wanted, rows of other messages are read too.
  const rowLimit = bodyContains ? BODIES_AT_ONCE : wanted ? PEEKED_AT_ONCE : Math.min(limit, PEEKED_AT_ONCE);
  const rows = await rowsFrom(tx, generation, peek, rowLimit, now);
  const blockerOf = queue.fifo ? await blockersOf(tx, generation, rows, now) : () => undefined;
  const shown = rows.map((row) => {
    const blocker = blockerOf(row);
    const found = stateOf(row, blocker, now);
    return isExpired(queue, row, now) || (wanted && found !== wanted) ? undefined : { found, blocker };
  });
  const keys = rows.filter((_, index) => shown[index]).map(({ key }) => key);
  const contents = new Contents(tx, keys, PAGE_CHARACTERS);
  const isFound = finderOf(bodyContains);
  const messages: PeekedMessage[] = [];
  let characters = 0;
  for (const [index, row] of rows.entries()) {
    const { found, blocker } = shown[index] ?? {};
    const atMost = bodyContains ? BODIES_AT_ONCE : limit - messages.length;
    const content = found && (await contents.take(row.key, atMost));
    if (content) {
      const message = peekedOf(queue, row, content, found, blocker);
      if (isFound(message.body)) messages.push(message);
      characters += charactersOf(message);
    }
    const isLast = index + 1 === rows.length;
    if (messages.length < limit && characters < PAGE_CHARACTERS && !isLast) continue;
    if (isLast && rows.length < rowLimit) return { messages };
    return { messages, next: markOf(row, wanted) };
  }
  return { messages };
}

/** In the order of sending, a mark has the time of sending in the place of the other time. */
function markOf({ key, sent_at, visible_at, rank }: PeekRow, wanted: Peek['state']): PeekMark {
  return wanted ? { key, visibleAt: visible_at, rank } : { key, visibleAt: sent_at, rank: 0 };
}

/** Returns one message; undefined if it is not in the queue. */
export async function lookAt(tx: Tx, state: QueueState, key: number, now: Millis): Promise<PeekedMessage | undefined> {
  const { queue, generation } = state;
  const row = (await rowsOf(tx, generation, [key])).get(key);
  if (!row || isExpired(queue, row, now)) return undefined;
  const blocker = queue.fifo ? (await blockersOf(tx, generation, [row], now))(row) : undefined;
  const content = await new Contents(tx, [key], PAGE_CHARACTERS).take(key, 1);
  return content && peekedOf(queue, row, content, stateOf(row, blocker, now), blocker);
}

async function rowsFrom(
  tx: Tx,
  generation: number,
  { state: wanted, after }: Peek,
  limit: number,
  now: Millis,
): Promise<PeekRow[]> {
  if (!wanted) return tx.run(BY_SENDING, [generation, after?.visibleAt ?? -1, after?.key ?? -1, limit]);
  const wantsHidden = wanted === 'in-flight' || wanted === 'delayed';
  let from = after ?? { key: -1, visibleAt: -1, rank: 0 };
  // Time may have passed since the page before.
  if (wantsHidden && from.visibleAt <= now) from = { key: 0, visibleAt: now, rank: Number.MAX_SAFE_INTEGER };
  const range = [generation, from.visibleAt, from.rank, from.key, limit];
  return wantsHidden ? tx.run(HIDDEN, range) : tx.run(VISIBLE, [...range, now]);
}
