/** The flags of the commands but `serve`, which has options. */

import { parseArgs } from 'node:util';
import { UsageError } from '../settings/config.ts';

export interface Flags {
  /** Values of flags, by their names without dashes: the last one of each. */
  values: ReadonlyMap<string, string>;
  /** All values of a flag that was given several times, in order. */
  all(name: string): readonly string[];
  switches: ReadonlySet<string>;
  positionals: readonly string[];
}

/** Undefined: help is asked for. Throws UsageError for a flag that the command does not have. */
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
    if (!type) throw new UsageError(`There is no option ${token.rawName}.`);
    if (token.name === 'help') return undefined;
    // In `--url --data .squab` the value was forgotten.
    if (type === 'string' && (!token.value || (!token.inlineValue && token.value.startsWith('-')))) {
      throw new UsageError(`${token.rawName} needs a value.`);
    }
    if (type === 'boolean') switches.add(token.name);
    else given.push([token.name, token.value!]);
  }
  const all = (name: string) => given.filter(([other]) => other === name).map(([, value]) => value);
  return { values: new Map(given), all, switches, positionals };
}

/** For commands that take flags alone. Throws UsageError where there is something else. */
export function refuseArguments({ positionals }: Flags): void {
  if (positionals[0] !== undefined) throw new UsageError(`There is no argument ${JSON.stringify(positionals[0])}.`);
}

export function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
