/**
 * Arbitrary input for property tests. The seed is fixed, or SQUAB_FUZZ_SEED; a failure prints it with the path to the
 * smallest counterexample. `npm run fuzz` runs each property SQUAB_FUZZ_TIMES as often, with a new seed.
 */

import fc from 'fast-check';
import type { Shape } from '../../src/api/wires/shape.ts';

const times = Number(process.env.SQUAB_FUZZ_TIMES ?? 1);
const seed = Number(process.env.SQUAB_FUZZ_SEED ?? (times > 1 ? Date.now() % 2 ** 31 : 20_121_105));
if (times > 1) console.log(`SQUAB_FUZZ_SEED=${seed} SQUAB_FUZZ_TIMES=${times}`);

/** Returns options that run a property `count` times, multiplied by SQUAB_FUZZ_TIMES. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: count * times };
}

fc.configureGlobal({ seed, ...runs(150) });

/** Strings that some layer might mistake for something other than a string. */
const delicate = fc.constantFrom(
  ...['', ' ', '__proto__', 'constructor', 'toString', 'length', 'All', '1', 'member', 'entry', 'entry.1', 'a.1.Name'],
  ...['a+b', '100%', '%41', 'a&b', 'x=y', 'a;b', 'a/b==', '#', '?', '\r\n', '\r', '\t', '\u0000', '\ufeff'],
  ...['<a/>', '&amp;', ']]>', '"', "'", '\\', '{}', 'null', 'true', '-0', '😀', 'é', '\u2028', '\ufffd'],
);

/** Any string that UTF-8 can encode. */
export const text = fc.oneof(delicate, fc.string({ unit: 'binary', maxLength: 12 }));

/**
 * Keys of a map, without backslashes: after Node.js 24.21 (V8 13.6) has parsed `{"a":{},"\\":{}}`, it also reads the
 * key in `{"a":{},"\r":{}}` as `\`, a bug in its JSON.parse that keys with a backslash trigger.
 */
const key = text.filter((name) => !name.includes('\\'));

/**
 * Input of the shape with correct types and any values. Lists and maps are never empty, as a form cannot express
 * that.
 */
export function valid(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure': {
      const members = Object.entries(shape.members);
      const requiredKeys = members.flatMap(([name, { required }]) => (required ? [name] : []));
      const arbitraries = members.map(([name, member]) => [name, valid(member.shape)] as const);
      return fc.record(Object.fromEntries(arbitraries), { requiredKeys, noNullPrototype: true });
    }
    case 'list':
      return fc.array(valid(shape.member), { minLength: 1, maxLength: 3 });
    case 'map': {
      const entries = fc.tuple(key, valid(shape.value));
      const options = { minLength: 1, maxLength: 3, selector: ([name]: [string, unknown]) => name };
      return fc.uniqueArray(entries, options).map((entries) => new Map(entries));
    }
    case 'integer':
      return fc.oneof(fc.integer(), fc.integer({ min: -5, max: 50_000 }));
    case 'boolean':
      return fc.boolean();
    case 'blob':
      return fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    default:
      return text;
  }
}

/** Returns input as a JavaScript client writes it: maps are objects, in which `__proto__` is a key like any other. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, entry]) => [key, plain(entry)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}
