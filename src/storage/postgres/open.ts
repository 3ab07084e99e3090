/** From a URL to connections that are ready to use: the server and its settings are checked, and the tables are there. */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { wakeAfter } from '../../time/clock.ts';
import { Connection, type Target } from './connection.ts';
import { ConnectionLost } from './faults.ts';
import { explained } from './opening/explained.ts';
import { migrate } from './opening/migrations.ts';
import { POLLING, UNREAD } from './opening/polling.ts';
import { type DatabaseOptions, DatabaseUnusable, SETTINGS, targetOf } from './opening/target.ts';
import { Sessions } from './sessions.ts';
import { statement } from './statement.ts';

/** A database that is ready for a store. */
export interface OpenDatabase {
  readonly sessions: Sessions;
  readonly receiptSecret: Buffer;
  /** The name of this node among those of the database. */
  readonly node: string;
  /** Where to listen for notifications: not through a pooler. */
  readonly listenTarget: Target;
  readonly schema: string;
}

/** Returns a name that no other node has. Of nodes with the same name, one would not hear what another does. */
function nameOf(readable: string): string {
  return `${readable.replace(/[^\w.-]/g, '-').slice(0, 48)}-${randomBytes(3).toString('hex')}`;
}

/** PostgreSQL 14, as the server numbers its versions. */
const OLDEST = 140_000;

/** Throws DatabaseUnusable. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const node = nameOf(options.node ?? hostname());
  const named = { ...options, node };
  const target = targetOf(named);
  const listenTarget = targetOf(named, options.listenUrl ?? options.url);
  let receiptSecret: Buffer;
  try {
    const connection = await openChecked(target);
    try {
      receiptSecret = await migrate(connection, target, options.migrate ?? true);
      // A pooler may lend the same connection of the server to both. Then it must keep their prepared statements apart.
      await (await openChecked(target)).close();
    } finally {
      await connection.close();
    }
    if (options.listenUrl !== undefined) await (await Connection.open(listenTarget)).close();
  } catch (error) {
    throw explained(error, target);
  }
  return { sessions: new Sessions(target, openChecked), receiptSecret, node, listenTarget, schema: target.schema };
}

const CHECK = statement<{ version: string; encoding: string; read_only: string; settings: string[] }>(`
  SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding, current_setting('transaction_read_only') AS read_only,
    ARRAY(SELECT current_setting(name) FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, place) ORDER BY place)
      AS settings`);

/** How long the check may take, in milliseconds: all others wait for it while the database is away. */
const CHECK_MS = 5000;

/** Opens a connection, and checks that it has the settings, and that it can write. */
export async function openChecked(target: Target, limitMs = CHECK_MS): Promise<Connection> {
  const connection = await Connection.open(target);
  const tooLate = () => connection.destroy(new ConnectionLost('the server did not answer in time'));
  const cancel = wakeAfter(limitMs, tooLate);
  try {
    const names = Object.keys(SETTINGS);
    const [row] = await connection.run(CHECK, [names]);
    const { version, encoding, read_only, settings } = row!;
    checkVersion(Number(version), target);
    if (encoding !== 'UTF8') throw new DatabaseUnusable(wrongEncoding(encoding, target));
    if (read_only === 'on') throw readOnly(target);
    const missing = names.find((name, index) => !isSet(name, settings[index]!));
    if (missing !== undefined) {
      throw new DatabaseUnusable(
        `A pooler in front of ${target.where} does not pass the settings of the session on: ${missing} is ` +
          `${settings[names.indexOf(missing)]}, not ${SETTINGS[missing]}. Connect without it, or set them for the role ` +
          `(ALTER ROLE ${target.config.user} SET ${missing} = '${SETTINGS[missing]}', and so on; see the page on more than ` +
          'one machine).',
      );
    }
    return connection;
  } catch (error) {
    connection.destroy(error as Error);
    throw error;
  } finally {
    cancel();
  }
}

/** Behind a pooler, the limit on what is not read is the administrator's affair: nothing else depends on it. */
const isSet = (name: string, value: string) =>
  value === SETTINGS[name] || name === UNREAD || (name === POLLING && value === '0');

function wrongEncoding(encoding: string, { where, config }: Target): string {
  return (
    `The encoding of ${where} is ${encoding}, which lacks most characters. Create it again with CREATE DATABASE ` +
    `${config.database} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'.`
  );
}

function checkVersion(version: number, { where }: Target): void {
  if (version >= OLDEST) return;
  const shown = version >= 100_000 ? String(Math.floor(version / 10_000)) : String(version);
  throw new DatabaseUnusable(`The server of ${where} is PostgreSQL ${shown}. Squab needs PostgreSQL 14 or newer.`);
}

/** As the server itself answers a write. */
function readOnly({ where }: Target): Error {
  return Object.assign(new DatabaseUnusable(`The server of ${where} is read-only. Use the URL of the primary.`), {
    code: '25006',
    severity: 'ERROR',
  });
}
