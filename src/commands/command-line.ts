/**
 * The command line of `squab serve`: its options as flags and environment variables, and the text of `squab --help`.
 */

import { parseArgs } from 'node:util';
import { complete, type Name, names, options, UsageError } from '../settings/config.ts';
import { credentialIn } from '../settings/credentials.ts';
import type { Options } from '../settings/options.ts';

/** `baseUrl` → `base-url`. */
const flagOf = (name: Name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** `baseUrl` → `SQUAB_BASE_URL`. */
const variableOf = (name: Name) => `SQUAB_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;

export type Command = { kind: 'serve'; options: Options } | { kind: 'help' } | { kind: 'version' };

/** Parses a command line. Flags take precedence over environment variables. Throws UsageError, CredentialsError. */
export function readCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = readFlags(args);
  if (flags.has('help')) return { kind: 'help' };
  if (flags.has('version')) return { kind: 'version' };
  const given = (name: Name) =>
    flags.get(flagOf(name)) ??
    (environment[variableOf(name)] || (name === 'credentials' ? credentialIn(environment) : undefined));
  const origin = (name: Name) =>
    environment[variableOf(name)] && !flags.has(flagOf(name)) ? variableOf(name) : `--${flagOf(name)}`;
  return { kind: 'serve', options: complete(given, origin) };
}

/** A switch that is on by default is shown as the flag that turns it off: `--no-control`. */
const shownFlagOf = (name: Name) => (options[name].default === true ? `no-${flagOf(name)}` : flagOf(name));

function readFlags(args: readonly string[]): Map<string, string | boolean> {
  const known: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  };
  for (const name of names) {
    known[flagOf(name)] = { type: options[name].value ? 'string' : 'boolean' };
    known[shownFlagOf(name)] ??= { type: 'boolean' };
  }
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true });
  const flags = new Map<string, string | boolean>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`Unexpected argument ${JSON.stringify(token.value)}.`);
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(known, token.name) ? known[token.name]!.type : undefined;
    if (!type) throw new UsageError(`Unknown option ${token.rawName}.`);
    // In `--data --port 0`, the value of `--data` is missing. A value that starts with a dash is given as `--data=-x`.
    const isValue = token.inlineValue || !token.value?.startsWith('-');
    if (type === 'string' && (token.value === undefined || !isValue)) {
      throw new UsageError(`${token.rawName} needs a value.`);
    }
    const turnedOff = names.find((name) => shownFlagOf(name) === token.name && flagOf(name) !== token.name);
    if (turnedOff && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
    if (turnedOff) flags.set(flagOf(turnedOff), false);
    else flags.set(token.name, token.value ?? true);
  }
  return flags;
}

/** Returns the text of `squab --help`: the commands and the options. */
export function helpText(commands: readonly { usage: string; summary: string }[]): string {
  const rows = names.map((name): [flag: string, help: string, variable: string] => {
    const { value, default: standard, help } = options[name];
    const isPlain = standard === undefined || typeof standard === 'boolean' || String(standard) === '';
    const shown = isPlain ? '' : ` (default: ${standard})`;
    return [`--${shownFlagOf(name)}${value ? ` ${value}` : ''}`, `${help}${shown}`, variableOf(name)];
  });
  rows.push(['-v, --version', 'print the version', ''], ['-h, --help', 'show this help', '']);
  const [flagWidth, variableWidth] = [0, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const usageWidth = Math.max(...commands.map(({ usage }) => usage.length));
  return [
    'squab: a local Amazon SQS for development and tests',
    '',
    'Usage:',
    ...commands.map(({ usage, summary }) => `  squab ${usage.padEnd(usageWidth)}  ${summary}`),
    '',
    'Options:',
    ...rows.map(([flag, help, variable]) =>
      `  ${flag.padEnd(flagWidth!)}  ${variable.padEnd(variableWidth!)}  ${help}`.trimEnd(),
    ),
    '',
    'Every option can also be set with the environment variable next to it. Flags take precedence.',
  ].join('\n');
}
