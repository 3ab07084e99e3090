/** The schema of snapshots, beside that of Squab's tables, and who may use it. */

import { SnapshotRefused } from '../../states.ts';
import type { Target } from '../connection.ts';
import { codeOf } from '../faults.ts';
import { aboutStranger, quoted, revoking, STRANGER } from '../opening/owners.ts';
import type { Session } from '../session.ts';
import { statement } from '../statement.ts';

/** A name of PostgreSQL has up to 63 bytes; that of the schema of snapshots ends with this. */
const SUFFIX = '_snapshots';
const SCHEMA_BYTES_MAX = 63 - SUFFIX.length;

/** Errors of a role that may not do something, and of two nodes that create the same thing at the same time. */
const NOT_ALLOWED = '42501';
const ALREADY_CREATED = ['23505', '42P06', '42P07'];

/** Whether there is a list of snapshots that this role may read. */
const HAS_LIST = statement<{ exists: boolean }>(
  `SELECT EXISTS (
     SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = 'list' AND has_schema_privilege(n.oid, 'USAGE')
       AND has_table_privilege(c.oid, 'SELECT')
   ) AS exists`,
);

/** Creates the list, in a schema that exists. */
const LIST = `CREATE UNLOGGED TABLE IF NOT EXISTS squab_snapshots.list (
  number bigint PRIMARY KEY, name text NOT NULL UNIQUE, era bigint NOT NULL, taken_at bigint NOT NULL,
  queues bigint NOT NULL, messages bigint NOT NULL, topics bigint NOT NULL, steps bigint NOT NULL
)`;

/** Resolves to whether there is a list of snapshots for this node. */
export async function hasList(session: Session, schema: string): Promise<boolean> {
  const [has] = await session.run(HAS_LIST, [`${schema}${SUFFIX}`]);
  return has!.exists && (await strangerOf(session, schema)) === undefined;
}

/** Resolves to the role because of which the objects in the schema of snapshots are not to be trusted. */
async function strangerOf(session: Session, schema: string) {
  return (await session.run(STRANGER, [`${schema}${SUFFIX}`, schema, null]))[0];
}

/** Creates the schema and the list of snapshots, unless they exist. Throws SnapshotRefused. */
export async function makeList(session: Session, schema: string): Promise<void> {
  if (Buffer.byteLength(schema) > SCHEMA_BYTES_MAX) {
    throw new SnapshotRefused(
      `Snapshots need a schema ${schema}${SUFFIX}, whose name is longer than PostgreSQL allows. Use a schema whose name ` +
        `has at most ${SCHEMA_BYTES_MAX} bytes.`,
    );
  }
  if (await hasList(session, schema)) return;
  const name = quoted(`${schema}${SUFFIX}`);
  const create = (script: string) =>
    session.script(script).catch((error) => {
      if (!ALREADY_CREATED.includes(codeOf(error))) throw error;
    });
  await create(`CREATE SCHEMA IF NOT EXISTS ${name}`);
  const stranger = await strangerOf(session, schema);
  if (stranger !== undefined) {
    throw new SnapshotRefused(
      `The schema ${schema}${SUFFIX}, which snapshots need, ${aboutStranger(stranger)}, whose code could be carried out with ` +
        `Squab's rights. ${revoking(stranger, `${schema}${SUFFIX}`) ?? `If it is not in use, DROP SCHEMA ${name}`}.`,
    );
  }
  await create(LIST);
}

/** Throws SnapshotRefused for the error of a role that lacks rights, and any other error as it is. */
export function refuse(error: unknown, { where, schema }: Target): never {
  if (codeOf(error) !== NOT_ALLOWED) throw error;
  throw new SnapshotRefused(
    `The role of Squab in ${where} may not take or restore snapshots: ${(error as Error).message}. They are tables in a ` +
      `schema ${schema}${SUFFIX} of their own. To allow them, GRANT CREATE ON DATABASE to the role, and have it own ` +
      "Squab's tables.",
  );
}
