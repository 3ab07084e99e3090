/**
 * Texts in policies: wildcards, and variables such as `${aws:username}`.
 * Source: IAM User Guide, "IAM policy elements: Variables and tags" and "Amazon Resource Name (ARN) condition operators".
 */

/** The value of a variable, by its name in lower case. */
export type Variables = (name: string) => string | undefined;

/** One text of a policy, ready to be compared. */
export interface Pattern {
  /** The text with its variables filled in, taken literally; undefined when the request lacks one of them. */
  text: string | undefined;
  /** `*` stands for any characters, `?` for one. */
  matches(value: string): boolean;
  /** As `matches`, each of the six parts of an ARN by itself: `*` in one does not reach into the next. */
  matchesArn(value: string): boolean;
}

/** `*` and `?` where they are wildcards. What comes from a variable is literal, whatever characters it has. */
const ANY = Symbol('*');
const ONE = Symbol('?');
type Token = string | typeof ANY | typeof ONE;

/** Without `variables`, as in policies of before 2012, `${` is a text like any other. */
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

/** A token for each character; undefined when there is no value for a variable. */
function tokensOf(text: string, variables: Variables | undefined): Token[] | undefined {
  const tokens: Token[] = [];
  const parts = variables ? /\$\{([^},]*)(?:,\s*'([^']*)'\s*)?\}|[\s\S]/gu : /[\s\S]/gu;
  for (const [whole, name, fallback] of text.matchAll(parts)) {
    if (whole === '*') tokens.push(ANY);
    else if (whole === '?') tokens.push(ONE);
    else if (name === undefined) tokens.push(whole);
    // `${*}`, `${?}` and `${$}` are how these characters are spelled themselves.
    else if (/^[*?$]$/.test(name)) tokens.push(name);
    else {
      const value = variables?.(name.trim().toLowerCase()) ?? fallback;
      if (value === undefined) return undefined;
      tokens.push(...value);
    }
  }
  return tokens;
}

/** Divided at the first five colons. */
function arnParts<T>(tokens: readonly T[]): T[][] {
  const parts: T[][] = [[]];
  for (const token of tokens) {
    if (token === ':' && parts.length < 6) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

/**
 * Whether the tokens spell the value. It goes back to the last `*` only, so that its time grows with the product of the
 * two lengths at most: a regular expression can be made to take for ever.
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
