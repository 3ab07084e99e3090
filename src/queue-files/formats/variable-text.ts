/** Finds the variables of a serverless.yml in a string: `${self:custom.names.${sls:stage}, 'orders'}`. */

/** A variable: its alternatives, of which the first one with a value counts. */
export interface Variable {
  /** As it is written, for errors. */
  shown: string;
  sources: readonly Source[];
}

/** `opt:stage`, `file(./queues.yml):Resources`, `strToBool(yes)`, or a literal. A part may contain variables. */
export type Source =
  | { kind: 'reference'; type: string; argument: readonly TextPart[]; address: readonly TextPart[] }
  | { kind: 'literal'; value: number | boolean | null }
  | { kind: 'string'; parts: readonly TextPart[] }
  | { kind: 'variable'; variable: Variable };

export type TextPart = string | Variable;

/** The type of a reference, its argument in parentheses, and its address. `${AWS::Region}` is CloudFormation's. */
const REFERENCE = /^([A-Za-z][\w-]*)(?:\(([\s\S]*?)\))?(?::(?!:)([\s\S]*))?$/;

/**
 * Parsing each one reads the rest of the string. No queue's name contains more. Those in other variables count too: text
 * that looks like nested variables is parsed again from each level.
 */
const VARIABLES_MAX = 1000;
const NESTED_MAX = 20;
/** How many characters of a variable an error shows. */
const SHOWN_MAX = 100;

/** Splits a string into text and variables. Anything else in braces, such as `${Name}` of `Fn::Sub`, stays text. */
export function partsOf(text: string): TextPart[] {
  return split(text, 0, { left: VARIABLES_MAX });
}

/** How many more variables may be looked for in a string, at any level. */
interface Looks {
  left: number;
}

function split(text: string, depth: number, looks: Looks): TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  for (let start = text.indexOf('${'); start !== -1 && depth < NESTED_MAX && looks.left > 0; ) {
    looks.left--;
    const end = endOf(text, start + 2);
    const variable = end === -1 ? undefined : variableOf(text.slice(start + 2, end), depth, looks);
    if (variable) {
      if (start > done) parts.push(text.slice(done, start));
      parts.push(variable);
      done = end + 1;
    }
    start = text.indexOf('${', variable ? done : start + 2);
  }
  if (done < text.length) parts.push(text.slice(done));
  return parts;
}

/** Returns the index of the brace that closes a variable whose content begins at `start`; -1 if there is none. */
function endOf(text: string, start: number): number {
  let depth = 1;
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (character === '$' && text[at + 1] === '{') depth++;
    else if (character === '}' && --depth === 0) return at;
  }
  return -1;
}

function variableOf(content: string, depth: number, looks: Looks): Variable | undefined {
  const sources = alternativesOf(content).map((one) => sourceOf(one.trim(), depth + 1, looks));
  const [first] = sources;
  if (first?.kind !== 'reference' || sources.includes(undefined)) return undefined;
  const short = content.length > SHOWN_MAX ? `${content.slice(0, SHOWN_MAX)}…` : content;
  return { shown: `\${${short}}`, sources: sources as Source[] };
}

/** Splits at the commas that are in no quotes, parentheses or variables. */
function alternativesOf(content: string): string[] {
  const found = [''];
  let depth = 0;
  let quote = '';
  for (const character of content) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === "'" || character === '"') quote = character;
    else if ('{('.includes(character)) depth++;
    else if ('})'.includes(character)) depth--;
    if (character === ',' && depth === 0 && quote === '') found.push('');
    else found[found.length - 1] += character;
  }
  return found;
}

function sourceOf(text: string, depth: number, looks: Looks): Source | undefined {
  const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(text);
  if (quoted) return { kind: 'string', parts: split(quoted[1] ?? quoted[2]!, depth, looks) };
  if (/^(?:-?\d+(?:\.\d+)?|true|false|null)$/.test(text)) {
    return { kind: 'literal', value: JSON.parse(text) as number | boolean | null };
  }
  if (text.startsWith('${')) {
    const [part, ...others] = split(text, depth, looks);
    return typeof part === 'object' && others.length === 0 ? { kind: 'variable', variable: part } : undefined;
  }
  const [, type, argument, address] = REFERENCE.exec(text) ?? [];
  if (type === undefined || (argument === undefined && address === undefined)) return undefined;
  const parts = (part = '') => split(part, depth, looks);
  return { kind: 'reference', type, argument: parts(argument), address: parts(address) };
}
