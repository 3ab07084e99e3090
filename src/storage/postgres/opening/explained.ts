/** What a failure to connect means, and what the user can do about it. */

import type { Target } from '../connection.ts';
import { codeOf } from '../faults.ts';
import { DatabaseUnusable } from './target.ts';

/** Codes of sockets, TLS and the server; patterns of messages where there is no code. The first that fits is used. */
const REASONS: readonly [found: RegExp, say: (target: Target, error: Error) => string][] = [
  [
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOENT|ETIMEDOUT|ECONNRESET)|timeout expired/,
    ({ where }) => `Nothing answers at ${where}. Start the server, or correct host and port in --database.`,
  ],
  [
    /^(EPROTO|ERR_SSL)|Connection terminated unexpectedly/,
    ({ where }) =>
      `The connection to ${where} ended before a PostgreSQL server answered. Check host and port in --database.`,
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN)/,
    ({ where, config }) => `The host ${config.host} of ${where} is not known. Correct it in --database.`,
  ],
  [
    /^28P01|password must be a (non-empty )?string|^28000.*password/,
    ({ where, config }) =>
      `The role ${config.user} cannot log in to ${where}: the password is missing or wrong. It is taken from the URL, ` +
      'from PGPASSWORD or from ~/.pgpass.',
  ],
  [
    /^28000 channel binding/,
    ({ where }) =>
      `The login to ${where} is not bound to its TLS connection, which channel_binding=require asks for. Use a role whose ` +
      'password is kept as SCRAM-SHA-256, without a pooler that lacks channel binding; or leave channel_binding out.',
  ],
  [
    /^28000/,
    ({ where, config }, { message }) =>
      `The role ${config.user} cannot log in to ${where} (${message}). Create the role, or allow it in pg_hba.conf.`,
  ],
  [
    /^3D000/,
    ({ where, config }) => `There is no ${where.replace(/^the /, '')}. Create it: CREATE DATABASE ${config.database}.`,
  ],
  [
    /^53300/,
    ({ where }) => `The server of ${where} has no free connections. Raise max_connections, or run fewer nodes.`,
  ],
  [/^57P03/, ({ where }) => `The server of ${where} is still starting, or is stopping. Try again in a moment.`],
  [
    /^42704.*(client_connection_check_interval|idle_session_timeout|plan_cache_mode|jit)/,
    ({ where }) => `The server of ${where} is older than PostgreSQL 14. Squab needs PostgreSQL 14 or newer.`,
  ],
  [
    /^(42P05|26000)/,
    ({ where }) =>
      `A pooler in front of ${where} lends connections out by the transaction, and does not keep prepared statements ` +
      'apart. Use PgBouncer 1.21 or newer with max_prepared_statements, or pool_mode = session; or connect without it.',
  ],
  [
    /statement pooling mode/,
    ({ where }) =>
      `A pooler in front of ${where} allows no transactions. Set pool_mode = transaction, or session, in PgBouncer.`,
  ],
  [
    /unsupported startup parameter/,
    ({ where, config }, { message }) =>
      `A pooler in front of ${where} refuses the settings of the session (${message}). Set ignore_startup_parameters = ` +
      `options in PgBouncer, and the settings with ALTER ROLE ${config.user} SET …; or connect without the pooler.`,
  ],
  [
    /does not support SSL|establishing an SSL connection/,
    ({ where }) => `The server of ${where} does not offer TLS. Turn it on there, or use sslmode=disable.`,
  ],
  [
    /CERT|ALTNAME|VERIFY|certificate/i,
    ({ where }, { message }) =>
      `The certificate of ${where} cannot be trusted (${message}). Give its authority with sslrootcert=FILE, and the ` +
      'name that it was issued for as the host; sslmode=no-verify would trust anyone.',
  ],
  [
    /^(42501|3F000)/,
    ({ where, schema, config }, { message }) =>
      `The role ${config.user} has too few rights for the schema ${schema} of ${where} (${message}). To create the tables, ` +
      `it needs GRANT CREATE ON DATABASE ${config.database} TO ${config.user}; see --database-migrate for the others.`,
  ],
  [
    /^(42P0[167]|42703)/,
    ({ where, schema }, { message }) =>
      `The schema ${schema} of ${where} has tables that are not Squab's, or lacks some (${message}). Choose another with ` +
      '--database-schema.',
  ],
];

/** Returns the error as one that says what to do. Errors that are unknown keep their message, and name the database. */
export function explained(error: unknown, target: Target): Error {
  if (error instanceof DatabaseUnusable) return error;
  const { message } = error as Error;
  const text = `${codeOf(error)} ${message}`;
  const say = REASONS.find(([pattern]) => pattern.test(text) || pattern.test(message))?.[1];
  if (say) return new DatabaseUnusable(sentence(say(target, error as Error)), { cause: error });
  const code = codeOf(error) === '' ? '' : `${codeOf(error)}: `;
  return new DatabaseUnusable(sentence(`${target.where} cannot be used (${code}${message}).`), { cause: error });
}

const sentence = (text: string) => text[0]!.toUpperCase() + text.slice(1);
