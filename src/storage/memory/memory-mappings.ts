/** Event source mappings in memory. There are few of them, and no request for a message looks at them. */

import type { Millis } from '../../time/clock.ts';
import { areAlike, changedMapping, isListed } from '../mapping-rules.ts';
import type { Mapping, MappingChange, MappingListing, Mappings, NewMapping } from '../mappings.ts';
import { isInScope } from '../scopes.ts';
import type { QueueScope } from '../states.ts';
import type { Basics } from './basics.ts';
import { bytesOfText } from './memory.ts';
import type { Turns } from './memory-turns.ts';

/** A mapping without its texts. */
const MAPPING_BYTES = 2000;

export class MemoryMappings implements Mappings {
  readonly #basics: Basics;
  readonly #turns: Turns;
  /** In the order of their creation. */
  #all: readonly Mapping[] = [];

  constructor(basics: Basics, turns: Turns) {
    this.#basics = basics;
    this.#turns = turns;
  }

  /** The mappings, in the order of their creation. A change makes a new array. */
  get all(): readonly Mapping[] {
    return this.#all;
  }

  /** Replaces all mappings, in a verb. */
  replace(all: readonly Mapping[]): void {
    const { changes, memory } = this.#basics;
    const before = this.#all;
    const bytes = bytesOf(all) - bytesOf(before);
    if (bytes > 0) memory.check(bytes);
    memory.use(bytes);
    this.#all = all;
    changes.record(() => {
      memory.use(-bytes);
      this.#all = before;
    });
  }

  createMapping(given: NewMapping, now: Millis): Promise<{ mapping: Mapping; created: boolean }> {
    return this.#turns.run(() => {
      const existing = this.#all.find((other) => areAlike(other, given));
      if (existing) return { mapping: existing, created: false };
      const place = this.#basics.nextNumber();
      const mapping = { ...given, place, createdAt: now, modifiedAt: now, revision: 0 };
      this.replace([...this.#all, mapping]);
      return { mapping, created: true };
    });
  }

  findMapping(id: string): Promise<Mapping | undefined> {
    return this.#turns.run(() => this.#find(id));
  }

  listMappings(listing: MappingListing): Promise<Mapping[]> {
    return this.#turns.run(() => this.#all.filter((mapping) => isListed(mapping, listing)).slice(0, listing.limit));
  }

  changeMapping(id: string, change: MappingChange, now: Millis) {
    return this.#turns.run(() => {
      const mapping = this.#find(id);
      const changed = mapping && changedMapping(mapping, change, now);
      if (changed === undefined || typeof changed === 'string') return changed;
      if (this.#all.some((other) => other.id !== id && areAlike(other, changed))) return 'taken';
      this.replace(this.#all.map((other) => (other.id === id ? changed : other)));
      return changed;
    });
  }

  deleteMapping(id: string): Promise<Mapping | undefined> {
    return this.#turns.run(() => {
      const mapping = this.#find(id);
      if (mapping) this.replace(this.#all.filter((other) => other !== mapping));
      return mapping;
    });
  }

  removeMappings(scope: QueueScope): Promise<Mapping[]> {
    return this.#turns.run(() => {
      const removed = this.#all.filter(({ queue }) => isInScope(queue, scope));
      if (removed.length > 0) this.replace(this.#all.filter((mapping) => !removed.includes(mapping)));
      return removed;
    });
  }

  #find(id: string): Mapping | undefined {
    return this.#all.find((mapping) => mapping.id === id);
  }
}

/** Returns how much memory mappings need. */
function bytesOf(mappings: readonly Mapping[]): number {
  return mappings.reduce((sum, { settings, tags }) => {
    const texts = [...settings.filters, JSON.stringify(settings.others), ...[...tags].flat()];
    return sum + MAPPING_BYTES + texts.reduce((bytes, text) => bytes + bytesOfText(text), 0);
  }, 0);
}
