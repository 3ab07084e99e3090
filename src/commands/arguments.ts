/** Parses the flags of every command except `serve`, which has options (command-line.ts). */

import { parseArgs } from 'node:util';
import { UsageError } from '../settings/config.ts';
import { suggestion } from '../suggest.ts';

export interface Flags {
  /** The last value of each flag, by the flag's name without dashes. */
  values: ReadonlyMap<string, string>;
  /** All values of a repeated flag, in order. */
  all(name: string): readonly string[];
  switches: ReadonlySet<string>;
  positionals: readonly string[];
}

/**
 * Parses a command's arguments. Returns undefined if they ask for help. Throws UsageError for an unknown flag, and
 * for a flag whose value is missing.
 */
export function readArguments(
  args: readonly string[],
  known: { values: readonly string[]; switches?: readonly string[] },
): Flags | undefined {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  };
  for (const name of known.values) options[name] = { type: 'string' };
  for (const name of known.switches ?? []) options[name] = { type: 'boolean' };
  const { tokens, positionals } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const given: [name: string, value: string][] = [];
  const switches = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(options, token.name) ? options[token.name]!.type : undefined;
    if (!type) {
      const flags = Object.keys(options).map((name) => `--${name}`);
      throw new UsageError(`Unknown option ${token.rawName}.${suggestion(token.rawName, flags)}`);
    }
    if (token.name === 'help') return undefined;
    // In `--url --data .squab`, the value of `--url` is missing.
    if (type === 'string' && (!token.value || (!token.inlineValue && token.value.startsWith('-')))) {
      throw new UsageError(`${token.rawName} needs a value.`);
    }
    if (type === 'boolean') switches.add(token.name);
    else given.push([token.name, token.value!]);
  }
  const all = (name: string) => given.filter(([other]) => other === name).map(([, value]) => value);
  return { values: new Map(given), all, switches, positionals };
}

/** Throws UsageError if there are positional arguments. For commands that take flags only. */
export function refuseArguments({ positionals }: Flags): void {
  if (positionals[0] !== undefined) throw new UsageError(`Unexpected argument ${JSON.stringify(positionals[0])}.`);
}

export function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** Returns `a`, `a and b`, or `a, b and c`. */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
