/**
 * What nodes tell each other by NOTIFY: the sender's name, then words. `12:1700000000000` announces queue 12, `~12` says
 * that queue 12 was changed or deleted, `?a-1/7` asks whether everything before it was heard, and `=a-1/7` is the answer;
 * the other words are single letters.
 */

import { createHash } from 'node:crypto';
import type { Millis } from '../../../time/clock.ts';
import type { CatalogueChange } from '../../nodes.ts';

/** The server refuses payloads of 8,000 bytes and more. */
export const PAYLOAD_MAX = 7900;

/** The longest name of a node, in bytes. */
export const NAME_MAX = 100;

export interface Heard {
  sender: string;
  announcements: [queueId: number, at: Millis][];
  change: CatalogueChange | undefined;
  /** A node has started or stopped, or its clock was moved. */
  nodes: boolean;
  /** Marks of echoes, which only show that notifications arrive. */
  echoes: string[];
  /** Questions whether what was told before them has been heard, and answers to them (see hearing.ts). */
  questions: string[];
  answers: string[];
}

export const NODES_WORD = 'n';
export const EVERYTHING_WORD = '*';
export const RESTORED_WORD = 'r';

/** Whether a word is of no use later: an echo, a question or an answer. */
export const isOnlyForNow = (word: string) => /^[!?=]/.test(word);

/** The longest question of a node; longer ones are forged, and their answers would not fit. */
const QUESTION_MAX = NAME_MAX + 1 + 16;

/** Returns the words of a change, which `readPayload` understands. */
export function wordsOf(change: Partial<CatalogueChange>): string[] {
  const { queueIds = [], created, topics, mappings, snapshots, restored } = change;
  if (queueIds === 'all') return [EVERYTHING_WORD, ...(restored ? [RESTORED_WORD] : [])];
  return [
    ...queueIds.map((id) => `~${id}`),
    ...(created ? ['c'] : []),
    ...(topics ? ['t'] : []),
    ...(mappings ? ['m'] : []),
    ...(snapshots ? ['s'] : []),
  ];
}

/** Puts words in as few payloads as possible. */
export function payloadsOf(sender: string, words: Iterable<string>): string[] {
  const payloads: string[] = [];
  let payload = sender;
  for (const word of words) {
    if (payload.length + 1 + word.length > PAYLOAD_MAX) {
      payloads.push(payload);
      payload = sender;
    }
    payload += ` ${word}`;
  }
  return payload === sender ? payloads : [...payloads, payload];
}

/** The opposite of `payloadsOf`. Skips words that it does not know: they are from a newer version. */
export function readPayload(payload: string): Heard {
  const [sender = '', ...words] = payload.split(' ');
  const heard: Heard = {
    sender,
    announcements: [],
    change: undefined,
    nodes: false,
    echoes: [],
    questions: [],
    answers: [],
  };
  const queueIds: number[] = [];
  const letters = new Set<string>();
  for (const word of words) {
    const [, queueId, at] = /^(\d+):(\d+)$/.exec(word) ?? [];
    if (queueId !== undefined) heard.announcements.push([Number(queueId), Number(at)]);
    else if (/^~\d+$/.test(word)) queueIds.push(Number(word.slice(1)));
    else if (word.startsWith('!')) heard.echoes.push(word.slice(1));
    else if (word.startsWith('?')) {
      if (word.length <= 1 + QUESTION_MAX) heard.questions.push(word.slice(1));
    } else if (word.startsWith('=')) heard.answers.push(word.slice(1));
    else letters.add(word);
  }
  heard.nodes = letters.has(NODES_WORD);
  const [created, topics, mappings, snapshots] = ['c', 't', 'm', 's'].map((letter) => letters.has(letter));
  if (letters.has(EVERYTHING_WORD)) heard.change = { ...EVERYTHING, restored: letters.has(RESTORED_WORD) };
  else if (queueIds.length > 0 || created || topics || mappings || snapshots) {
    const some = { created: created!, topics: topics!, mappings: mappings!, snapshots: snapshots! };
    heard.change = { queueIds, ...some, restored: false };
  }
  return heard;
}

/** Everything may have changed. */
export const EVERYTHING: CatalogueChange = {
  queueIds: 'all',
  created: true,
  topics: true,
  mappings: true,
  snapshots: true,
  restored: false,
};

/** A change of nothing. */
export const NOTHING: CatalogueChange = {
  ...{ queueIds: [], created: false, topics: false, mappings: false, snapshots: false, restored: false },
};

/** If more queues have changed, all may have. A flood of forged changes would be merged again and again. */
const QUEUES_MAX = 1000;

/** Returns a change that covers two. */
export function merged(one: CatalogueChange | undefined, other: CatalogueChange): CatalogueChange {
  if (!one) return other;
  const all = one.queueIds === 'all' || other.queueIds === 'all';
  const queueIds = all ? [] : [...new Set([...(one.queueIds as number[]), ...(other.queueIds as number[])])];
  return {
    queueIds: all || queueIds.length > QUEUES_MAX ? 'all' : queueIds,
    created: one.created || other.created,
    topics: one.topics || other.topics,
    mappings: one.mappings || other.mappings,
    snapshots: one.snapshots || other.snapshots,
    restored: one.restored || other.restored,
  };
}

/** Returns the channel of the nodes that use a schema. PostgreSQL limits its length to 63 bytes. */
export function channelOf(schema: string): string {
  const channel = `squab_${schema}`;
  if (/^[a-z0-9_]{1,63}$/.test(channel)) return channel;
  return `squab_${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`;
}
