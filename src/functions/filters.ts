/** The filters of an event source mapping: a function gets the messages that match one of them. */

import { OutOfSteps } from '../queues/policies/answers.ts';
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
