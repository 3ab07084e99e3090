/**
 * Reads the part of HOCON that ElasticMQ configurations use: objects, lists, comments, paths as keys, merging of
 * keys, quoted and unquoted strings, and substitutions from the document itself and the environment. Rejects `+=` and
 * includes, which refer to files of another program.
 * Source: https://github.com/lightbend/config/blob/main/HOCON.md
 */

import { type Entry, type Mapping, QueueFileError, type Scalar, scalar, type Tree } from './tree.ts';

/** The include of ElasticMQ's own defaults, which declare no queues. */
const OWN_DEFAULTS = /^classpath\("application\.conf"\)$/;

/** More than any configuration needs: levels of nesting, and values after substitution. */
const DEPTH_MAX = 100;
const PARTS_MAX = 100_000;

/** A reference to another value, resolved when the whole document has been read. */
interface Substitution {
  path: string;
  optional: boolean;
}

type Part = { text: string; quoted: boolean } | Substitution;

/** A value before substitution. Adjacent parts become one string. */
type Raw = { at: string } & (
  | { parts: Part[] }
  | { items: Raw[] }
  | { fields: Map<string, { at: string; value: Raw }> }
);
type RawObject = Extract<Raw, { fields: unknown }>;

/** Parses a document into a tree. Throws QueueFileError. */
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
  /** The line number and line start as of the last call of `#at`. Offsets only increase, so neither goes back. */
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
    if (this.#offset < this.#text.length) this.#fail(`${JSON.stringify(this.#peek())} is unexpected here`);
    return root;
  }

  #object(at: string, end: '}' | ''): RawObject {
    const object: RawObject = { at, fields: new Map() };
    for (;;) {
      this.#skip(true);
      if (this.#takes(',')) continue;
      if (end === '' ? this.#offset >= this.#text.length : this.#takes(end)) return object;
      if (this.#offset >= this.#text.length) this.#fail(`the brace opened at ${at} is never closed`);
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
    if (this.#text.startsWith('+=', this.#offset)) this.#fail('+= is not supported: write out the whole list');
    if (this.#peek() !== '{' && !this.#takes('=') && !this.#takes(':')) {
      this.#fail(`${JSON.stringify(path.join('.'))} must be followed by =, : or {`);
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
      `${at}: include is not supported: copy the contents of ${line} into this file, or remove the line.`,
    );
  }

  #value(): Raw {
    const at = this.#at();
    const opened = this.#takes('{') ? '{' : this.#takes('[') ? '[' : '';
    if (opened !== '') {
      if (++this.#depth > DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} levels of nesting`);
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
      if (this.#offset >= this.#text.length) this.#fail(`the bracket opened at ${at} is never closed`);
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
    if (text === '') this.#fail(`${JSON.stringify(this.#peek())} must be quoted`);
    return { text, quoted: false };
  }

  #path(): string[] {
    const path: string[] = [];
    do {
      const part = this.#peek() === '"' ? this.#quoted() : this.#matched(/[^\s.,\]}{[#"$:=+]+/y);
      if (part === '') this.#fail(`expected a key, but found ${JSON.stringify(this.#peek())}`);
      path.push(part);
    } while (this.#takes('.'));
    this.#matched(/[^\S\n]*/y);
    if (path.length > DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} levels of nesting`);
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
      throw new QueueFileError(
        `${at}: the string is never closed, or has an escape sequence that JSON does not allow.`,
      );
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

/** Sets a value. Objects with the same key are merged; otherwise, the last value wins. */
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
  /** Paths that are being resolved, to detect one that refers to itself. */
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

  /** Returns undefined for an optional substitution that has no value. */
  #tree(raw: Raw): Tree | undefined {
    const { at } = raw;
    if (++this.#parts > PARTS_MAX) throw new QueueFileError(`${at}: more than ${PARTS_MAX} values.`);
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
      throw new QueueFileError(`${at}: \${${part.path}} is not a string, so it cannot be part of one.`);
    return tree?.text ?? '';
  }

  #substituted({ path, optional }: Substitution, at: string): Tree | undefined {
    if (this.#open.has(path)) throw new QueueFileError(`${at}: \${${path}} refers to itself.`);
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
    throw new QueueFileError(`${at}: ${path} is defined neither in this file nor in the environment.`);
  }
}

function single({ text, quoted }: { text: string; quoted: boolean }, at: string): Scalar {
  if (quoted) return scalar(at, text);
  if (text === 'true' || text === 'false') return scalar(at, text === 'true');
  if (text === 'null') return scalar(at, null);
  return /^-?\d+(\.\d+)?$/.test(text) ? scalar(at, Number(text), text) : scalar(at, text);
}
