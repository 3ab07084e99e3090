/**
 * The compiled filter policies of subscriptions, up to a limit: compiled, a policy can take fifty times as much memory as
 * its text. Beyond the limit, policies are compiled again when they are needed.
 */

import { heapBytes } from '../../storage/catalogue-bound.ts';
import type { FilterPolicy } from './filter-policy.ts';
import type { Rule } from './rules.ts';

/** What an object of the rules needs with its collections, and what a condition needs, in bytes. */
const [OBJECT_BYTES, CONDITION_BYTES] = [600, 250];

export class CompiledFilters<Owner extends object> {
  readonly #max: number;
  /** The oldest first. */
  readonly #compiled = new Map<Owner, { filter: FilterPolicy; bytes: number }>();
  #bytes = 0;

  constructor(max = Math.min(64 * 1024 * 1024, heapBytes() / 32)) {
    this.#max = max;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(owner: Owner): FilterPolicy | undefined {
    return this.#compiled.get(owner)?.filter;
  }

  /** `ownerBytes`: how much memory the owner needs, which stays in memory as long as its filter. */
  set(owner: Owner, filter: FilterPolicy, ownerBytes: number): void {
    const bytes = ownerBytes + bytesOf(filter.rules);
    this.#compiled.set(owner, { filter, bytes });
    this.#bytes += bytes;
    for (const [oldest, one] of this.#compiled) {
      if (this.#bytes <= this.#max) break;
      this.#compiled.delete(oldest);
      this.#bytes -= one.bytes;
    }
  }
}

function bytesOf(rule: Rule): number {
  if (rule.kind === 'key') {
    const { key, exact, tests } = rule;
    return OBJECT_BYTES + 3 * key.text.length + CONDITION_BYTES * (exact.size + tests.length);
  }
  const parts = rule.kind === 'all' ? rule.parts : rule.branches;
  return parts.reduce((sum, part) => sum + bytesOf(part), OBJECT_BYTES);
}
