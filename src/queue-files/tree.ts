/**
 * What a queue file says, as a tree whose every part knows where it stands: the same for YAML, JSON, HOCON and objects of a
 * program, so that whoever reads it need not know which it was.
 */

export type Tree = Scalar | List | Mapping;

interface Part {
  /** For people: `squab.yaml:12:5`, or the path within an object, `queues[0].name`. */
  readonly at: string;
}

export interface Scalar extends Part {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it was written: of `000000000000` the value is 0, and the account is the text. */
  readonly text: string;
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

/** A value and where it stands. */
export interface Located<T> extends Part {
  readonly value: T;
}

/** A file that cannot be used. The message has a line for each problem, which begins with its place. */
export class QueueFileError extends Error {
  override readonly name = 'QueueFileError';
}

/** So many problems of a file are told; who has more has another kind of file, or one mistake many times. */
const TOLD = 20;

/** What is found while a file is read: problems, for which it is refused, and warnings, of what is left out. */
export class Findings {
  readonly warnings: string[] = [];
  readonly #problems: string[] = [];

  problem(at: string, text: string): void {
    this.#problems.push(`${at}: ${text}`);
  }

  warn(at: string, text: string): void {
    this.warnings.push(`${at}: ${text}`);
  }

  /** Throws QueueFileError when there were problems. */
  refuse(): void {
    const others = this.#problems.length - TOLD;
    const told = this.#problems.slice(0, TOLD);
    if (others > 0) told.push(`… and ${others} more.`);
    if (told.length > 0) throw new QueueFileError(told.join('\n'));
  }
}

export function scalar(at: string, value: Scalar['value'], text = value === null ? '' : String(value)): Scalar {
  return { kind: 'scalar', at, value, text };
}

/** The entry of a key; undefined: there is none. */
export function entryOf(tree: Tree | undefined, key: string): Entry | undefined {
  return tree?.kind === 'map' ? tree.entries.find((entry) => entry.key === key) : undefined;
}

export function partOf(tree: Tree | undefined, key: string): Tree | undefined {
  return entryOf(tree, key)?.value;
}

/** The plain value that a tree stands for, as `JSON.parse` would make it. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plain(value)]));
}

/** Deeper than any file is meant to be, and shallow enough for every stack. */
const DEPTH_MAX = 100;

/** The tree of an object that a program gives; `at` is what the program calls it. Throws QueueFileError. */
export function treeOf(value: unknown, at: string, depth = 0): Tree {
  if (depth > DEPTH_MAX) throw new QueueFileError(`${at}: nests deeper than ${DEPTH_MAX} levels.`);
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
  throw new QueueFileError(
    `${at}: cannot be ${String(value)}: must be a text, a number, true or false, a list or an object.`,
  );
}
