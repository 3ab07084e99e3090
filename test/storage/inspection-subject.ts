/** The engine in memory and in a folder, with shorthands for tests that inspect it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import type { Inspection, Peek, PeekedMessage, PeekMark } from '../../src/storage/inspection.ts';
import { type FifoSubject, fifoSubjectOf } from './fifo-subject.ts';
import { openSqlite, sqliteInMemory } from './sqlite-engine.ts';
import { type Subject, subjectOf } from './subject.ts';

export interface Inspected {
  s: Subject;
  f: FifoSubject;
  inspection(): Inspection;
  /** Returns all messages that a peek finds, page by page. */
  peekAll(queueId: number, now: number, peek?: Partial<Peek>): Promise<PeekedMessage[]>;
  /** As `peekAll`, but returns the body and state of each message as text. */
  states(queueId: number, now: number, peek?: Partial<Peek>): Promise<string[]>;
}

/** Declares tests of the engine in memory and in a folder. */
export function eachEngine(title: string, tests: (inspected: Inspected) => void): void {
  const home = mkdtempSync(join(tmpdir(), 'squab-inspection-'));
  afterAll(() => rmSync(home, { recursive: true }));
  describe.each([
    ['in memory', () => openSqlite()],
    ['in a folder', () => openSqlite(mkdtempSync(join(home, 'data-')))],
  ])(`${title} %s`, (_, open) => {
    const s = subjectOf({ ...sqliteInMemory, open });
    const inspection = () => s.inspection;
    const peekAll: Inspected['peekAll'] = async (queueId, now, peek = {}) => {
      const found: PeekedMessage[] = [];
      let after: PeekMark | undefined;
      do {
        const page = await inspection().peek(queueId, { limit: 100, ...peek, after }, now);
        found.push(...page!.messages);
        after = page!.next;
      } while (after);
      return found;
    };
    const states: Inspected['states'] = async (queueId, now, peek) =>
      (await peekAll(queueId, now, peek)).map(({ body, state }) => `${body} ${state}`);
    tests({ s, f: fifoSubjectOf(s), inspection, peekAll, states });
  });
}
