/**
 * Reads HOCON, as far as configurations of ElasticMQ use it: objects and lists with comments, paths as keys, merging of keys,
 * texts with and without quotes, substitutions of the document's own values and of the environment.
 * Not understood, and said: `+=`, and includes, which name files that belong to another program.
 * Source: https://github.com/lightbend/config/blob/main/HOCON.md
 */

import { type Entry, type Mapping, QueueFileError, type Scalar, scalar, type Tree } from './tree.ts';

/** ElasticMQ's own defaults, which say nothing of queues. */
const OWN_DEFAULTS = /^classpath\("application\.conf"\)$/;

/** More than any configuration has: objects in each other, and values when all substitutions are made. */
const DEPTH_MAX = 100;
const PARTS_MAX = 100_000;

/** A value that is made from another one when all are read. */
interface Substitution {
  path: string;
  optional: boolean;
}

type Part = { text: string; quoted: boolean } | Substitution;

/** A value as it stands in the text; parts in a row become one text. */
type Raw = { at: string } & (
  | { parts: Part[] }
  | { items: Raw[] }
  | { fields: Map<string, { at: string; value: Raw }> }
);
type RawObject = Extract<Raw, { fields: unknown }>;

/** The tree of a document. Throws QueueFileError where it stops making sense. */
export function readHocon(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Mapping {
  const root = new Parser(text, file).document();
  return new Resolver(root, environment).mapping(root);
}

class Parser {
  readonly #text: string;
  readonly #file: string;
  #offset = 0;
  #depth = 0;
  /** The line that the parser was in when it was asked last, and where that line begins; the parser never goes back. */
  #line = 1;
  #lineStart = 0;

  constructor(text: string, file: string) {
    this.#text = text.replace(/^\uFEFF/, '');
    this.#file = file;
  }

  document(): RawObject {
    const at = this.#at();
    this.#skip(true);
    const braced = this.#takes('{');
    const root = this.#object(at, braced ? '}' : '');
    this.#skip(true);
    if (this.#offset < this.#text.length) this.#fail(`${JSON.stringify(this.#peek())} stands where nothing more can`);
    return root;
  }

  #object(at: string, end: '}' | ''): RawObject {
    const object: RawObject = { at, fields: new Map() };
    for (;;) {
      this.#skip(true);
      if (this.#takes(',')) continue;
      if (end === '' ? this.#offset >= this.#text.length : this.#takes(end)) return object;
      if (this.#offset >= this.#text.length) this.#fail(`the brace of ${at} is never closed`);
      this.#field(object);
    }
  }

  #field(object: RawObject): void {
    const at = this.#at();
    const path = this.#path();
    if (path.length === 1 && path[0] === 'include') {
      this.#include(at);
      return;
    }
    this.#skip(true);
    if (this.#text.startsWith('+=', this.#offset)) this.#fail('+= is not understood here: write the whole list');
    if (this.#peek() !== '{' && !this.#takes('=') && !this.#takes(':')) {
      this.#fail(`behind ${JSON.stringify(path.join('.'))} there must be =, : or {`);
    }
    this.#skip(true);
    put(object, path, { at, value: this.#value() });
  }

  #include(at: string): void {
    const line = this.#matched(/[^\n]*/y)
      .replace(/(#|\/\/).*/, '')
      .trim();
    if (OWN_DEFAULTS.test(line)) return;
    throw new QueueFileError(
      `${at}: include is not understood: put what ${line} says into this file, or remove the line.`,
    );
  }

  #value(): Raw {
    const at = this.#at();
    const opened = this.#takes('{') ? '{' : this.#takes('[') ? '[' : '';
    if (opened !== '') {
      if (++this.#depth > DEPTH_MAX) this.#fail(`nests deeper than ${DEPTH_MAX} levels`);
      const value = opened === '{' ? this.#object(at, '}') : this.#list(at);
      this.#depth--;
      return value;
    }
    const parts: Part[] = [];
    for (;;) {
      const blank = this.#matched(/[^\S\n]*/y);
      if (/[,\]}\n#]|^$/.test(this.#peek()) || this.#text.startsWith('//', this.#offset)) break;
      if (blank && parts.length > 0) parts.push({ text: blank, quoted: false });
      parts.push(this.#part());
    }
    if (parts.length === 0) this.#fail('a value is missing');
    return { at, parts };
  }

  #list(at: string): Raw {
    const items: Raw[] = [];
    for (;;) {
      this.#skip(true);
      if (this.#takes(',')) continue;
      if (this.#takes(']')) return { at, items };
      if (this.#offset >= this.#text.length) this.#fail(`the bracket of ${at} is never closed`);
      items.push(this.#value());
    }
  }

  #part(): Part {
    const substitution = this.#matched(/\$\{\??[^}\n]*\}/y);
    if (substitution) {
      const optional = substitution.startsWith('${?');
      return {
        path: substitution
          .slice(optional ? 3 : 2, -1)
          .trim()
          .replaceAll('"', ''),
        optional,
      };
    }
    if (this.#peek() === '"') return { text: this.#quoted(), quoted: true };
    const text = this.#matched(/(?:(?!\/\/)[^\s,\]}{[#"$:=+])+/y);
    if (text === '') this.#fail(`${JSON.stringify(this.#peek())} must stand in quotes`);
    return { text, quoted: false };
  }

  #path(): string[] {
    const path: string[] = [];
    do {
      const part = this.#peek() === '"' ? this.#quoted() : this.#matched(/[^\s.,\]}{[#"$:=+]+/y);
      if (part === '') this.#fail(`${JSON.stringify(this.#peek())} stands where a key must`);
      path.push(part);
    } while (this.#takes('.'));
    this.#matched(/[^\S\n]*/y);
    if (path.length > DEPTH_MAX) this.#fail(`nests deeper than ${DEPTH_MAX} levels`);
    return path;
  }

  #quoted(): string {
    const long = this.#matched(/"""[\s\S]*?"""+/y);
    if (long) return long.slice(3, -3);
    const at = this.#at();
    const text = this.#matched(/"(?:[^"\\\n]|\\.)*"/y);
    try {
      return JSON.parse(text) as string;
    } catch {
      throw new QueueFileError(`${at}: the quotes are never closed, or have an escape that JSON does not know.`);
    }
  }

  #skip(lines: boolean): void {
    this.#matched(lines ? /(?:\s|#[^\n]*|\/\/[^\n]*)*/y : /[^\S\n]*/y);
  }

  #peek(): string {
    return this.#text.charAt(this.#offset);
  }

  #takes(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#offset++;
    return true;
  }

  #matched(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#offset += found.length;
    return found;
  }

  #at(): string {
    for (let end = this.#text.indexOf('\n', this.#lineStart); end !== -1 && end < this.#offset; ) {
      this.#line++;
      this.#lineStart = end + 1;
      end = this.#text.indexOf('\n', this.#lineStart);
    }
    return `${this.#file}:${this.#line}:${this.#offset - this.#lineStart + 1}`;
  }

  #fail(reason: string): never {
    throw new QueueFileError(`${this.#at()}: ${reason}.`);
  }
}

/** Objects of one key are merged; of other values the last one counts. */
function put(object: RawObject, path: readonly string[], { at, value }: { at: string; value: Raw }): void {
  const [key, ...rest] = path as [string, ...string[]];
  const before = object.fields.get(key)?.value;
  if (rest.length > 0) {
    const inner: RawObject = before && 'fields' in before ? before : { at, fields: new Map() };
    put(inner, rest, { at, value });
    object.fields.set(key, { at, value: inner });
  } else if (before && 'fields' in before && 'fields' in value) {
    for (const [name, field] of value.fields) put(before, [name], field);
  } else {
    object.fields.set(key, { at, value });
  }
}

class Resolver {
  readonly #root: RawObject;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #parts = 0;
  /** Paths that are being resolved: one that needs itself has no value. */
  readonly #open = new Set<string>();

  constructor(root: RawObject, environment: Readonly<Record<string, string | undefined>>) {
    this.#root = root;
    this.#environment = environment;
  }

  mapping({ at, fields }: RawObject): Mapping {
    const entries: Entry[] = [];
    for (const [key, field] of fields) {
      const value = this.#tree(field.value);
      if (value) entries.push({ key, at: field.at, value });
    }
    return { kind: 'map', at, entries };
  }

  /** Undefined: it is an optional substitution of something that is not there. */
  #tree(raw: Raw): Tree | undefined {
    const { at } = raw;
    if (++this.#parts > PARTS_MAX) throw new QueueFileError(`${at}: has more than ${PARTS_MAX} values.`);
    if ('fields' in raw) return this.mapping(raw);
    if ('items' in raw) {
      return {
        kind: 'list',
        at,
        items: raw.items.map((item) => this.#tree(item)).filter((item) => item !== undefined),
      };
    }
    const [only, ...others] = raw.parts;
    if (only && others.length === 0) return 'path' in only ? this.#substituted(only, at) : single(only, at);
    const texts = raw.parts.map((part) => ('path' in part ? this.#textOf(part, at) : part.text));
    return single({ text: texts.join(''), quoted: false }, at);
  }

  #textOf(part: Substitution, at: string): string {
    const tree = this.#substituted(part, at);
    if (tree && tree.kind !== 'scalar')
      throw new QueueFileError(`${at}: \${${part.path}} is no text, and cannot be part of one.`);
    return tree?.text ?? '';
  }

  #substituted({ path, optional }: Substitution, at: string): Tree | undefined {
    if (this.#open.has(path)) throw new QueueFileError(`${at}: \${${path}} needs itself.`);
    let found: Raw | undefined = this.#root;
    for (const key of path.split('.')) found = found && 'fields' in found ? found.fields.get(key)?.value : undefined;
    if (found) {
      this.#open.add(path);
      const tree = this.#tree(found);
      this.#open.delete(path);
      return tree;
    }
    const variable = this.#environment[path];
    if (variable !== undefined) return single({ text: variable, quoted: false }, at);
    if (optional) return undefined;
    throw new QueueFileError(`${at}: there is no ${path}, here or in the environment.`);
  }
}

function single({ text, quoted }: { text: string; quoted: boolean }, at: string): Scalar {
  if (quoted) return scalar(at, text);
  if (text === 'true' || text === 'false') return scalar(at, text === 'true');
  if (text === 'null') return scalar(at, null);
  return /^-?\d+(\.\d+)?$/.test(text) ? scalar(at, Number(text), text) : scalar(at, text);
}
