/**
 * Every option, with its checks, default and help. Flags and environment variables follow from the names
 * (command-line.ts).
 */

import { z } from 'zod';
import { BASE_URL, baseUrlOf, isBaseUrl } from './base-url.ts';
import { HOST_NAME, integer, listOf, oneOf, onOrOff, origins, path, ports } from './checks.ts';
import type { Credential } from './credentials.ts';
import { functionsSchema } from './functions-schema.ts';
import { namesAndValues } from './names-and-values.ts';
import type { Options } from './options.ts';

export { UsageError } from './usage-error.ts';

export interface Option<T> {
  /** The placeholder for the value in the help; a switch has none. */
  value?: string;
  /** The flag, if it is not the option's name with hyphens. */
  flag?: string;
  /** The flag may be repeated: the schema gets a list. */
  repeated?: true;
  /**
   * Makes the schema that checks a given value. The messages complete "--flag …, not VALUE." A start makes those of the
   * options that were given: all of them took a tenth of its time.
   */
  schema: () => z.ZodType<T>;
  default: T;
  help: string;
  /** Other options of which one must be set too, unless this one has its default; and why. */
  needs?: { one: readonly (keyof Options)[]; because: string };
  /** The value may contain a password, so nothing ever shows it. */
  secret?: true;
}

const DURABILITIES = ['process', 'power'] as const;
const YES_OR_NO = ['yes', 'no'] as const;
const AUTHS = ['none', 'sigv4', 'policy'] as const;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const DATABASE_URL = 'must be a URL that begins with postgres:// or postgresql://';
const needsDatabase: Option<unknown>['needs'] = { one: ['database'], because: 'it is about a database' };

/** All options, by name. */
export const options: { [Name in keyof Required<Options>]: Option<Options[Name]> } = {
  port: {
    value: 'PORT',
    schema: ports,
    default: [9324],
    help: 'port to listen on, or several such as 9324,4566; 0 picks a free port',
  },
  host: {
    value: 'ADDRESS',
    schema: () => z.string('must be an address or host name').min(1),
    default: '127.0.0.1',
    help: 'address to listen on',
  },
  data: {
    value: 'DIR',
    schema: () => path('folder'),
    default: undefined,
    help: 'folder for queues and messages; without it, they are kept in memory',
  },
  database: {
    value: 'URL',
    ...{ secret: true },
    schema: () => z.string(DATABASE_URL).regex(/^postgres(ql)?:\/\//i, DATABASE_URL),
    default: undefined,
    help: 'PostgreSQL database for queues and messages, which several Squabs can share',
  },
  databaseSchema: {
    value: 'NAME',
    schema: () => z.string('must be the name of a schema').min(1).max(63),
    default: 'squab',
    help: 'schema of the tables in the database',
    needs: needsDatabase,
  },
  databaseMigrate: {
    value: 'WHEN',
    schema: () => z.enum(YES_OR_NO, `must be ${oneOf(YES_OR_NO)}`),
    default: 'yes',
    help: 'whether to create and update the tables at startup: yes or no',
    needs: needsDatabase,
  },
  databaseListen: {
    value: 'URL',
    ...{ secret: true },
    schema: () => z.string(DATABASE_URL).regex(/^postgres(ql)?:\/\//i, DATABASE_URL),
    default: undefined,
    help: 'URL of the same database for notifications, if --database leads through a pooler',
    needs: needsDatabase,
  },
  nodeName: {
    value: 'NAME',
    schema: () => z.string('must be a name such as squab-1').regex(/^[\w.-]{1,48}$/, 'must be a name such as squab-1'),
    default: undefined,
    help: 'beginning of the name of this Squab among those on the database (default: host name)',
    needs: needsDatabase,
  },
  config: {
    value: 'FILE',
    schema: () => path('file'),
    default: undefined,
    help: 'file of queues to create at startup, such as squab.yaml',
  },
  parameters: {
    value: 'NAME=VALUE',
    ...{ flag: 'parameter', repeated: true },
    schema: () =>
      z.preprocess(namesAndValues, z.record(z.string(), z.string('must be NAME=VALUE, such as Stage=dev')).readonly()),
    default: undefined,
    help: 'value of a parameter of the file of queues; can be repeated',
  },
  stackName: {
    value: 'NAME',
    schema: () => z.string('must be a name such as my-stack').regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/),
    default: undefined,
    help: "the template's AWS::StackName (default: squab)",
  },
  functions: {
    value: 'NAME=URL',
    ...{ flag: 'function', repeated: true },
    schema: functionsSchema,
    default: undefined,
    help: 'URL of a function that queues can feed; *=URL is for all others; can be repeated',
  },
  autoCreate: {
    schema: onOrOff,
    default: false,
    help: 'create queues when they are first used',
  },
  durability: {
    value: 'WHAT',
    schema: () => z.enum(DURABILITIES, `must be ${oneOf(DURABILITIES)}`),
    default: undefined,
    help: 'worst failure that data survives: process (default of --data) or power (of --database)',
    needs: { one: ['data', 'database'], because: 'data in memory is lost when Squab stops' },
  },
  region: {
    value: 'REGION',
    schema: () => z.string('must be a region such as us-east-1').regex(/^[a-z0-9-]+$/),
    default: 'us-east-1',
    help: 'region of requests that do not specify one',
  },
  account: {
    value: 'ID',
    schema: () => z.string('must be a 12-digit account ID').regex(/^\d{12}$/),
    default: '000000000000',
    help: 'account of requests that do not specify one',
  },
  baseUrl: {
    value: 'URL',
    schema: () => z.string(BASE_URL).transform(baseUrlOf).refine(isBaseUrl, BASE_URL),
    default: undefined,
    help: 'base of queue URLs, such as http://sqs.{region}.local; default: the Host header',
  },
  linkUrl: {
    value: 'URL',
    schema: () => z.string(BASE_URL).transform(baseUrlOf).refine(isBaseUrl, BASE_URL),
    default: undefined,
    help: 'base of links in messages of topics; default: as --base-url',
  },
  confirmHttp: {
    schema: onOrOff,
    default: false,
    help: 'confirm subscriptions of HTTP endpoints without asking the endpoints',
  },
  publicEndpoints: {
    schema: onOrOff,
    default: false,
    help: 'let SNS deliver to HTTP endpoints at any address, not only to local and private ones',
  },
  anyCertificate: {
    schema: onOrOff,
    default: false,
    help: 'accept any certificate of an HTTPS endpoint to which SNS delivers',
  },
  trustProxy: {
    schema: onOrOff,
    default: false,
    help: 'trust X-Forwarded-Host, X-Forwarded-Proto and X-Forwarded-For',
  },
  allowedOrigins: {
    value: 'LIST',
    schema: () => origins('must be * or a comma-separated list of origins such as http://localhost:5173'),
    default: [],
    help: 'origins whose web pages may use Squab, separated by commas, or *',
  },
  allowedHosts: {
    value: 'LIST',
    schema: () =>
      listOf(HOST_NAME, 'must be * or a comma-separated list of host names such as sqs.example.com or *.example.com'),
    default: [],
    help: 'public host names at which browsers may reach Squab, separated by commas, or *',
  },
  inFlightLimit: {
    value: 'COUNT',
    schema: () => integer(1, 1_000_000_000),
    default: 120_000,
    help: 'maximum number of messages in flight per queue',
  },
  cooldowns: {
    schema: onOrOff,
    default: false,
    help: "enforce AWS's 60-second waits (purges, deletions, FIFO throughput settings)",
  },
  fifoQuotas: {
    schema: onOrOff,
    default: false,
    help: "enforce AWS's throughput quotas for FIFO queues",
  },
  control: {
    schema: onOrOff,
    default: true,
    help: 'turn off the control interface at /_squab (SQUAB_CONTROL=false)',
  },
  console: {
    schema: onOrOff,
    default: true,
    help: 'turn off the console, the page for browsers at / (SQUAB_CONSOLE=false)',
  },
  readOnlyConsole: {
    schema: onOrOff,
    default: false,
    help: 'hide everything in the console that changes something',
  },
  journal: {
    value: 'COUNT',
    schema: () => integer(0, 1_000_000),
    default: 3000,
    help: 'number of messages whose histories are kept; 0 keeps none',
  },
  auth: {
    value: 'MODE',
    schema: () => z.enum(AUTHS, `must be ${oneOf(AUTHS)}`),
    default: 'none',
    help: 'sigv4 checks signatures, policy also enforces resource policies',
  },
  credentials: {
    value: 'FILE',
    schema: () =>
      z.union([path('file'), z.array(z.custom<Credential>())], 'must be the path of a file or a list of credentials'),
    default: undefined,
    help: 'file of credentials for --auth, in the format of ~/.aws/credentials',
  },
  tlsCert: {
    value: 'FILE',
    schema: () => path('file'),
    default: undefined,
    help: 'certificate (PEM), to serve HTTPS; needs --tls-key',
  },
  tlsKey: {
    value: 'FILE',
    schema: () => path('file'),
    default: undefined,
    help: 'private key of the certificate (PEM)',
  },
  localstack: {
    schema: onOrOff,
    default: false,
    help: 'print "Ready." once listening, for tools that start LocalStack',
  },
  metrics: {
    schema: onOrOff,
    default: false,
    help: 'collect metrics, and serve them for Prometheus at /metrics',
  },
  readyFile: {
    value: 'FILE',
    schema: () => path('file'),
    default: undefined,
    help: 'file to write when Squab is ready, with its url, port and pid; removed when it stops',
  },
  stopWithStdin: {
    schema: onOrOff,
    default: false,
    help: 'stop when standard input ends, so that Squab ends with the program that started it',
  },
  logLevel: {
    value: 'LEVEL',
    schema: () => z.enum(LOG_LEVELS, `must be ${oneOf(LOG_LEVELS)}`),
    default: 'info',
    help: `lowest level to log: ${oneOf(LOG_LEVELS)}`,
  },
};

export type Name = keyof Options;
export const names = Object.keys(options) as Name[];
