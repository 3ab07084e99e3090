/** Every option, stated once: its flag and environment variable follow from its name. */

import { resolve } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { z } from 'zod';

export interface Options {
  /** Port to listen on; 0 picks a free one. */
  port: number;
  /** Address to listen on. */
  host: string;
  /** Folder that keeps everything; without one, everything is in memory. */
  data?: string | undefined;
  /** Region of requests that name none. */
  region: string;
  /** Account of requests that name none: twelve digits. */
  account: string;
  /** URL at which clients reach Squab, for queue URLs; by default each request's own `Host`. */
  baseUrl?: string | undefined;
  /** Believe `X-Forwarded-Host` and `X-Forwarded-Proto`. */
  trustProxy: boolean;
  /** Origins whose web pages may use Squab, such as `http://localhost:5173`; `*` for any. See origins.ts. */
  allowedOrigins: readonly string[];
  /** Public host names at which browsers may reach Squab; `*.example.com` for all below one, `*` for any. */
  allowedHosts: readonly string[];
  /** How many messages of a queue may be in flight; AWS: "a maximum of approximately 120,000". */
  inFlightLimit: number;
  /** AWS's waits of 60 seconds: between purges of a queue, and before a deleted queue's name can be used again. */
  cooldowns: boolean;
  /** AWS's quotas for FIFO queues, such as 300 calls a second. */
  fifoQuotas: boolean;
  /** The least important log lines that are written. */
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

interface Option<T> {
  /** What stands for the value in the help; absent: a switch. */
  value?: string;
  /** For a value that was given; the one message of all its checks completes "--flag cannot be VALUE: …". */
  schema: z.ZodType<T>;
  default: T;
  help: string;
}

/** Digits and nothing else: `Number` also takes an empty text, blanks and `0x10` for numbers. */
const integer = (min: number, max: number) => {
  const readable = (value: unknown) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value);
  return z.preprocess(readable, z.number(`must be a number from ${min} to ${max}`).int().min(min).max(max));
};

/** A list, or a text of its parts with commas between them. */
const listOf = (part: RegExp, message: string) => {
  const readable = (value: unknown) => (typeof value === 'string' ? value.split(',') : value);
  const schema = z.string(message).trim().toLowerCase().regex(part, message);
  return z.preprocess(readable, z.array(schema, message).readonly());
};

const ORIGIN = /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+)$/;
const HOST_NAME = /^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*)$/;

const onOrOff = z.union([z.boolean(), z.stringbool()], 'must be true or false');

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const options: { [Name in keyof Required<Options>]: Option<Options[Name]> } = {
  port: {
    value: 'PORT',
    schema: integer(0, 65_535),
    default: 9324,
    help: 'port to listen on; 0 picks a free one',
  },
  host: {
    value: 'ADDRESS',
    schema: z.string('must be an address or a host name').min(1),
    default: '127.0.0.1',
    help: 'address to listen on',
  },
  data: {
    value: 'DIR',
    // Absolute from here on, so that the log, the banner and errors name the place itself.
    schema: z
      .string('must be the path of a folder')
      .min(1)
      .transform((folder) => resolve(folder)),
    default: undefined,
    help: 'folder that keeps everything; without it, everything is in memory',
  },
  region: {
    value: 'REGION',
    schema: z.string('must be a region such as us-east-1').regex(/^[a-z0-9-]+$/),
    default: 'us-east-1',
    help: 'region of requests that name none',
  },
  account: {
    value: 'ID',
    schema: z.string('must have twelve digits').regex(/^\d{12}$/),
    default: '000000000000',
    help: 'account of requests that name none',
  },
  baseUrl: {
    value: 'URL',
    schema: z.string('must be a URL such as http://sqs.local:9324').refine(isBase),
    default: undefined,
    help: "start of the queue URLs in answers; by default each request's own Host",
  },
  trustProxy: {
    schema: onOrOff,
    default: false,
    help: 'believe X-Forwarded-Host and X-Forwarded-Proto',
  },
  allowedOrigins: {
    value: 'LIST',
    schema: listOf(ORIGIN, 'must be origins such as http://localhost:5173 with commas between them, or *'),
    default: [],
    help: 'origins whose web pages may use Squab, or *',
  },
  allowedHosts: {
    value: 'LIST',
    schema: listOf(
      HOST_NAME,
      'must be host names such as sqs.example.com or *.example.com with commas between them, or *',
    ),
    default: [],
    help: 'public host names at which browsers may reach it, or *',
  },
  inFlightLimit: {
    value: 'COUNT',
    schema: integer(1, 1_000_000_000),
    default: 120_000,
    help: 'messages of a queue that may be in flight',
  },
  cooldowns: {
    schema: onOrOff,
    default: false,
    help: "AWS's waits of 60 seconds after PurgeQueue and DeleteQueue",
  },
  fifoQuotas: {
    schema: onOrOff,
    default: false,
    help: "AWS's throughput quotas for FIFO queues",
  },
  logLevel: {
    value: 'LEVEL',
    schema: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`),
    default: 'info',
    help: `least important log lines to write: ${LOG_LEVELS.join(', ')}`,
  },
};

/** Whether queue URLs can begin with it: no query or fragment, for a path follows. */
function isBase(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:\/\//i.test(text) && url.search === '' && url.hash === '';
}

type Name = keyof Options;
const names = Object.keys(options) as Name[];

/** `baseUrl` → `base-url`. */
const flagOf = (name: Name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** `baseUrl` → `SQUAB_BASE_URL`. */
const variableOf = (name: Name) => `SQUAB_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;

/** An option that cannot be used; the message names it, its value and what it should be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Options as a program gives them, with the defaults for the others. Throws UsageError. */
export function completeOptions(given: Partial<Options>): Options {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(options, name));
  if (unknown !== undefined) throw new UsageError(`There is no option ${unknown}. There are: ${names.join(', ')}.`);
  return complete((name) => given[name], String);
}

export type Command = { kind: 'serve'; options: Options } | { kind: 'help' } | { kind: 'version' };

/** What a command line asks for; flags go before the environment. Throws UsageError. */
export function readCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = readFlags(args);
  if (flags.has('help')) return { kind: 'help' };
  if (flags.has('version')) return { kind: 'version' };
  const given = (name: Name) => flags.get(flagOf(name)) ?? (environment[variableOf(name)] || undefined);
  const origin = (name: Name) => (flags.has(flagOf(name)) ? `--${flagOf(name)}` : variableOf(name));
  return { kind: 'serve', options: complete(given, origin) };
}

function complete(given: (name: Name) => unknown, origin: (name: Name) => string): Options {
  const result: Record<string, unknown> = {};
  for (const name of names) {
    const value = given(name);
    const option = options[name];
    if (value === undefined) {
      result[name] = option.default;
      continue;
    }
    const parsed = option.schema.safeParse(value);
    if (!parsed.success) {
      const shown =
        typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Infinity });
      throw new UsageError(`${origin(name)} cannot be ${shown}: ${parsed.error.issues[0]!.message}.`);
    }
    result[name] = parsed.data;
  }
  return result as unknown as Options;
}

function readFlags(args: readonly string[]): Map<string, string | true> {
  const known: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  };
  for (const name of names) known[flagOf(name)] = { type: options[name].value ? 'string' : 'boolean' };
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true });
  const flags = new Map<string, string | true>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`There is no argument ${JSON.stringify(token.value)}.`);
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(known, token.name) ? known[token.name]!.type : undefined;
    if (!type) throw new UsageError(`There is no option ${token.rawName}.`);
    // In `--data --port 0` the value was forgotten. One that does begin with a dash can be given as `--data=-x`.
    const isValue = token.inlineValue || !token.value?.startsWith('-');
    if (type === 'string' && (token.value === undefined || !isValue)) {
      throw new UsageError(`${token.rawName} needs a value.`);
    }
    flags.set(token.name, token.value ?? true);
  }
  return flags;
}

/** The text of `squab --help`. */
export function helpText(): string {
  const rows = names.map((name): [flag: string, help: string, variable: string] => {
    const { value, default: standard, help } = options[name];
    const shown = standard === false || String(standard ?? '') === '' ? '' : ` (${standard})`;
    return [`--${flagOf(name)}${value ? ` ${value}` : ''}`, `${help}${shown}`, variableOf(name)];
  });
  rows.push(['-v, --version', 'print the version', ''], ['-h, --help', 'print this', '']);
  const [flagWidth, variableWidth] = [0, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    'squab: an Amazon SQS for development and tests',
    '',
    'Usage: squab [options]',
    '',
    ...rows.map(([flag, help, variable]) =>
      `  ${flag.padEnd(flagWidth!)}  ${variable.padEnd(variableWidth!)}  ${help}`.trimEnd(),
    ),
    '',
    'Every option can also be given as the environment variable beside it; a flag goes before its variable.',
  ].join('\n');
}
