/**
 * The command line of `squab serve`: its options as flags and environment variables, and the text of `squab --help`.
 */

import { parseArgs } from 'node:util';
import { complete } from '../settings/complete.ts';
import { type Name, names, options, UsageError } from '../settings/config.ts';
import { credentialIn } from '../settings/credentials.ts';
import type { Options } from '../settings/options.ts';
import { suggestion } from '../suggest.ts';

/** `baseUrl` → `base-url`. */
const hyphenated = (name: Name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const flagOf = (name: Name) => options[name].flag ?? hyphenated(name);
/** `baseUrl` → `SQUAB_BASE_URL`. */
const variableOf = (name: Name) => `SQUAB_${hyphenated(name).replaceAll('-', '_').toUpperCase()}`;

/**
 * Kubernetes sets variables such as `SQUAB_PORT=tcp://10.0.0.7:9324` in containers beside a service that is called squab.
 * Source: Kubernetes, "Accessing the Service", "Environment variables".
 */
const SERVICE_LINK = /^(tcp|udp):\/\//;
const SERVICE_LINK_NAMES = /^SQUAB_(SERVICE_|PORT_\d+_)/;

/** Variables of a credential, which are not options. */
const otherVariables = ['SQUAB_ACCESS_KEY_ID', 'SQUAB_SECRET_ACCESS_KEY', 'SQUAB_SESSION_TOKEN'];

export type Command =
  | { kind: 'serve'; options: Options; warnings: readonly string[] }
  | { kind: 'help' }
  | { kind: 'version' };

/** Parses a command line. Flags take precedence over environment variables. Throws UsageError, CredentialsError. */
export function readCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = readFlags(args);
  if (flags.has('help')) return { kind: 'help' };
  if (flags.has('version')) return { kind: 'version' };
  const variable = (name: Name) => {
    const value = environment[variableOf(name)];
    return value === undefined || value === '' || SERVICE_LINK.test(value) ? undefined : value;
  };
  const given = (name: Name) =>
    flags.get(flagOf(name)) ?? variable(name) ?? (name === 'credentials' ? credentialIn(environment) : undefined);
  const origin = (name: Name) =>
    variable(name) !== undefined && !flags.has(flagOf(name)) ? variableOf(name) : `--${flagOf(name)}`;
  return { kind: 'serve', options: complete(given, origin), warnings: unknownVariables(environment) };
}

/** Describes the variables that look like options but are not. */
function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...names.map(variableOf), ...otherVariables];
  const unknown = Object.keys(environment).filter(
    (name) => /^SQUAB_/.test(name) && !SERVICE_LINK_NAMES.test(name) && !known.includes(name),
  );
  return unknown.map(
    (name) => `Ignoring the environment variable ${name}: there is no such option.${suggestion(name, known)}`,
  );
}

/** A switch that is on by default is shown as the flag that turns it off: `--no-control`. */
const shownFlagOf = (name: Name) => (options[name].default === true ? `no-${flagOf(name)}` : flagOf(name));

function readFlags(args: readonly string[]): Map<string, string | boolean | string[]> {
  const known: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  };
  for (const name of names) {
    known[flagOf(name)] = { type: options[name].value ? 'string' : 'boolean' };
    known[shownFlagOf(name)] ??= { type: 'boolean' };
  }
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true });
  const flags = new Map<string, string | boolean | string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`Unexpected argument ${JSON.stringify(token.value)}.`);
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(known, token.name) ? known[token.name]!.type : undefined;
    if (!type) {
      const flags = Object.keys(known).map((name) => `--${name}`);
      throw new UsageError(`Unknown option ${token.rawName}.${suggestion(token.rawName, flags)}`);
    }
    // In `--data --port 0`, the value of `--data` is missing. A value that starts with a dash is given as `--data=-x`;
    // a negative number is a value, if never a valid one.
    const isValue = token.inlineValue || !/^-(?!\d)/.test(token.value ?? '');
    if (type === 'string' && (token.value === undefined || !isValue)) {
      throw new UsageError(`${token.rawName} needs a value.`);
    }
    const turnedOff = names.find((name) => shownFlagOf(name) === token.name && flagOf(name) !== token.name);
    if (turnedOff && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
    const isRepeatable = names.some((name) => flagOf(name) === token.name && options[name].repeated);
    if (turnedOff) flags.set(flagOf(turnedOff), false);
    else if (isRepeatable) flags.set(token.name, [flags.get(token.name) ?? [], token.value!].flat() as string[]);
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
