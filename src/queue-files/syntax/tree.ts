/**
 * The contents of a queue file as a tree that records where each part came from. It is the same for YAML, JSON, HOCON
 * and the objects of a program, so its readers do not depend on the syntax. Trees never change, so an anchor's tree is
 * shared by all of its aliases.
 */

import { printableLine } from '../../printable.ts';

export type Tree = Scalar | List | Mapping;

interface Part {
  /** The place, for error messages: `squab.yaml:12:5`, or the path in an object, `queues[0].name`. */
  readonly at: string;
}

export interface Scalar extends Part {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** The value as it was written. `000000000000` has the value 0, but as an account ID it must keep its zeros. */
  readonly text: string;
  /** Why the value is not known, if it depends on something that the file does not contain. */
  readonly unresolved?: Error;
}

export interface List extends Part {
  readonly kind: 'list';
  readonly items: readonly Tree[];
}

export interface Entry extends Part {
  readonly key: string;
  readonly value: Tree;
}

export interface Mapping extends Part {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}

/** A value and its place. */
export interface Located<T> extends Part {
  readonly value: T;
}

/** The longest line of a warning or an error: they quote what is in the file, which may be any text. */
const LINE_MAX = 2000;

/** An invalid queue file. The message has one line per problem, which starts with its place, and no others. */
export class QueueFileError extends Error {
  override readonly name = 'QueueFileError';

  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    super([problems].flat().map(printableLine).map(shown).join('\n'), options);
  }
}

/** The password in a URL, which can be in any place of a file, also where none is expected. A long one may be cut off. */
const PASSWORD = /(https?:[\\/]+[^\\/?#:\s"]*:)[^\\/?#\s"]*([@…])/gi;

function shown(text: string): string {
  const line = text.replace(PASSWORD, '$1***$2');
  return line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}…` : line;
}

/** How many problems an error lists. A file with more is of another kind, or repeats the same mistake. */
const PROBLEMS_LISTED = 20;

/** Collects what is wrong with a file: problems, which make it invalid, and warnings about parts that are ignored. */
export class Findings {
  readonly warnings: string[] = [];
  readonly #problems: string[] = [];

  problem(at: string, text: string): void {
    this.#problems.push(`${at}: ${text}`);
  }

  warn(at: string, text: string): void {
    this.warnings.push(shown(`${at}: ${text}`));
  }

  /** Throws QueueFileError if there are problems. */
  throwIfInvalid(): void {
    const others = this.#problems.length - PROBLEMS_LISTED;
    const lines = this.#problems.slice(0, PROBLEMS_LISTED);
    if (others > 0) lines.push(`… and ${others} more.`);
    if (lines.length > 0) throw new QueueFileError(lines);
  }
}

export function scalar(at: string, value: Scalar['value'], text = value === null ? '' : String(value)): Scalar {
  return { kind: 'scalar', at, value, text };
}

/** Smaller maps are searched entry by entry. */
const INDEXED_FROM = 16;
const indexes = new WeakMap<Mapping, ReadonlyMap<string, Entry>>();

/** Returns the entry of a key, or undefined if there is none. */
export function entryOf(tree: Tree | undefined, key: string): Entry | undefined {
  if (tree?.kind !== 'map') return undefined;
  if (tree.entries.length < INDEXED_FROM) return tree.entries.find((entry) => entry.key === key);
  let index = indexes.get(tree);
  if (!index) {
    index = new Map(tree.entries.map((entry) => [entry.key, entry]));
    indexes.set(tree, index);
  }
  return index.get(key);
}

export function partOf(tree: Tree | undefined, key: string): Tree | undefined {
  return entryOf(tree, key)?.value;
}

/** Returns the keys of a map; none for anything else. */
export function keysOf(tree: Tree | undefined): string[] {
  return tree?.kind === 'map' ? tree.entries.map(({ key }) => key) : [];
}

/** Returns the number of values in a tree. A value in a shared part counts each time. */
export function countOf(tree: Tree): number {
  const known = new Map<Tree, number>();
  const count = (part: Tree): number => {
    if (part.kind === 'scalar') return 1;
    const before = known.get(part);
    if (before !== undefined) return before;
    const parts = part.kind === 'list' ? part.items : part.entries.map(({ value }) => value);
    const values = parts.reduce((sum, one) => sum + count(one), 1);
    known.set(part, values);
    return values;
  };
  return count(tree);
}

/** Returns the plain value that a tree represents, as `JSON.parse` would. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plain(value)]));
}

/** A number as JSON writes it. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Returns the JSON of a value, with its keys and numbers as they are written, as far as JSON has such numbers: one with more
 * digits than a program's numbers would otherwise be another one.
 */
export function jsonOf(tree: Tree): string {
  if (tree.kind === 'list') return `[${tree.items.map(jsonOf).join(',')}]`;
  if (tree.kind === 'map')
    return `{${tree.entries.map(({ key, value }) => `${JSON.stringify(key)}:${jsonOf(value)}`).join(',')}}`;
  return typeof tree.value === 'number' && JSON_NUMBER.test(tree.text) ? tree.text : JSON.stringify(tree.value);
}

/** Levels of nesting: deeper than any sensible file, and shallow enough not to overflow the call stack. */
export const DEPTH_MAX = 100;

export function tooDeep(at: string): QueueFileError {
  return new QueueFileError(`${at}: more than ${DEPTH_MAX} levels of nesting.`);
}

/** Converts an object of a program to a tree. `at` is the program's name for it. Throws QueueFileError. */
export function treeOf(value: unknown, at: string, depth = 0): Tree {
  if (depth > DEPTH_MAX) throw tooDeep(at);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => treeOf(item, `${at}[${index}]`, depth + 1));
    return { kind: 'list', at, items };
  }
  if (typeof value === 'object' && value !== null) {
    const given = Object.entries(value).filter(([, part]) => part !== undefined);
    const entries = given.map(([key, part]) => {
      const place = at === '' ? key : `${at}.${key}`;
      return { key, at: place, value: treeOf(part, place, depth + 1) };
    });
    return { kind: 'map', at, entries };
  }
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
    return scalar(at, value as Scalar['value']);
  }
  throw new QueueFileError(`${at}: must be a string, a number, a boolean, a list or an object, not ${String(value)}.`);
}
