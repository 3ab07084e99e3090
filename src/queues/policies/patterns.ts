/**
 * Matches the patterns in policies: wildcards, and variables such as `${aws:username}`.
 * Source: IAM User Guide, "IAM policy elements: Variables and tags" and "Amazon Resource Name (ARN) condition
 * operators".
 */

/** Returns the value of a variable of the request, given the variable's name in lower case. */
export type Variables = (name: string) => string | undefined;

/** A text of a policy, parsed for comparison. */
export interface Pattern {
  /**
   * The text with its variables substituted, and its wildcards taken literally; undefined if the request lacks a
   * variable.
   */
  text: string | undefined;
  /** Returns whether the value matches; `*` stands for any number of characters, `?` for exactly one. */
  matches(value: string): boolean;
  /** Matches each of the six parts of an ARN separately, so that a `*` in one part does not match into the next. */
  matchesArn(value: string): boolean;
}

/** `*` and `?` as wildcards. In the value of a variable, these characters are literal. */
const ANY = Symbol('*');
const ONE = Symbol('?');
type Token = string | typeof ANY | typeof ONE;

/**
 * Parses a text of a policy. Without `variables`, as in policies of version 2008-10-17, `${` has no special meaning.
 */
export function patternOf(text: string, variables: Variables | undefined): Pattern {
  const tokens = tokensOf(text, variables);
  return {
    text: tokens?.map((token) => (typeof token === 'string' ? token : token.description)).join(''),
    matches: (value) => tokens !== undefined && matches(tokens, [...value]),
    matchesArn(value) {
      if (!tokens) return false;
      const [wanted, actual] = [arnParts(tokens), arnParts([...value])];
      return wanted.length === 6 && actual.length === 6 && wanted.every((part, index) => matches(part, actual[index]!));
    },
  };
}

/** Returns one token per character; undefined if a variable has no value. */
function tokensOf(text: string, variables: Variables | undefined): Token[] | undefined {
  const tokens: Token[] = [];
  const parts = variables ? /\$\{([^},]*)(?:,\s*'([^']*)'\s*)?\}|[\s\S]/gu : /[\s\S]/gu;
  for (const [whole, name, fallback] of text.matchAll(parts)) {
    if (whole === '*') tokens.push(ANY);
    else if (whole === '?') tokens.push(ONE);
    else if (name === undefined) tokens.push(whole);
    // `${*}`, `${?}` and `${$}` are escapes for these characters.
    else if (/^[*?$]$/.test(name)) tokens.push(name);
    else {
      const value = variables?.(name.trim().toLowerCase()) ?? fallback;
      if (value === undefined) return undefined;
      tokens.push(...value);
    }
  }
  return tokens;
}

/** Splits an ARN into its six parts, at the first five colons. */
function arnParts<T>(tokens: readonly T[]): T[][] {
  const parts: T[][] = [[]];
  for (const token of tokens) {
    if (token === ':' && parts.length < 6) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

/**
 * Returns whether the tokens match the whole value. It backtracks only to the last `*`, so its time is at most
 * proportional to the product of the two lengths. A regular expression made from the pattern could take practically
 * forever.
 */
function matches(tokens: readonly Token[], value: readonly unknown[]): boolean {
  let [token, position] = [0, 0];
  let star: { token: number; position: number } | undefined;
  while (position < value.length) {
    const wanted = tokens[token];
    if (wanted === ANY) {
      star = { token, position };
      token++;
    } else if (token < tokens.length && (wanted === ONE || wanted === value[position])) {
      token++;
      position++;
    } else if (star) {
      star.position++;
      token = star.token + 1;
      position = star.position;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === ANY);
}
