/**
 * Expands the loops of a CloudFormation template (`Fn::ForEach`) before anything else is read.
 * Source: CloudFormation template reference, "Fn::ForEach".
 */

import { type Entry, type Findings, QueueFileError, scalar, type Tree } from '../syntax/tree.ts';
import type { Intrinsics } from './intrinsics.ts';
import { Unresolved } from './unresolved.ts';

const LOOP = 'Fn::ForEach::';
/** Loops in loops can turn a small template into a large one: values, and characters of texts. */
const VALUES_MAX = 1_000_000;
const TEXT_MAX = 100_000_000;

/** Returns the tree with its loops expanded. Reports problems to `findings`. Throws QueueFileError. */
export function expandLoops(tree: Tree, intrinsics: Intrinsics, findings: Findings): Tree {
  return new Loops(intrinsics, findings).expanded(tree);
}

class Loops {
  readonly #intrinsics: Intrinsics;
  readonly #findings: Findings;
  #values = 0;
  #characters = 0;

  constructor(intrinsics: Intrinsics, findings: Findings) {
    this.#intrinsics = intrinsics;
    this.#findings = findings;
  }

  /** Returns the tree itself if it has no loops. */
  expanded(tree: Tree): Tree {
    if (tree.kind === 'scalar') return tree;
    if (tree.kind === 'list') {
      const items = tree.items.map((item) => this.expanded(item));
      return items.some((item, index) => item !== tree.items[index]) ? { ...tree, items } : tree;
    }
    const entries = tree.entries.flatMap((entry) => {
      if (entry.key.startsWith(LOOP)) return this.#iterations(entry);
      const value = this.expanded(entry.value);
      return value === entry.value ? entry : { ...entry, value };
    });
    const isChanged =
      entries.length !== tree.entries.length || entries.some((one, index) => one !== tree.entries[index]);
    return isChanged ? { ...tree, entries } : tree;
  }

  #iterations({ key, at, value }: Entry): Entry[] {
    const [identifier, collection, body] = value.kind === 'list' ? value.items : [];
    if (identifier?.kind !== 'scalar' || !collection || body?.kind !== 'map') {
      this.#findings.problem(at, `${key} must be a list: an identifier, a list of values and a map.`);
      return [];
    }
    return this.#valuesOf(key, collection).flatMap((text) => {
      const entries = new Replacement(identifier.text, text, (values, characters) =>
        this.#count(values, characters, at),
      ).entries(body.entries);
      const expanded = this.expanded({ ...body, entries });
      return expanded.kind === 'map' ? expanded.entries : [];
    });
  }

  #valuesOf(key: string, collection: Tree): string[] {
    try {
      const resolved = this.#intrinsics.resolve(collection);
      if (resolved?.kind !== 'list') throw new Unresolved('it needs a list of values');
      return resolved.items.map((item) => this.#intrinsics.textOf(item));
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      // The loop generates names, so it cannot be expanded without its values.
      if (error.parameter !== undefined) this.#findings.problem(collection.at, `${key}: ${error.message}.`);
      else this.#findings.warn(collection.at, `${key} is ignored: ${error.message}.`);
      return [];
    }
  }

  #count(values: number, characters: number, at: string): void {
    this.#values += values;
    if (this.#values > VALUES_MAX) throw new QueueFileError(`${at}: the loops produce more than ${VALUES_MAX} values.`);
    this.#characters += characters;
    if (this.#characters > TEXT_MAX) {
      throw new QueueFileError(`${at}: the loops produce texts of more than ${TEXT_MAX} characters.`);
    }
  }
}

/** Puts the value of an iteration in place of `${Identifier}`, `&{Identifier}` and references to the identifier. */
class Replacement {
  readonly #identifier: string;
  readonly #value: string;
  /** `&{Identifier}` stands for the value without anything but letters and digits, for use in logical IDs. */
  readonly #alphanumeric: string;
  /** Called before values are made, and before characters of texts are. */
  readonly #count: (values: number, characters: number) => void;

  constructor(identifier: string, value: string, count: (values: number, characters: number) => void) {
    this.#identifier = identifier;
    this.#value = value;
    this.#alphanumeric = value.replace(/[^A-Za-z0-9]/g, '');
    this.#count = count;
  }

  entries(entries: readonly Entry[]): Entry[] {
    return entries.map((entry) => ({ ...entry, key: this.#text(entry.key), value: this.#tree(entry.value) }));
  }

  #tree(tree: Tree): Tree {
    this.#count(1, 0);
    if (tree.kind === 'list') return { ...tree, items: tree.items.map((item) => this.#tree(item)) };
    if (tree.kind === 'map') {
      const [only, ...others] = tree.entries;
      const isOwn = only?.value.kind === 'scalar' && only.value.text === this.#identifier;
      if (only?.key === 'Ref' && isOwn && others.length === 0) return scalar(tree.at, this.#value);
      return { ...tree, entries: this.entries(tree.entries) };
    }
    if (typeof tree.value !== 'string') return tree;
    const text = this.#text(tree.text);
    return text === tree.text ? tree : scalar(tree.at, text);
  }

  #text(text: string): string {
    const replaced = this.#replaced(text, `\${${this.#identifier}}`, this.#value);
    return this.#replaced(replaced, `&{${this.#identifier}}`, this.#alphanumeric);
  }

  #replaced(text: string, placeholder: string, value: string): string {
    const pieces = text.split(placeholder);
    if (pieces.length === 1) return text;
    this.#count(0, text.length + pieces.length * value.length);
    return pieces.join(value);
  }
}
