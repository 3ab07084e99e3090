/**
 * Parses HOCON up to its substitutions.
 * Source: https://github.com/lightbend/config/blob/main/HOCON.md
 */

import { Cursor } from './cursor.ts';
import { merge, type Part, put, type Raw, type RawObject } from './hocon-values.ts';
import { DEPTH_MAX, QueueFileError, tooDeep } from './tree.ts';

/** An include statement. `path` is the text between its quotes. */
export interface Include {
  at: string;
  kind: 'file' | 'classpath' | 'url';
  path: string;
  required: boolean;
  /** The path of the object that includes the file. */
  within: readonly string[];
}

/** Returns the contents of an included file; undefined if it is to be ignored. Throws QueueFileError. */
export type ReadInclude = (include: Include) => RawObject | undefined;

/**
 * Parses a text. `within` is the path of the object that it is included in. Throws QueueFileError, with the line and
 * column.
 */
export function parseHocon(text: string, file: string, within: readonly string[], include: ReadInclude): RawObject {
  return new Parser(new Cursor(text, file), within, include).document();
}

class Parser {
  readonly #cursor: Cursor;
  readonly #within: readonly string[];
  readonly #include: ReadInclude;
  /** The keys on the way to the current object. */
  readonly #keys: string[];
  #depth = 0;

  constructor(cursor: Cursor, within: readonly string[], include: ReadInclude) {
    this.#cursor = cursor;
    this.#within = within;
    this.#include = include;
    this.#keys = [...within];
  }

  document(): RawObject {
    this.#skipLines();
    const at = this.#cursor.place();
    const root = this.#object(at, this.#cursor.takes('{') ? '}' : '');
    this.#skipLines();
    if (!this.#cursor.atEnd) this.#fail(`${JSON.stringify(this.#cursor.peek())} is unexpected here`);
    return root;
  }

  #object(at: string, end: '}' | ''): RawObject {
    const object: RawObject = { kind: 'object', at, fields: new Map() };
    for (;;) {
      this.#skipLines();
      if (this.#cursor.takes(',')) continue;
      if (end === '' ? this.#cursor.atEnd : this.#cursor.takes(end)) return object;
      if (this.#cursor.atEnd) this.#fail(`the brace opened at ${at} is never closed`);
      this.#field(object);
    }
  }

  #field(object: RawObject): void {
    const at = this.#cursor.place();
    if (this.#cursor.matched(/include(?=[ \t]+(?:"|(?:file|classpath|url|required)\())[ \t]+/y) !== '') {
      const included = this.#include({ at, within: [...this.#keys], ...this.#included() });
      if (included) merge(object, included);
      return;
    }
    const path = this.#path();
    this.#skipLines();
    const isAddition = this.#cursor.matched(/\+=/y) !== '';
    if (!isAddition && this.#cursor.peek() !== '{' && !this.#cursor.takes('=') && !this.#cursor.takes(':')) {
      this.#fail(`${JSON.stringify(path.join('.'))} must be followed by =, :, += or {`);
    }
    this.#skipLines();
    this.#keys.push(...path);
    const value = this.#value();
    this.#keys.length -= path.length;
    put(object, path, at, isAddition ? { kind: 'addition', at, item: value } : value);
  }

  #included(): Pick<Include, 'kind' | 'path' | 'required'> {
    const required = this.#cursor.matched(/required\(\s*/y) !== '';
    const kind = this.#cursor.matched(/(?:file|classpath|url)\(\s*/y).replace(/\(\s*$/, '');
    if (this.#cursor.peek() !== '"') this.#fail('include must be followed by the name of a file in quotes');
    const path = this.#quoted();
    for (const opened of [kind !== '', required]) {
      if (opened && this.#cursor.matched(/\s*\)/y) === '') this.#fail(') is missing after the name of the file');
    }
    return { kind: (kind || 'file') as Include['kind'], path, required };
  }

  #value(): Raw {
    const at = this.#cursor.place();
    const parts: Part[] = [];
    for (;;) {
      const blank = this.#cursor.matched(/[^\S\n]*/y);
      if (/^(?:[,\]}\n#]|\/\/|$)/.test(this.#cursor.peek(2))) break;
      if (blank && parts.length > 0) parts.push({ kind: 'text', at, text: blank, quoted: false });
      parts.push(this.#part());
    }
    if (parts.length === 0) this.#fail('a value is missing');
    return parts.length === 1 ? parts[0]! : { kind: 'concatenation', at, parts };
  }

  #part(): Part {
    const at = this.#cursor.place();
    if (this.#cursor.matched(/\$\{/y) !== '') return this.#substitution(at);
    const next = this.#cursor.peek();
    if (next === '"') return { kind: 'text', at, text: this.#quoted(), quoted: true };
    if (next === '{' || next === '[') {
      this.#cursor.takes(next);
      if (++this.#depth > DEPTH_MAX) throw tooDeep(at);
      const part = next === '{' ? this.#object(at, '}') : this.#list(at);
      this.#depth--;
      return part;
    }
    const text = this.#cursor.matched(/(?:[^\s,\]}{[#"$:=+/]|\/(?!\/))+/y);
    if (text === '') this.#fail(`${JSON.stringify(next)} must be quoted`);
    return { kind: 'text', at, text, quoted: false };
  }

  #list(at: string): Part {
    const items: Raw[] = [];
    for (;;) {
      this.#skipLines();
      if (this.#cursor.takes(',')) continue;
      if (this.#cursor.takes(']')) return { kind: 'list', at, items };
      if (this.#cursor.atEnd) this.#fail(`the bracket opened at ${at} is never closed`);
      items.push(this.#value());
    }
  }

  #substitution(at: string): Part {
    const optional = this.#cursor.takes('?');
    this.#skipBlanks();
    const path = this.#path();
    if (!this.#cursor.takes('}')) this.#fail(`the brace opened at ${at} is never closed`);
    return { kind: 'substitution', at, path, optional, within: this.#within };
  }

  /** Keys, separated by dots. A key may consist of words and quoted strings: `a."b.c".d e`. */
  #path(): string[] {
    const path: string[] = [];
    do {
      let key = '';
      let found = false;
      this.#skipBlanks();
      for (;;) {
        const quoted = this.#cursor.peek() === '"';
        const piece = quoted ? this.#quoted() : this.#cursor.matched(/(?:[^\s.,\]}{[#"$:=+/]|\/(?!\/))+/y);
        if (piece === '' && !quoted) break;
        found = true;
        // Blanks count only between the words of a key.
        key += piece + this.#cursor.matched(/[^\S\n]+(?=[^\s.,\]}{[#$:=+/])/y);
      }
      if (!found) this.#fail(`expected a key, but found ${JSON.stringify(this.#cursor.peek())}`);
      path.push(key);
      this.#skipBlanks();
    } while (this.#cursor.takes('.'));
    if (path.length > DEPTH_MAX) throw tooDeep(this.#cursor.place());
    return path;
  }

  #quoted(): string {
    const at = this.#cursor.place();
    const start = this.#cursor.offset;
    if (this.#cursor.matched(/"""/y) !== '') {
      const text = this.#cursor.matched(/[\s\S]*?"""+/y);
      if (text === '') throw new QueueFileError(`${at}: the string is never closed.`);
      return text.slice(0, -3);
    }
    this.#cursor.takes('"');
    while (this.#cursor.matched(/[^"\\\n]+|\\./y) !== '');
    this.#cursor.takes('"');
    try {
      return JSON.parse(this.#cursor.since(start)) as string;
    } catch {
      throw new QueueFileError(
        `${at}: the string is never closed, or has an escape sequence that JSON does not allow.`,
      );
    }
  }

  #skipLines(): void {
    while (this.#cursor.matched(/\s+|(?:#|\/\/)[^\n]*/y) !== '');
  }

  #skipBlanks(): void {
    this.#cursor.matched(/[^\S\n]*/y);
  }

  #fail(reason: string): never {
    throw new QueueFileError(`${this.#cursor.place()}: ${reason}.`);
  }
}
