/** Every engine in each of its forms, with shorthands for tests that inspect it. */

import { describe } from 'vitest';
import type { Inspection, Peek, PeekedMessage, PeekMark } from '../../src/storage/inspection.ts';
import { engines } from './engines.ts';
import { type FifoSubject, fifoSubjectOf } from './fifo-subject.ts';
import { type Subject, subjectOf } from './subject.ts';

export interface Inspected {
  s: Subject;
  f: FifoSubject;
  inspection(): Inspection;
  /** Returns all messages that a peek finds, page by page. */
  peekAll(queueId: number, now: number, peek?: Partial<Peek>): Promise<PeekedMessage[]>;
  /** Like `peekAll`, but returns the body and state of each message as text. */
  states(queueId: number, now: number, peek?: Partial<Peek>): Promise<string[]>;
}

/** Declares tests that run against every engine, in each of its forms. */
export function eachEngine(title: string, tests: (inspected: Inspected) => void): void {
  describe.each(Object.entries(engines))(`${title} %s`, (_, form) => {
    const s = subjectOf(form);
    const inspection = () => s.store.inspection;
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
