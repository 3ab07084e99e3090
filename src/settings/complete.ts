/** Checks the options that were given, and adds the defaults of the others. */

import { inspect } from 'node:util';
import { type Name, names, options } from './config.ts';
import type { Options } from './options.ts';
import { UsageError } from './usage-error.ts';

/** Checks the options of a program, and adds the defaults of the others. Throws UsageError. */
export function completeOptions(given: Partial<Options>): Options {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(options, name));
  if (unknown !== undefined) throw new UsageError(`Unknown option ${unknown}. The options are: ${names.join(', ')}.`);
  return complete((name) => given[name], String);
}

/**
 * Checks the options that `given` returns, and adds the defaults of the others. `origin` returns how an option was
 * given: the name of its flag, environment variable or member. Throws UsageError.
 */
export function complete(given: (name: Name) => unknown, origin: (name: Name) => string): Options {
  const result: Record<string, unknown> = {};
  for (const name of names) {
    const value = given(name);
    const option = options[name];
    if (value === undefined) {
      result[name] = option.default;
      continue;
    }
    const parsed = option.schema().safeParse(value);
    if (!parsed.success) {
      const wrong = option.secret ? '' : `, not ${shown(value)}`;
      throw new UsageError(`${origin(name)} ${parsed.error.issues[0]!.message}${wrong}.`);
    }
    const { needs } = option;
    if (needs && parsed.data !== option.default && needs.one.every((other) => given(other) === undefined)) {
      throw new UsageError(`${origin(name)} needs ${needs.one.map(origin).join(' or ')}: ${needs.because}.`);
    }
    result[name] = parsed.data;
  }
  return result as unknown as Options;
}

/** Prints a value as the user gave it. A list of words comes from a flag that was repeated. */
function shown(value: unknown): string {
  if (Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string'))
    return JSON.stringify(value.join(' '));
  return typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: -1, breakLength: Infinity });
}
