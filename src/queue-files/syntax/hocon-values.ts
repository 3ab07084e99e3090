/** HOCON as it is written: values before substitutions, and the rules for keys that are set more than once. */

export interface Text {
  kind: 'text';
  at: string;
  text: string;
  quoted: boolean;
}

/** `${path}`, or `${?path}` if it is optional. */
export interface Substitution {
  kind: 'substitution';
  at: string;
  path: readonly string[];
  optional: boolean;
  /** The path of the object in which the file was included: a path in the file is first looked up below it. */
  within: readonly string[];
}

interface RawList {
  kind: 'list';
  at: string;
  items: Raw[];
}

export interface RawObject {
  kind: 'object';
  at: string;
  fields: Map<string, Field>;
}

/** Adjacent values on one line, which become one string, list or object. */
export interface Concatenation {
  kind: 'concatenation';
  at: string;
  parts: Part[];
}

/** The item of `key += item`. */
export interface Addition {
  kind: 'addition';
  at: string;
  item: Raw;
}

export type Part = Text | Substitution | RawList | RawObject;
export type Raw = Part | Concatenation | Addition;

export interface Field {
  at: string;
  /**
   * The values that the key was set to, the first one first. A later value replaces the earlier ones, but objects are
   * merged with them, and `${key}` in a value refers to them.
   */
  values: Raw[];
}

/** Sets the value of a path: creates the objects on it, and merges what can be merged at once. */
export function put(object: RawObject, path: readonly string[], at: string, value: Raw): void {
  let inner = object;
  for (const key of path.slice(0, -1)) {
    const field = fieldOf(inner, key, at);
    const last = field.values.at(-1);
    const next: RawObject = last?.kind === 'object' ? last : { kind: 'object', at, fields: new Map() };
    if (next !== last) field.values.push(next);
    inner = next;
  }
  add(fieldOf(inner, path.at(-1)!, at), value);
}

/** Adds the fields of an included file to the object that includes it. */
export function merge(object: RawObject, included: RawObject): void {
  for (const [key, { at, values }] of included.fields) for (const value of values) put(object, [key], at, value);
}

function fieldOf(object: RawObject, key: string, at: string): Field {
  let field = object.fields.get(key);
  if (field) field.at = at;
  else {
    field = { at, values: [] };
    object.fields.set(key, field);
  }
  return field;
}

function add(field: Field, value: Raw): void {
  const last = field.values.at(-1);
  if (last?.kind === 'object' && value.kind === 'object') merge(last, value);
  else if (last?.kind === 'list' && value.kind === 'addition') last.items.push(value.item);
  else if (!last && value.kind === 'addition') field.values.push({ kind: 'list', at: value.at, items: [value.item] });
  // Nothing can refer to what it replaces.
  else if (value.kind === 'text') field.values = [value];
  else field.values.push(value);
}
