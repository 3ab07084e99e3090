/**
 * Resolves the substitutions of HOCON, and merges and joins values.
 * Source: https://github.com/lightbend/config/blob/main/HOCON.md, "Substitutions" and "Value concatenation".
 */

import type { Addition, Concatenation, Field, Raw, RawObject, Substitution, Text } from './hocon-values.ts';
import { DEPTH_MAX, type Entry, type Mapping, QueueFileError, scalar, type Tree, tooDeep } from './tree.ts';

/** Substitutions can double a string or an object again and again: characters of a string, and steps in all. */
const TEXT_MAX = 1_000_000;
const STEPS_MAX = 1_000_000;
/** Searching this many values takes about as long as another step. */
const VALUES_PER_STEP = 16;

/** Variables by name, for substitutions that the document does not define. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface HoconDocument {
  root: Mapping;
  /** Keys of the root that substitutions refer to: values that others share. */
  referenced: ReadonlySet<string>;
}

/** Returns the tree that a document describes. Throws QueueFileError. */
export function resolveHocon(root: RawObject, environment: Environment): HoconDocument {
  const resolver = new Resolver(root, environment);
  return { root: resolver.root(), referenced: resolver.referenced };
}

class Resolver {
  readonly referenced = new Set<string>();
  readonly #root: RawObject;
  readonly #environment: Environment;
  /** Values that are being resolved, to detect one that refers to itself. */
  readonly #open = new Set<Raw>();
  /** Substitutions whose target is being searched. They do not see the value that they are part of. */
  readonly #searched = new Set<Substitution>();
  /** Substitutions whose objects are being collected. */
  readonly #collected = new Set<Substitution>();
  #depth = 0;
  #steps = 0;

  constructor(root: RawObject, environment: Environment) {
    this.#root = root;
    this.#environment = environment;
  }

  root(): Mapping {
    return this.#mapping([this.#root]);
  }

  /** Returns the value of a key that was set to these values; undefined if none of them has a value. */
  #value(values: readonly Raw[]): Tree | undefined {
    const additions: Addition[] = [];
    let found: Tree | undefined;
    // An optional substitution without a value leaves the earlier value.
    for (let count = values.length; !found && count > 0; count--) {
      const last = values[count - 1]!;
      if (last.kind === 'addition') additions.push(last);
      else found = this.#within(last, () => this.#merged(values, count) ?? this.#single(last));
    }
    return additions.length === 0 ? found : this.#added(found, additions.reverse());
  }

  /** Resolves a value, unless that is already being done. */
  #within<T>(value: Raw, resolve: () => T): T {
    if (this.#open.has(value)) {
      const shown = value.kind === 'substitution' ? `\${${shownPath(value)}}` : 'The value';
      throw new QueueFileError(`${value.at}: ${shown} refers to itself.`);
    }
    // The fields of an object may refer to each other.
    const isOpen = value.kind !== 'object' && value.kind !== 'text';
    if (isOpen) this.#open.add(value);
    this.#enter(value.at);
    try {
      return resolve();
    } finally {
      this.#depth--;
      this.#open.delete(value);
    }
  }

  #enter(at: string): void {
    this.#count(1, at);
    if (++this.#depth > DEPTH_MAX) throw tooDeep(at);
  }

  #count(steps: number, at: string): void {
    this.#steps += steps;
    if (this.#steps > STEPS_MAX) throw new QueueFileError(`${at}: the substitutions take too many steps.`);
  }

  /** Returns the value if the last of `count` values is an object: merged with the objects before it. */
  #merged(values: readonly Raw[], count: number): Tree | undefined {
    const objects = this.#objects(values, count);
    return objects.length > 0 ? this.#mapping(objects) : undefined;
  }

  /**
   * Returns the objects that the last of `count` values is merged from, the first one first; none if it is not an
   * object.
   */
  #objects(values: readonly Raw[], count = values.length): RawObject[] {
    const found: RawObject[][] = [];
    for (let index = count - 1; index >= 0; index--) {
      const objects = this.#objectsOf(values[index]!);
      if (objects === 'another value') break;
      found.unshift(objects);
    }
    return lastOfEach(found.flat());
  }

  /** Returns an empty list for an optional substitution without a value. */
  #objectsOf(value: Raw): RawObject[] | 'another value' {
    if (value.kind === 'object') return [value];
    if (value.kind === 'concatenation') {
      const found = value.parts.filter((part) => !isBlank(part)).map((part) => this.#objectsOf(part));
      return found.includes('another value') ? 'another value' : lastOfEach(found.flat() as RawObject[]);
    }
    if (value.kind !== 'substitution' || this.#collected.has(value)) return 'another value';
    this.#collected.add(value);
    this.#enter(value.at);
    try {
      const target = this.#target(value);
      if (target.length === 0 && value.optional && this.#variable(value) === undefined) return [];
      const objects = this.#objects(target);
      return objects.length > 0 ? objects : 'another value';
    } finally {
      this.#depth--;
      this.#collected.delete(value);
    }
  }

  #mapping(objects: readonly RawObject[]): Mapping {
    const fields = new Map<string, Field>();
    for (const { fields: own } of objects) {
      for (const [key, { at, values }] of own) {
        const merged = fields.get(key)?.values ?? [];
        for (const value of values) merged.push(value);
        fields.set(key, { at, values: merged });
      }
    }
    const entries: Entry[] = [];
    for (const [key, { at, values }] of fields) {
      const value = this.#value(values);
      if (value) entries.push({ key, at, value });
    }
    return { kind: 'map', at: objects.at(-1)!.at, entries };
  }

  /** Resolves a value that is not an object. */
  #single(value: Exclude<Raw, Addition>): Tree | undefined {
    if (value.kind === 'text') return scalarOf(value);
    if (value.kind === 'concatenation') return this.#joined(value);
    if (value.kind === 'list') {
      const items = value.items.map((item) => this.#value([item])).filter((item) => item !== undefined);
      return { kind: 'list', at: value.at, items };
    }
    return value.kind === 'substitution' ? this.#substituted(value) : undefined;
  }

  #joined({ parts, at }: Concatenation): Tree | undefined {
    const values = parts.map((part) => (part.kind === 'text' ? part : this.#value([part])));
    const present = values.filter((value) => value !== undefined);
    if (present.some(({ kind }) => kind === 'list' || kind === 'map')) {
      const items = present
        .filter((value) => !isBlank(value))
        .map((value) => (value.kind === 'list' ? value.items : []));
      const isList = present.every((value) => value.kind === 'list' || isBlank(value));
      if (isList) return { kind: 'list', at, items: items.flat() };
      throw new QueueFileError(`${at}: a list or an object cannot be joined with another value.`);
    }
    if (present.length === 0) return undefined;
    const text = present.map((value) => (value as { text: string }).text).join('');
    if (text.length > TEXT_MAX) throw new QueueFileError(`${at}: more than ${TEXT_MAX} characters.`);
    const quoted = present.some((value) => value.kind === 'text' && value.quoted);
    return scalarOf({ kind: 'text', at, text, quoted });
  }

  #added(list: Tree | undefined, additions: readonly Addition[]): Tree {
    const [{ at }] = additions as [Addition, ...Addition[]];
    if (list && list.kind !== 'list')
      throw new QueueFileError(`${at}: += adds to a list, but the value is not a list.`);
    const added = additions.map(({ item }) => this.#value([item])).filter((item) => item !== undefined);
    return { kind: 'list', at, items: [...(list?.items ?? []), ...added] };
  }

  #substituted(substitution: Substitution): Tree | undefined {
    const { at, optional } = substitution;
    const value = this.#value(this.#target(substitution)) ?? this.#variable(substitution);
    if (value || optional) return value;
    throw new QueueFileError(
      `${at}: ${shownPath(substitution)} is defined neither in this file nor in the environment.`,
    );
  }

  #variable({ path, at }: Substitution): Tree | undefined {
    const variable = this.#environment[path.join('.')];
    return variable === undefined ? undefined : scalarOf({ kind: 'text', at, text: variable, quoted: false });
  }

  /** Returns the values of the key that a substitution refers to; an empty list if there is no such key. */
  #target(substitution: Substitution): readonly Raw[] {
    if (this.#searched.has(substitution)) return [];
    this.#searched.add(substitution);
    try {
      const { path, within } = substitution;
      const nested = within.length > 0 ? this.#valuesAt([...within, ...path]) : [];
      return nested.length > 0 ? nested : this.#valuesAt(path);
    } finally {
      this.#searched.delete(substitution);
    }
  }

  #valuesAt(path: readonly string[]): readonly Raw[] {
    this.referenced.add(path[0]!);
    let values: readonly Raw[] = [this.#root];
    for (const key of path) {
      values = this.#earlier(this.#objects(values).flatMap(({ fields }) => fields.get(key)?.values ?? []));
    }
    return values;
  }

  /** Drops the value that is being searched, and all later ones: `path = ${path}":/bin"` refers to the path before. */
  #earlier(values: readonly Raw[]): readonly Raw[] {
    // A key that was set very many times is searched again by each substitution that refers to it.
    this.#count(Math.floor(values.length / VALUES_PER_STEP), values.at(-1)?.at ?? '');
    const own = values.findIndex((value) => {
      const parts: readonly Raw[] = value.kind === 'concatenation' ? value.parts : [value];
      return parts.some((part) => part.kind === 'substitution' && this.#searched.has(part));
    });
    return own === -1 ? values : values.slice(0, own);
  }
}

function shownPath({ path }: Substitution): string {
  return path.join('.');
}

/** If an object is merged twice, only the last time counts. */
function lastOfEach(objects: readonly RawObject[]): RawObject[] {
  return [...new Set(objects.toReversed())].reverse();
}

/** Whether a part only separates two others. */
function isBlank(part: Raw | Tree): boolean {
  return part.kind === 'text' && !part.quoted && part.text.trim() === '';
}

function scalarOf({ text, quoted, at }: Text): Tree {
  if (quoted) return scalar(at, text);
  if (text === 'true' || text === 'false') return scalar(at, text === 'true');
  if (text === 'null') return scalar(at, null);
  return /^-?\d+(\.\d+)?$/.test(text) ? scalar(at, Number(text), text) : scalar(at, text);
}
