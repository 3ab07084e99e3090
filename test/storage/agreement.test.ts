/**
 * Random walks on two engines with the same seed. The walks check each engine against the model; here every result,
 * event and message of one engine must be those of the other, including what the model does not have:
 * times, states, deduplication IDs, pages and the order of events. Only announcements may differ: an engine may announce
 * more than it has to.
 */

import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/storage/engine.ts';
import type { PeekedPage } from '../../src/storage/inspection.ts';
import { engines, memory } from './engines.ts';
import { HOUR, type Subject, subjectOf } from './subject.ts';
import { type Course, Walk } from './walk.ts';

/** Members whose values each engine, or each walk, chooses itself. */
const NAMES = new Set([
  'id',
  'queueId',
  'sourceId',
  'targetId',
  'key',
  'messageId',
  'taskId',
  'deduplicationId',
  'era',
  'topicId',
  'backlogId',
  'place',
  'token',
  'sequence',
  'name',
]);

/** Engines may differ in what they free first. */
const EXPIRE = ['expire'];

/** `npm run walks` takes more of them, with other seeds. */
const firstSeed = Number(process.env.SQUAB_WALKS_SEED ?? 1);
const seedsOf = (count: number) =>
  Array.from({ length: Number(process.env.SQUAB_WALKS ?? count) }, (_, index) => firstSeed + index);

const courses: Record<string, Omit<Course, 'seed' | 'fifo'>> = {
  'messages come, go and expire': { steps: 300, retentionMs: [300, 600, 2000], clock: [0, 120] },
  'the clock moves forward and back': { steps: 300, retentionMs: [HOUR], clock: [100, 120] },
};

const others = ['SQLite in memory', 'PostgreSQL', 'two nodes on PostgreSQL'].filter((name) => engines[name]);

describe.each(others.flatMap((other) => Object.keys(courses).map((course) => [other, course] as const)))(
  'the engine memory agrees with %s while %s, as seen by random walks',
  (other, name) => {
    const subjects = [subjectOf(engines[other]!), subjectOf(memory)];
    const { isConcurrent } = engines[other]!;

    it.each(seedsOf(isConcurrent ? 1 : 3).flatMap((seed) => [false, true].map((fifo) => ({ seed, fifo }))))(
      'with the seed $seed (FIFO: $fifo)',
      async ({ seed, fifo }) => {
        const [expected, found] = await Promise.all(
          subjects.map((subject) => transcriptOf(subject, { ...courses[name]!, seed, fifo }, isConcurrent)),
        );
        expect(expected!.length).toBeGreaterThan(300);
        const first = found!.findIndex((line, index) => line !== expected![index]);
        // The lines before the first difference say how it came about.
        if (first >= 0) expect(found!.slice(first - 5, first + 1)).toEqual(expected!.slice(first - 5, first + 1));
        expect(found!.length).toBe(expected!.length);
      },
    );
  },
);

/** Takes a walk. Resolves to what the store returned and reported. */
async function transcriptOf(subject: Subject, course: Course, isConcurrent = false): Promise<string[]> {
  const names = new Map<unknown, string>();
  const lines: string[] = [];
  const write = (what: string, value: unknown) => lines.push(`${what} ${JSON.stringify(named(value, names))}`);
  subject.store.onHappening((happenings) => {
    // Engines may differ in when they free an expired message.
    for (const happening of happenings) if (happening.kind !== 'expired' && !isConcurrent) write('event', happening);
  });
  // For a FIFO queue, an engine may return an earlier instant.
  const unlike = course.fifo ? [...EXPIRE, 'nextVisibleAt'] : EXPIRE;
  const store = transcribed(subject.store, (what, value) => {
    if (what === 'peek' && isConcurrent) write(what, inAnyOrder(value as PeekedPage));
    else if (!unlike.includes(what)) write(what, value);
  });
  await new Walk({ ...subject, form: { open: () => store, isConcurrent }, store, states: store.states }, course).go();
  return lines;
}

/**
 * The messages of an engine that serves several nodes, without their names. A publication of it reaches its queues in
 * another order, so that keys and events are in another order too, and so are messages once the clock was set back.
 */
function inAnyOrder({ messages }: PeekedPage): string[] {
  const nameless = (name: string, value: unknown) => (NAMES.has(name) ? undefined : value);
  return messages.map((message) => JSON.stringify(named(message, new Map()), nameless)).sort();
}

/** The store. Writes down the result of each verb, and all messages whenever a queue's counts are read. */
function transcribed<Part extends object>(part: Part, write: (what: string, value: unknown) => void): Part {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'states' || name === 'inspection' || name === 'topics') return transcribed(member as object, write);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        const result: unknown = await member.apply(target, args);
        write(String(name), { result });
        if (name === 'counts') {
          const [queueId, now] = args as [number, number];
          write('peek', await (target as unknown as Engine).inspection.peek(queueId, { limit: 1000 }, now));
        }
        return result;
      };
    },
  });
}

/** Returns a copy in which names are numbered in the order in which they first appear. */
function named(value: unknown, names: Map<unknown, string>, member = ''): unknown {
  // The walk's ARNs contain queue IDs.
  if (typeof value === 'string' && value.startsWith('arn:')) return `arn:${named(Number(value.slice(4)), names, 'id')}`;
  if (NAMES.has(member) && value !== undefined && typeof value !== 'object') {
    if (!names.has(value)) names.set(value, `#${names.size}`);
    return names.get(value);
  }
  if (value instanceof Map) return named([...value], names, member);
  if (Array.isArray(value)) return value.map((item) => named(item, names, member));
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}` : value;
  const members = Object.entries(value).filter(
    ([key, item]) => item !== undefined && typeof item !== 'function' && key !== 'nextVisibleAt',
  );
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, item]) => [key, named(item, names, key)]));
}
