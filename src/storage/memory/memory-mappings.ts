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

  /** How much memory they need. */
  get bytes(): number {
    return bytesOf(this.#all);
  }

  /** Replaces all mappings, in a verb. `bytes`: how much more memory they need. */
  replace(all: readonly Mapping[], bytes = bytesOf(all) - bytesOf(this.#all)): void {
    const { changes, memory } = this.#basics;
    const before = this.#all;
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
    this.replace([...this.#all, mapping], bytesOf([mapping]));
  }

  protected update(changed: Mapping): void {
    const bytes = bytesOf([changed]) - bytesOf([this.find(changed.id)!]);
    this.replace(
      this.#all.map((mapping) => (mapping.id === changed.id ? changed : mapping)),
      bytes,
    );
  }

  protected remove(removed: readonly Mapping[]): void {
    const gone = new Set(removed);
    this.replace(
      this.#all.filter((mapping) => !gone.has(mapping)),
      -bytesOf(removed),
    );
  }
}

/** Returns how much memory mappings need. */
function bytesOf(mappings: readonly Mapping[]): number {
  return mappings.reduce((sum, { settings, tags }) => {
    const texts = [...settings.filters, JSON.stringify(settings.others), ...[...tags].flat()];
    return sum + MAPPING_BYTES + texts.reduce((bytes, text) => bytes + bytesOfText(text), 0);
  }, 0);
}
