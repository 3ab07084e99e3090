/** Parses YAML into a tree. The time that it takes is proportional to the length of the text, whatever is in it. */

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import {
  DEPTH_MAX,
  type Entry,
  type Findings,
  type Mapping,
  QueueFileError,
  type Scalar,
  scalar,
  type Tree,
  tooDeep,
} from './tree.ts';

/** The values that all aliases may stand for together. They can turn a small file into a large one. */
const ALIASED_VALUES_MAX = 1_000_000;

/** A node with an anchor, once it has been read. */
interface Anchored {
  tree: Tree;
  /** The number of values in the tree. */
  values: number;
}

/**
 * Parses a text. Returns undefined if it is empty, or if it is not valid YAML, which is reported to `findings`. Expands
 * CloudFormation's short tags: `!GetAtt a.Arn` becomes `{ Fn::GetAtt: a.Arn }`. Throws QueueFileError.
 */
export function readYaml(text: string, file: string, findings: Findings): Tree | undefined {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  // The reader below finds repeated keys faster: the parser compares each key of a map with every other one.
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    uniqueKeys: false,
    logLevel: 'silent',
  } as const;
  const document = parseDocument(text, options);
  for (const { message, pos } of document.errors) {
    // The parser calls itself for each level.
    if (/call stack/.test(message)) throw tooDeep(place(pos[0]));
    findings.problem(place(pos[0]), `Invalid YAML: ${message}.`);
  }
  if (document.errors.length > 0 || !document.contents) return undefined;
  return new Reader(place, findings).tree(document.contents, 0);
}

class Reader {
  readonly #place: (offset: number) => string;
  readonly #findings: Findings;
  /** An alias refers to the last anchor of its name before it. Undefined while the node with the anchor is read. */
  readonly #anchors = new Map<string, Anchored | undefined>();
  /** Levels of nesting in lists and maps that have been read. */
  readonly #heights = new Map<Tree, number>();
  #values = 0;
  #aliasedValues = 0;

  constructor(place: (offset: number) => string, findings: Findings) {
    this.#place = place;
    this.#findings = findings;
  }

  tree(node: unknown, depth: number, fallback = 0): Tree {
    const { range, anchor, tag } = (node ?? {}) as Partial<Node & { anchor: string; tag: string }>;
    const offset = range?.[0] ?? fallback;
    const at = this.#place(offset);
    if (depth > DEPTH_MAX) throw tooDeep(at);
    if (isAlias(node)) return this.#aliased(node.source, at, depth);
    const before = this.#values++;
    if (anchor) this.#anchors.set(anchor, undefined);
    const untagged = this.#untagged(node, at, depth, offset);
    // A local tag starts with one exclamation mark. A lone one is YAML's non-specific tag, which changes nothing here.
    const tree = tag && /^![^!]/.test(tag) ? this.#longForm(tag.slice(1), untagged) : untagged;
    if (anchor) this.#anchors.set(anchor, { tree, values: this.#values - before });
    return tree;
  }

  #aliased(name: string, at: string, depth: number): Tree {
    const anchored = this.#anchors.get(name);
    if (!anchored) {
      const reason = this.#anchors.has(name) ? `the alias *${name} contains itself` : `there is no anchor &${name}`;
      throw new QueueFileError(`${at}: ${reason}.`);
    }
    const { tree, values } = anchored;
    this.#values += values;
    this.#aliasedValues += values;
    if (this.#aliasedValues > ALIASED_VALUES_MAX) {
      throw new QueueFileError(`${at}: the aliases up to here stand for more than ${ALIASED_VALUES_MAX} values.`);
    }
    if (depth + this.#heightOf(tree) > DEPTH_MAX) throw tooDeep(at);
    return tree;
  }

  #untagged(node: unknown, at: string, depth: number, offset: number): Tree {
    if (isSeq(node)) {
      const items = node.items.map((item) => this.tree(item, depth + 1, offset));
      return this.#measured({ kind: 'list', at, items }, items);
    }
    if (isMap(node)) {
      const entries = this.#entries(node.items, depth, offset);
      return this.#measured(
        { kind: 'map', at, entries },
        entries.map(({ value }) => value),
      );
    }
    return isScalar(node) ? scalarOf(node, at) : scalar(at, null);
  }

  #entries(pairs: readonly Pair[], depth: number, offset: number): Entry[] {
    const entries: Entry[] = [];
    const merged: Entry[] = [];
    const own = new Set<string>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.source ?? key.value) : String(key);
      const keyOffset = (key as Node | null)?.range?.[0] ?? offset;
      const tree = this.tree(value, depth + 1, keyOffset);
      if (isMergeKey(key, name)) {
        for (const entry of entriesToMerge(tree)) merged.push(entry);
        continue;
      }
      const at = this.#place(keyOffset);
      if (own.has(name)) this.#findings.problem(at, 'Invalid YAML: Map keys must be unique.');
      own.add(name);
      entries.push({ key: name, at, value: tree });
    }
    for (const entry of merged) {
      if (own.has(entry.key)) continue;
      own.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }

  #longForm(tag: string, value: Tree): Mapping {
    const key = tag === 'Ref' || tag === 'Condition' ? tag : `Fn::${tag}`;
    return this.#measured({ kind: 'map', at: value.at, entries: [{ key, at: value.at, value }] }, [value]);
  }

  #measured<T extends Tree>(tree: T, parts: readonly Tree[]): T {
    this.#heights.set(tree, 1 + parts.reduce((most, part) => Math.max(most, this.#heightOf(part)), 0));
    return tree;
  }

  #heightOf(tree: Tree): number {
    return this.#heights.get(tree) ?? 0;
  }
}

function scalarOf({ value, source }: { value: unknown; source?: string | undefined }, at: string): Scalar {
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (!known) return scalar(at, value === null ? null : String(value));
  return scalar(at, value, typeof value === 'string' ? value : (source ?? String(value)));
}

/** In quotes, `<<` is a key like any other: filter policies may have it. */
function isMergeKey(key: unknown, name: string): boolean {
  return name === '<<' && isScalar(key) && key.type === 'PLAIN';
}

function entriesToMerge(tree: Tree): readonly Entry[] {
  if (tree.kind === 'map') return tree.entries;
  return tree.kind === 'list' ? tree.items.flatMap(entriesToMerge) : [];
}
