/** The filters of an event source mapping: a function gets the messages that match one of them. */

import { OutOfSteps } from '../queues/policies/answers.ts';
import { InTurns } from '../time/in-turns.ts';
import { FilteredRecord, parseEventPattern } from '../topics/filters/event-pattern.ts';

type FilteredValue = ConstructorParameters<typeof FilteredRecord>[0];

export interface Filters {
  /**
   * Returns whether the record of a message matches a pattern, or there is none; undefined if it would take too long to
   * find out.
   */
  match(record: FilteredValue): boolean | undefined;
}

/** Compiles the patterns of a mapping. Throws InvalidText. */
export function filtersOf(patterns: readonly string[]): Filters {
  if (patterns.length === 0) return { match: () => true };
  const parsed = patterns.map(parseEventPattern);
  return {
    match(record) {
      const filtered = new FilteredRecord(record);
      try {
        return parsed.some((pattern) => filtered.matches(pattern));
      } catch (error) {
        if (error instanceof OutOfSteps) return undefined;
        throw error;
      }
    },
  };
}

/**
 * Lets pollers compare one message in each turn of the event loop, however many of them have messages: it may take a tenth
 * of a second, and a publication can put messages into the queues of 1,000 mappings at once.
 */
export class FilterLine {
  readonly #turns = new InTurns();
  /** How many messages have had their turn. */
  count = 0;

  /** Resolves when a message may be compared. */
  async turn(): Promise<void> {
    await this.#turns.turn();
    this.count++;
  }
}
