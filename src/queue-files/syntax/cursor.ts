/** Goes through a text from its start to its end, and knows the line and column. */

export class Cursor {
  readonly #text: string;
  readonly #file: string;
  #offset = 0;
  /** The line of the last call of `place`. Offsets only increase, so it never goes back. */
  #line = 1;
  #lineStart = 0;
  #lineEnd: number;

  constructor(text: string, file: string) {
    this.#text = text.replace(/^\uFEFF/, '');
    this.#file = file;
    this.#lineEnd = this.#endOfLine(0);
  }

  get offset(): number {
    return this.#offset;
  }

  get atEnd(): boolean {
    return this.#offset >= this.#text.length;
  }

  /** Returns the next characters without taking them; fewer at the end. */
  peek(count = 1): string {
    return this.#text.slice(this.#offset, this.#offset + count);
  }

  /** Takes a character if it is the next one. */
  takes(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  /** Takes the text that a sticky pattern matches here; returns an empty string if it does not match. */
  matched(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#offset += found.length;
    return found;
  }

  /** Returns the text from an earlier offset up to here. */
  since(start: number): string {
    return this.#text.slice(start, this.#offset);
  }

  /** Returns the place of the next character: `squab.json:12:5`. */
  place(): string {
    while (this.#lineEnd < this.#offset) {
      this.#line++;
      this.#lineStart = this.#lineEnd + 1;
      this.#lineEnd = this.#endOfLine(this.#lineStart);
    }
    return `${this.#file}:${this.#line}:${this.#offset - this.#lineStart + 1}`;
  }

  #endOfLine(start: number): number {
    const end = this.#text.indexOf('\n', start);
    return end === -1 ? Number.POSITIVE_INFINITY : end;
  }
}
