/** Every option, stated once. Its flag and its environment variable follow from its name (command-line.ts). */

import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { z } from 'zod';
import type { Credential } from './credentials.ts';
import type { Options } from './options.ts';

export interface Option<T> {
  /** What stands for the value in the help; absent: a switch. */
  value?: string;
  /** For a value that was given; the one message of all its checks completes "--flag cannot be VALUE: …". */
  schema: z.ZodType<T>;
  default: T;
  help: string;
  /** Another option without which this one (unless it is the default) promises what nobody keeps. */
  needs?: keyof Options;
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
/** One port, or several: a list, or a text with commas between them. */
const ports = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : [value].flat()),
  z.array(integer(0, 65_535)).min(1, 'must name a port').refine(areDistinct, 'must not name a port twice').readonly(),
);

/** Of the zeros each stands for another port. */
function areDistinct(numbers: readonly number[]): boolean {
  const fixed = numbers.filter((port) => port !== 0);
  return new Set(fixed).size === fixed.length;
}

const onOrOff = z.union([z.boolean(), z.stringbool()], 'must be true or false');

const DURABILITIES = ['process', 'power'] as const;
/** Absolute from here on, so that the log, the banner and errors name the place itself. */
const path = (what: string) =>
  z
    .string(`must be the path of a ${what}`)
    .min(1)
    .transform((given) => resolve(given));

const AUTHS = ['none', 'sigv4', 'policy'] as const;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** All options, by name. */
export const options: { [Name in keyof Required<Options>]: Option<Options[Name]> } = {
  port: {
    value: 'PORT',
    schema: ports,
    default: [9324],
    help: 'port to listen on, or several: 9324,4566; 0 picks a free one',
  },
  host: {
    value: 'ADDRESS',
    schema: z.string('must be an address or a host name').min(1),
    default: '127.0.0.1',
    help: 'address to listen on',
  },
  data: {
    value: 'DIR',
    schema: path('folder'),
    default: undefined,
    help: 'folder that keeps everything; without it, everything is in memory',
  },
  config: {
    value: 'FILE',
    schema: path('file'),
    default: undefined,
    help: 'file of queues to make at the start, such as squab.yaml',
  },
  autoCreate: {
    schema: onOrOff,
    default: false,
    help: 'make queues when they are first used',
  },
  durability: {
    value: 'WHAT',
    schema: z.enum(DURABILITIES, `must be one of ${DURABILITIES.join(', ')}`),
    default: 'process',
    help: 'what data on disk survive: the end of the process, or also of power',
    needs: 'data',
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
    help: 'believe X-Forwarded-Host, X-Forwarded-Proto and X-Forwarded-For',
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
  control: {
    schema: onOrOff,
    default: true,
    help: 'do without the control interface, below /_squab',
  },
  journal: {
    value: 'COUNT',
    schema: integer(0, 1_000_000),
    default: 3000,
    help: 'messages whose histories are kept; 0 for none',
  },
  auth: {
    value: 'MODE',
    schema: z.enum(AUTHS, `must be one of ${AUTHS.join(', ')}`),
    default: 'none',
    help: 'none takes any credentials, sigv4 checks signatures, policy also queue policies',
  },
  credentials: {
    value: 'FILE',
    schema: z.union([path('file'), z.array(z.custom<Credential>())], 'must be the path of a file, or a list'),
    default: undefined,
    help: 'credentials for --auth, in a file like ~/.aws/credentials',
  },
  tlsCert: {
    value: 'FILE',
    schema: path('file'),
    default: undefined,
    help: 'certificate (PEM), to speak HTTPS',
  },
  tlsKey: {
    value: 'FILE',
    schema: path('file'),
    default: undefined,
    help: 'key of the certificate (PEM)',
  },
  metrics: {
    schema: onOrOff,
    default: false,
    help: 'keep metrics, and serve them for Prometheus at /metrics',
  },
  readyFile: {
    value: 'FILE',
    schema: path('file'),
    default: undefined,
    help: 'file to write when it listens, with its url, port and pid; removed when it stops',
  },
  stopWithStdin: {
    schema: onOrOff,
    default: false,
    help: 'stop when standard input ends, as it does with the program that started Squab',
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

export type Name = keyof Options;
export const names = Object.keys(options) as Name[];

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

/** Options from wherever they are given, checked; `origin` says what an option is called there. Throws UsageError. */
export function complete(given: (name: Name) => unknown, origin: (name: Name) => string): Options {
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
        typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: -1, breakLength: Infinity });
      throw new UsageError(`${origin(name)} cannot be ${shown}: ${parsed.error.issues[0]!.message}.`);
    }
    if (option.needs && parsed.data !== option.default && given(option.needs) === undefined) {
      throw new UsageError(`${origin(name)} needs ${origin(option.needs)}: what is in memory survives nothing.`);
    }
    result[name] = parsed.data;
  }
  return result as unknown as Options;
}
