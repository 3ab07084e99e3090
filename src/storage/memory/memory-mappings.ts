/** Event source mappings in memory. There are few of them, and no request for a message looks at them. */

import { bytesOfText } from '../catalogue-bound.ts';
import { MappingVerbs } from '../mapping-verbs.ts';
import type { Mapping } from '../mappings.ts';
import type { Basics } from './basics.ts';
import type { Turns } from './memory-turns.ts';

/** A mapping without its texts. */
const MAPPING_BYTES = 2000;

export class MemoryMappings extends MappingVerbs {
  readonly #basics: Basics;
  readonly #turns: Turns;
  /** In the order of their creation. */
  #all: readonly Mapping[] = [];

  constructor(basics: Basics, turns: Turns) {
    super();
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

  protected change<T>(verb: () => T): Promise<T> {
    return this.#turns.run(verb);
  }

  protected look<T>(verb: () => T): Promise<T> {
    return this.#turns.run(verb);
  }

  protected nextNumber(): number {
    return this.#basics.nextNumber();
  }

  protected stored(): readonly Mapping[] {
    return this.#all;
  }

  protected find(id: string): Mapping | undefined {
    return this.#all.find((mapping) => mapping.id === id);
  }

  protected add(mapping: Mapping): void {
    this.replace([...this.#all, mapping]);
  }

  protected update(changed: Mapping): void {
    this.replace(this.#all.map((mapping) => (mapping.id === changed.id ? changed : mapping)));
  }

  protected remove(removed: readonly Mapping[]): void {
    this.replace(this.#all.filter((mapping) => !removed.includes(mapping)));
  }
}

/** Returns how much memory mappings need. */
function bytesOf(mappings: readonly Mapping[]): number {
  return mappings.reduce((sum, { settings, tags }) => {
    const texts = [...settings.filters, JSON.stringify(settings.others), ...[...tags].flat()];
    return sum + MAPPING_BYTES + texts.reduce((bytes, text) => bytes + bytesOfText(text), 0);
  }, 0);
}
