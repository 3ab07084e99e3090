/** Parses JSON into a tree. `JSON.parse` is faster, but does not say where a value was. */

import { Cursor } from './cursor.ts';
import { DEPTH_MAX, type Entry, QueueFileError, scalar, type Tree, tooDeep } from './tree.ts';

/** Parses a text. Throws QueueFileError, with the line and column, if it is not valid JSON. */
export function readJson(text: string, file: string): Tree {
  return new Reader(new Cursor(text, file)).document();
}

class Reader {
  readonly #cursor: Cursor;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  document(): Tree {
    const tree = this.#value(0);
    this.#skip();
    if (!this.#cursor.atEnd) this.#fail(`expected nothing after the value, but found ${this.#next()}`);
    return tree;
  }

  #value(depth: number): Tree {
    this.#skip();
    const at = this.#cursor.place();
    if (depth > DEPTH_MAX) throw tooDeep(at);
    if (this.#cursor.takes('{')) return { kind: 'map', at, entries: this.#entries(depth) };
    if (this.#cursor.takes('[')) return { kind: 'list', at, items: this.#items(depth) };
    if (this.#cursor.peek() === '"') return scalar(at, this.#string());
    const number = this.#cursor.matched(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y);
    if (number !== '') return scalar(at, Number(number), number);
    const word = this.#cursor.matched(/(?:true|false|null)(?!\w)/y);
    if (word === '') this.#fail(`expected a value, but found ${this.#next()}`);
    return scalar(at, word === 'null' ? null : word === 'true');
  }

  #entries(depth: number): Entry[] {
    const entries: Entry[] = [];
    const keys = new Set<string>();
    this.#skip();
    if (this.#cursor.takes('}')) return entries;
    for (;;) {
      this.#skip();
      const at = this.#cursor.place();
      if (this.#cursor.peek() !== '"') this.#fail(`expected a key in double quotes, but found ${this.#next()}`);
      const key = this.#string();
      if (keys.has(key)) throw invalid(at, `the key ${JSON.stringify(key)} is already in this object`);
      keys.add(key);
      this.#skip();
      if (!this.#cursor.takes(':')) this.#fail(`expected a colon after the key, but found ${this.#next()}`);
      entries.push({ key, at, value: this.#value(depth + 1) });
      if (this.#ends('}')) return entries;
    }
  }

  #items(depth: number): Tree[] {
    const items: Tree[] = [];
    this.#skip();
    if (this.#cursor.takes(']')) return items;
    for (;;) {
      items.push(this.#value(depth + 1));
      if (this.#ends(']')) return items;
    }
  }

  /** Takes the comma after a part of an object or list, or its end. Returns whether it was the end. */
  #ends(end: '}' | ']'): boolean {
    this.#skip();
    if (this.#cursor.takes(end)) return true;
    if (!this.#cursor.takes(',')) this.#fail(`expected a comma or ${end}, but found ${this.#next()}`);
    return false;
  }

  #string(): string {
    const at = this.#cursor.place();
    const start = this.#cursor.offset;
    this.#cursor.takes('"');
    // In pieces: one pattern for the whole string would overflow the stack if the string is very long.
    while (this.#cursor.matched(/[^"\\]+|\\[\s\S]/y) !== '');
    this.#cursor.takes('"');
    try {
      return JSON.parse(this.#cursor.since(start)) as string;
    } catch {
      throw invalid(
        at,
        'the string is never closed, or has a line break or an escape sequence that JSON does not allow',
      );
    }
  }

  #skip(): void {
    this.#cursor.matched(/[ \t\r\n]*/y);
  }

  /** Returns the next word or character, to quote it in an error. */
  #next(): string {
    const rest = this.#cursor.peek(20);
    return rest === '' ? 'the end of the file' : JSON.stringify(/^(\w+|[\s\S])/.exec(rest)![0]);
  }

  #fail(reason: string): never {
    throw invalid(this.#cursor.place(), reason);
  }
}

function invalid(at: string, reason: string): QueueFileError {
  return new QueueFileError(`${at}: Invalid JSON: ${reason}.`);
}
