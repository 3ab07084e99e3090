/**
 * Matches the patterns in policies: wildcards, and variables such as `${aws:username}`.
 * Source: IAM User Guide, "IAM policy elements: Variables and tags" and "Amazon Resource Name (ARN) condition
 * operators".
 */

import type { PolicyRequest, Steps } from './answers.ts';

/** A text of a policy. */
export interface Pattern {
  /** Absent if the text has variables. */
  fixed?: Wildcards;
  /** Substitutes the variables; returns undefined if the request lacks one. */
  resolve(request: PolicyRequest): Wildcards | undefined;
}

interface Variable {
  /** In lower case. */
  name: string;
  fallback: string | undefined;
}

/** A wildcard or a code point. */
type Token = number;

const ANY = -1;
const ONE = -2;
const COLON = 0x3a;

/**
 * Parses a text of a policy. Without `variables`, as in policies of version 2008-10-17, `${` has no special meaning.
 * Returns undefined if a variable is malformed.
 */
export function patternOf(text: string, variables: boolean): Pattern | undefined {
  const tokens = tokensOf(text, variables);
  if (!tokens) return undefined;
  if (tokens.some((token) => typeof token === 'object')) return { resolve: (request) => resolved(tokens, request) };
  const fixed = new Wildcards(tokens as Token[]);
  return { fixed, resolve: () => fixed };
}

function tokensOf(text: string, variables: boolean): (Token | Variable)[] | undefined {
  const tokens: (Token | Variable)[] = [];
  const parts = variables ? /\$\{(?:([^{},]+)(?:,\s*'([^']*)'\s*)?\})?|[\s\S]/gu : /[\s\S]/gu;
  for (const [whole, name, fallback] of text.matchAll(parts)) {
    if (whole === '*') tokens.push(ANY);
    else if (whole === '?') tokens.push(ONE);
    else if (whole === '${') return undefined;
    else if (name === undefined) tokens.push(whole.codePointAt(0)!);
    // `${*}`, `${?}` and `${$}` are escapes for these characters.
    else if (/^[*?$]$/.test(name)) tokens.push(name.codePointAt(0)!);
    else tokens.push({ name: name.trim().toLowerCase(), fallback });
  }
  return tokens;
}

/** In the value of a variable, `*` and `?` are ordinary characters. */
function resolved(tokens: readonly (Token | Variable)[], { context, steps }: PolicyRequest): Wildcards | undefined {
  const result: Token[] = [];
  for (const token of tokens) {
    if (typeof token === 'number') {
      result.push(token);
      continue;
    }
    const values = context.get(token.name);
    const value = values?.length === 1 ? values[0] : token.fallback;
    if (value === undefined) return undefined;
    steps.take(value.length);
    for (const character of value) result.push(character.codePointAt(0)!);
  }
  steps.take(tokens.length);
  return new Wildcards(result);
}

/** A text with wildcards: `*` stands for any number of characters, `?` for exactly one. */
export class Wildcards {
  readonly #tokens: readonly Token[];
  #text: string | undefined;
  #arn: readonly (readonly Token[])[] | undefined;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The text with its wildcards taken literally. */
  get text(): string {
    this.#text ??= this.#tokens.map(characterOf).join('');
    return this.#text;
  }

  /** Whether this is an ARN, or a lone `*`, which matches every ARN. */
  get isArn(): boolean {
    return this.#tokens.length === 1 ? this.#tokens[0] === ANY : this.#arnParts().length === ARN_PARTS;
  }

  matches(value: string, steps: Steps): boolean {
    return matches(this.#tokens, value, steps);
  }

  /**
   * Matches each of the six parts of an ARN separately, so that a `*` in one part does not match into the next.
   * Returns undefined if this text or the value is not an ARN.
   */
  matchesArn(value: string, steps: Steps): boolean | undefined {
    const actual = arnParts(value);
    if (actual.length !== ARN_PARTS || !this.isArn) return undefined;
    if (this.#tokens.length === 1) return true;
    return this.#arnParts().every((part, index) => matches(part, actual[index]!, steps));
  }

  #arnParts(): readonly (readonly Token[])[] {
    if (this.#arn) return this.#arn;
    const parts: Token[][] = [[]];
    for (const token of this.#tokens) {
      if (token === COLON && parts.length < ARN_PARTS) parts.push([]);
      else parts.at(-1)!.push(token);
    }
    this.#arn = parts;
    return parts;
  }
}

function characterOf(token: Token): string {
  if (token === ANY) return '*';
  return token === ONE ? '?' : String.fromCodePoint(token);
}

const ARN_PARTS = 6;

/** Splits an ARN at its first five colons. */
function arnParts(arn: string): string[] {
  const parts: string[] = [];
  let start = 0;
  while (parts.length < ARN_PARTS - 1) {
    const colon = arn.indexOf(':', start);
    if (colon === -1) break;
    parts.push(arn.slice(start, colon));
    start = colon + 1;
  }
  return [...parts, arn.slice(start)];
}

/**
 * Returns whether the tokens match the whole value. It backtracks only to the last `*`, so its time is at most
 * proportional to the product of the two lengths. A regular expression made from the pattern could take practically
 * forever.
 */
function matches(tokens: readonly Token[], value: string, steps: Steps): boolean {
  let [token, position] = [0, 0];
  let [starToken, starPosition] = [-1, 0];
  while (position < value.length) {
    steps.take(1);
    const wanted = tokens[token];
    const actual = value.codePointAt(position)!;
    if (wanted === ANY) {
      [starToken, starPosition] = [token, position];
      token++;
    } else if (wanted === ONE || wanted === actual) {
      token++;
      position += width(actual);
    } else if (starToken >= 0) {
      starPosition += width(value.codePointAt(starPosition)!);
      token = starToken + 1;
      position = starPosition;
    } else return false;
  }
  while (tokens[token] === ANY) token++;
  return token === tokens.length;
}

/** Returns how many UTF-16 units a code point takes. */
function width(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
