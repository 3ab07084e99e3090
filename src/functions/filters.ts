/** The filters of an event source mapping: a function gets the messages that match one of them. */

import { OutOfSteps } from '../queues/policies/answers.ts';
import { Portions } from '../time/portions.ts';
import { Turnstile } from '../time/turnstile.ts';
import { FilteredRecord, parseEventPattern } from '../topics/filters/event-pattern.ts';
import { PARSING_STEPS } from '../topics/filters/json-tree.ts';

type FilteredValue = ConstructorParameters<typeof FilteredRecord>[0];

export interface Filters {
  /**
   * Returns whether the record of a message matches a pattern, or there is none (undefined if it would take too long to
   * find out), and how many steps that and printing the record take.
   */
  match(record: FilteredValue): { matches: boolean | undefined; steps: number };
}

/** Compiles the patterns of a mapping. Throws InvalidText. */
export function filtersOf(patterns: readonly string[]): Filters {
  if (patterns.length === 0) return { match: ({ body }) => ({ matches: true, steps: body.length }) };
  const parsed = patterns.map(parseEventPattern);
  return {
    match(record) {
      const filtered = new FilteredRecord(record);
      let matches: boolean | undefined;
      try {
        matches = parsed.some((pattern) => filtered.matches(pattern));
      } catch (error) {
        if (!(error instanceof OutOfSteps)) throw error;
      }
      return { matches, steps: filtered.stepsTaken + PARSING_STEPS * record.body.length };
    },
  };
}

/**
 * Compares the messages of all pollers one after another, and in portions: filters may take a tenth of a second on a message,
 * and a publication can put messages into the queues of 1,000 mappings at once.
 */
export class FilterLine {
  readonly #turnstile = new Turnstile();
  readonly #portions = new Portions();
  /** How many messages have been compared. */
  count = 0;

  /** Resolves to what `filters` say of a record. */
  match(filters: Filters, record: FilteredValue): Promise<boolean | undefined> {
    return this.#turnstile.run(async () => {
      const { matches, steps } = filters.match(record);
      this.count++;
      await this.#portions.done(steps);
      return matches;
    });
  }
}
