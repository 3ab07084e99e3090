/** Parses YAML, which includes JSON, into a tree. */

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar as YamlScalar,
} from 'yaml';
import { type Entry, type Findings, type Mapping, QueueFileError, type Scalar, scalar, type Tree } from './tree.ts';

/** More than any queue file needs. Aliases can turn small files into large trees. */
const VALUES_MAX = 1_000_000;
const DEPTH_MAX = 100;

/**
 * Parses a text. Returns undefined if it is empty, or if it is not valid YAML, which is reported to `findings`. Expands
 * CloudFormation's short tags: `!GetAtt a.Arn` becomes `{ Fn::GetAtt: a.Arn }`. Throws QueueFileError.
 */
export function readYaml(text: string, file: string, findings: Findings): Tree | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'silent' });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  for (const { message, pos } of document.errors) findings.problem(place(pos[0]), `Invalid YAML: ${message}.`);
  if (document.errors.length > 0 || !document.contents) return undefined;
  return new Reader(document, place).tree(document.contents, 0);
}

class Reader {
  readonly #document: Document;
  readonly #place: (offset: number) => string;
  #values = 0;

  constructor(document: Document, place: (offset: number) => string) {
    this.#document = document;
    this.#place = place;
  }

  tree(node: unknown, depth: number, fallback = 0): Tree {
    const offset = (node as Node | null)?.range?.[0] ?? fallback;
    const at = this.#place(offset);
    if (depth > DEPTH_MAX) throw new QueueFileError(`${at}: more than ${DEPTH_MAX} levels of nesting.`);
    if (++this.#values > VALUES_MAX) throw new QueueFileError(`${at}: more than ${VALUES_MAX} values.`);
    if (isAlias(node)) return this.tree(this.#resolved(node, at), depth + 1);
    const tree = this.#untagged(node, at, depth, offset);
    const tag = (node as Node | null)?.tag;
    // A local tag starts with one exclamation mark. A lone one is YAML's non-specific tag, which changes nothing here.
    return tag && /^![^!]/.test(tag) ? longForm(tag.slice(1), tree) : tree;
  }

  #untagged(node: unknown, at: string, depth: number, offset: number): Tree {
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => this.tree(item, depth + 1, offset)) };
    if (isMap(node)) return { kind: 'map', at, entries: this.#entries(node.items, depth, offset) };
    if (isScalar(node)) return this.#scalar(node, at);
    return scalar(at, null);
  }

  #scalar(node: YamlScalar, at: string): Scalar {
    const { value, source } = node;
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (!known) return scalar(at, value === null ? null : String(value));
    return scalar(at, value, typeof value === 'string' ? value : (source ?? String(value)));
  }

  #entries(pairs: readonly Pair[], depth: number, offset: number): Entry[] {
    const entries: Entry[] = [];
    const merged: Entry[] = [];
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.source ?? key.value) : String(key);
      const keyOffset = (key as Node | null)?.range?.[0] ?? offset;
      const tree = this.tree(value, depth + 1, keyOffset);
      if (name === '<<') merged.push(...entriesToMerge(tree));
      else entries.push({ key: name, at: this.#place(keyOffset), value: tree });
    }
    const own = new Set(entries.map(({ key }) => key));
    for (const entry of merged) {
      if (own.has(entry.key)) continue;
      own.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }

  #resolved(alias: Alias, at: string): Node {
    const node = alias.resolve(this.#document);
    if (!node) throw new QueueFileError(`${at}: there is no anchor &${alias.source}.`);
    return node;
  }
}

function entriesToMerge(tree: Tree): readonly Entry[] {
  if (tree.kind === 'map') return tree.entries;
  return tree.kind === 'list' ? tree.items.flatMap(entriesToMerge) : [];
}

function longForm(tag: string, value: Tree): Mapping {
  const key = tag === 'Ref' || tag === 'Condition' ? tag : `Fn::${tag}`;
  return { kind: 'map', at: value.at, entries: [{ key, at: value.at, value }] };
}
