/** From a URL to how to connect: hosts, TLS, passwords, and the settings of a session. */

import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import type { Target } from '../connection.ts';
import { storedPassword } from './password-file.ts';
import { POLLING, UNREAD } from './polling.ts';

/** The database cannot be used. The message says why, and what the user can do. It never contains a password. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

export interface DatabaseOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`; everything but the scheme is optional. */
  url: string;
  /** The schema of Squab's tables. */
  schema?: string | undefined;
  /** Whether to create or update the tables. */
  migrate?: boolean | undefined;
  /** A URL of the same database that does not lead through a pooler, for notifications. */
  listenUrl?: string | undefined;
  /** `process`: the loss of the database's machine may cost the changes of the last half second. */
  durability?: 'process' | 'power' | undefined;
  /** The name of this node, for those who look at the connections of the database. */
  node?: string | undefined;
}

export const SCHEMA = 'squab';

/**
 * Settings without which plans, isolation and bounds are not what the statements were written for. Statements are planned
 * once, when tables may be empty; these settings make that plan the right one for full tables too. A statement that takes
 * too long is cancelled by the server before the lane gives its connection up (lanes.ts): then nothing has happened.
 *
 * With a schema of others in the search path, such as `public`, their operators could be carried out with this role's rights.
 */
export const SETTINGS: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  // A warning says that a commit may not be on a standby.
  client_min_messages: 'notice',
  search_path: 'pg_catalog',
  array_nulls: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_bitmapscan: 'off',
  jit: 'off',
  statement_timeout: '8s',
  lock_timeout: '5s',
  idle_in_transaction_session_timeout: '10s',
  idle_session_timeout: '0',
  [POLLING]: '5s',
  // The limits on statements and transactions do not end one whose answer a node does not read, as while it is frozen.
  [UNREAD]: '10000',
};

const EXAMPLE = 'such as postgres://squab:PASSWORD@db.example.com:5432/squab';

/** Throws DatabaseUnusable if the URL is wrong. */
export function targetOf(options: DatabaseOptions, url = options.url): Target {
  const { schema = SCHEMA, durability = 'power', node } = options;
  checkSchema(schema);
  const parsed = parse(url);
  const { searchParams: parameters } = parsed;
  const { env } = process;
  const host =
    parameters.get('host') ?? (decoded(parsed.hostname.replace(/^\[(.*)\]$/, '$1')) || (env.PGHOST ?? 'localhost'));
  const port = Number(parameters.get('port') ?? (parsed.port || (env.PGPORT ?? '5432')));
  const user = decoded(parsed.username) || parameters.get('user') || (env.PGUSER ?? userInfo().username);
  const database = decoded(parsed.pathname.slice(1)) || (env.PGDATABASE ?? user);
  const place = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const where = `the database ${database} on ${place}`;
  const ssl = tlsOf(parsed, where, host);
  const given = decoded(parsed.password) || parameters.get('password') || env.PGPASSWORD;
  return {
    ...{ schema, where },
    config: {
      ...{ host, port, user, database },
      // A function: what is not set would be looked for, and warned of, by the package.
      password: () => given ?? storedPassword({ host, port: String(port), database, user }) ?? '',
      ssl,
      enableChannelBinding: isBound(parsed, where, ssl !== false),
      options: settingsOf(parameters.get('options') ?? env.PGOPTIONS ?? '', durability),
      application_name: `squab${node === undefined ? '' : `/${node}`}`.slice(0, 63),
    },
  };
}

/** The longest name of a schema: longer ones are cut by PostgreSQL. */
const NAME_MAX = 63;

function checkSchema(schema: string): void {
  // In statements, `squab.` stands for the schema.
  const isWrong = /^pg(_|$)|\0|squab(_snapshots)?\./.test(schema) || !schema.isWellFormed();
  if (schema === '' || isWrong || Buffer.byteLength(schema) > NAME_MAX) {
    throw new DatabaseUnusable(
      `${JSON.stringify(schema)} cannot be the name of a schema: it must have 1 to ${NAME_MAX} bytes, not be pg or begin with ` +
        'pg_, and not contain "squab.".',
    );
  }
}

/** Never shows the URL: it may contain a password. */
function parse(url: string): URL {
  const wrong = (why: string) => new DatabaseUnusable(`The URL of the database ${why}; it must be a URL ${EXAMPLE}.`);
  if (!/^postgres(ql)?:\/\//i.test(url)) throw wrong('does not begin with postgres:// or postgresql://');
  if (/^[^/]*\/\/[^/?]*,/.test(url.replace(/^(postgres(?:ql)?:\/\/)[^@/]*@/i, '$1')))
    throw wrong('names several hosts, which is not supported');
  if (!URL.canParse(url)) {
    throw wrong('cannot be read (characters such as @, /, # or % in a password must be percent-encoded)');
  }
  const parsed = new URL(url);
  if (![parsed.username, parsed.password, parsed.hostname, parsed.pathname].every(isDecodable)) {
    throw wrong('has a % that is not the beginning of a percent-encoded character');
  }
  // A / ? or # in a password ends the host too early, and messages would show the rest of the password.
  if ([parsed.pathname, parsed.hash, ...parsed.searchParams.keys()].some((part) => part.includes('@'))) {
    throw wrong('has an @ after the host (characters such as @, /, ? or # in a password must be percent-encoded)');
  }
  const unknown = [...parsed.searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  const named = parsed.search.includes('@') ? '' : `, ${unknown}`;
  if (unknown !== undefined) throw wrong(`has an unknown parameter${named} (known are ${PARAMETERS.join(', ')})`);
  return parsed;
}

const decoded = (text: string) => decodeURIComponent(text);

/** Uses the result of decoding: a bundler removes a call that only might throw. */
function isDecodable(text: string): boolean {
  try {
    return decoded(text).length <= text.length;
  } catch {
    return false;
  }
}

const PARAMETERS = [
  ...['host', 'port', 'user', 'password', 'options', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'application_name'],
  ...['connect_timeout', 'channel_binding', 'uselibpqcompat', 'target_session_attrs', 'gssencmode', 'pgbouncer'],
];

const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/**
 * Certificates are verified whenever the URL asks for TLS. `no-verify` does not; nor does `require` with
 * `uselibpqcompat=true`, as the package `pg` has it.
 */
function tlsOf({ searchParams: parameters }: URL, where: string, host: string): boolean | ConnectionOptions {
  const mode = parameters.get('sslmode') ?? process.env.PGSSLMODE;
  const root = parameters.get('sslrootcert') ?? process.env.PGSSLROOTCERT;
  if ((parameters.get('gssencmode') ?? process.env.PGGSSENCMODE) === 'require') {
    throw new DatabaseUnusable(`gssencmode=require is not supported for ${where}. Encrypt with sslmode=verify-full.`);
  }
  if (mode === undefined && root === undefined) return false;
  if (mode === 'disable') return false;
  if (mode !== undefined && !TLS_MODES.includes(mode)) {
    throw new DatabaseUnusable(
      `sslmode=${mode} is not supported for ${where}: it must be one of ${TLS_MODES.join(', ')}. Best is verify-full.`,
    );
  }
  const file = (name: string, path: string | undefined | null) => {
    if (path === undefined || path === null || path === 'system') return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new DatabaseUnusable(`The file of ${name} for ${where} cannot be read (${(error as Error).message}).`);
    }
  };
  const tls: ConnectionOptions = {};
  const [ca, cert, key] = [
    file('sslrootcert', root),
    file('sslcert', parameters.get('sslcert')),
    file('sslkey', parameters.get('sslkey')),
  ];
  if (ca !== undefined) tls.ca = ca;
  if (cert !== undefined) tls.cert = cert;
  if (key !== undefined) tls.key = key;
  const lax = mode === 'require' && parameters.get('uselibpqcompat') === 'true' && ca === undefined;
  if (mode === 'no-verify' || lax) tls.rejectUnauthorized = false;
  if (mode === 'verify-ca') tls.checkServerIdentity = () => undefined;
  return host.startsWith('/') ? false : tls;
}

const CHANNEL_BINDINGS = ['disable', 'prefer', 'require'];

/** Whether the login must be bound to the TLS connection. `prefer` promises nothing. */
function isBound({ searchParams: parameters }: URL, where: string, hasTls: boolean): boolean {
  const wanted = parameters.get('channel_binding') ?? process.env.PGCHANNELBINDING ?? 'prefer';
  if (!CHANNEL_BINDINGS.includes(wanted)) {
    const known = CHANNEL_BINDINGS.join(', ');
    throw new DatabaseUnusable(`channel_binding=${wanted} is not supported for ${where}: it must be one of ${known}.`);
  }
  if (wanted !== 'require') return false;
  if (!hasTls) throw new DatabaseUnusable(`channel_binding=require for ${where} needs TLS. Add sslmode=verify-full.`);
  return true;
}

/** The settings as options of the server process, after those of the user. */
function settingsOf(own: string, durability: 'process' | 'power'): string {
  const settings = { ...SETTINGS, ...(durability === 'process' ? { synchronous_commit: 'off' } : {}) };
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`);
  return [own.trim(), ...ours].filter(Boolean).join(' ');
}
