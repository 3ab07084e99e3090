/** Messages in line, which a receive may hand out. */

import type { Millis } from '../../../time/clock.ts';
import type { Candidate } from '../../rows/message-row.ts';
import type { Message } from '../../store.ts';
import { toMessage } from '../serial/rows.ts';

/** Compares messages of a line by their places. */
export function inLine(a: Candidate, b: Candidate): number {
  return a.visible_at - b.visible_at || a.rank - b.rank || a.key - b.key;
}

/** Returns the message as a receive at `receivedAt` hands it out, given its row before the receive. */
export function handedOut(row: Candidate, receivedAt: Millis, era: number | null): Message {
  const received = { ...row, receives: row.receives + 1, first_received_at: row.first_received_at ?? receivedAt };
  return toMessage(received, receivedAt, era);
}

export function isCandidate<Row extends { key: number | null }>(row: Row): row is Row & Candidate {
  return row.key !== null;
}
