/** Creates and updates the tables, however many nodes start at once, and checks that this node may use them. */

import { randomBytes } from 'node:crypto';
import type { Connection, Target } from '../connection.ts';
import { migrations } from '../schema.ts';
import { statement } from '../statement.ts';
import { aboutStranger, quoted, RELATIONS, revoking, STRANGER } from './owners.ts';
import { DatabaseUnusable } from './target.ts';

/** The number of Squab among the users of advisory locks. */
const LOCK = 7_782_249;

const FIND_STEPS = statement<{ found: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS found`);
const FIND_SCHEMA = statement<{ found: boolean }>(`SELECT to_regnamespace($1) IS NOT NULL AS found`);
const READ_STEPS = statement<{ done: number }>(`SELECT done FROM squab.steps`);
const SET_STEPS = statement(`UPDATE squab.steps SET done = $1`);
const LOCK_SCHEMA = statement(`SELECT pg_advisory_xact_lock($1::int, hashtext($2))`);
const ADD_SECRET = statement(
  `INSERT INTO squab.receipt_secret (key) SELECT $1 WHERE NOT EXISTS (SELECT FROM squab.receipt_secret)`,
);
const READ_SECRET = statement<{ key: Buffer }>(`SELECT key FROM squab.receipt_secret`);

/** What this role may not do with tables and sequences of the schema. */
const MISSING_RIGHTS = statement<{ name: string }>(`
  SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND NOT CASE c.relkind
    WHEN 'S' THEN has_sequence_privilege(c.oid, 'USAGE')
    WHEN 'r' THEN c.relname IN ('steps', 'receipt_secret') AND has_table_privilege(c.oid, 'SELECT')
      OR has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
        AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
    ELSE true END
  ORDER BY 1`);

/** Resolves to the secret of receipt handles. Throws DatabaseUnusable, and errors of the server. */
export async function migrate(connection: Connection, target: Target, mayChange: boolean): Promise<Buffer> {
  if (mayChange) await checkOwner(connection, target);
  const done = await stepsDone(connection, target);
  check(done, target);
  if (done < migrations.length) {
    if (!mayChange) {
      throw new DatabaseUnusable(
        `The schema ${target.schema} of ${target.where} has ${done} of the ${migrations.length} steps that this version of ` +
          'Squab needs. Run `squab migrate` of this version with a role that may create tables.',
      );
    }
    await carryOut(connection, target);
  }
  const [missing] = await connection.run(MISSING_RIGHTS, [target.schema]);
  if (missing) {
    const { schema } = target;
    throw new DatabaseUnusable(
      `The role ${target.config.user} may not use ${missing.name} in the schema ${schema} of ${target.where}. Let its ` +
        `owner GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema}, and USAGE ON SCHEMA ${schema} and ` +
        `ALL SEQUENCES IN SCHEMA ${schema}, TO ${target.config.user}.`,
    );
  }
  const [secret] = await connection.run(READ_SECRET, []);
  if (!secret)
    throw new DatabaseUnusable(`The schema ${target.schema} of ${target.where} is damaged: it has no secret.`);
  return secret.key;
}

async function stepsDone(connection: Connection, { schema }: Target): Promise<number> {
  const [steps] = await connection.run(FIND_STEPS, [`${quoted(schema)}.steps`]);
  if (!steps!.found) return 0;
  const [row] = await connection.run(READ_STEPS, []);
  return row?.done ?? 0;
}

/** A node that may not change tables uses those of the role that ran `squab migrate`, whoever that is. */
async function checkOwner(connection: Connection, { schema, where, config }: Target): Promise<void> {
  const [stranger] = await connection.run(STRANGER, [schema, null, RELATIONS]);
  if (!stranger) return;
  const { role, how } = stranger;
  const otherwise =
    how === 'owns'
      ? `Or, if ${role} is to own Squab's tables, run \`squab migrate\` with that role, and the nodes with --database-migrate no.`
      : `Or ${revoking(stranger, schema) ?? 'drop it, if nothing needs it'}.`;
  throw new DatabaseUnusable(
    `The schema ${schema} of ${where} ${aboutStranger(stranger)}, whose code could be carried out with the rights of ` +
      `${config.user}. Choose another schema with --database-schema. ${otherwise}`,
  );
}

/** Checks that the tables are those of this version. Throws DatabaseUnusable. */
export async function checkSteps(connection: Connection, target: Target): Promise<void> {
  const done = await stepsDone(connection, target);
  check(done, target);
  if (done === migrations.length) return;
  throw new DatabaseUnusable(
    `The schema ${target.schema} of ${target.where} has ${done} of the ${migrations.length} steps that this version of Squab ` +
      'needs. Start this version once on it, or choose another schema.',
  );
}

function check(done: number, { schema, where }: Target): void {
  if (done <= migrations.length) return;
  throw new DatabaseUnusable(
    `The schema ${schema} of ${where} is of a newer Squab: it has ${done} steps, and this version knows ` +
      `${migrations.length}. Update Squab, or choose another schema with --database-schema.`,
  );
}

/** One node at a time; the others wait, and find that all is done. */
async function carryOut(connection: Connection, target: Target): Promise<void> {
  const { schema } = target;
  await connection.command('BEGIN');
  try {
    await connection.script(`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'`);
    await connection.run(LOCK_SCHEMA, [LOCK, schema]);
    const [found] = await connection.run(FIND_SCHEMA, [quoted(schema)]);
    if (!found!.found) await connection.script(`CREATE SCHEMA ${quoted(schema)}`);
    await checkOwner(connection, target);
    const [steps] = await connection.run(FIND_STEPS, [`${quoted(schema)}.steps`]);
    if (!steps!.found) {
      await connection.script(`CREATE TABLE squab.steps (done integer NOT NULL); INSERT INTO squab.steps VALUES (0)`);
    }
    const done = (await connection.run(READ_STEPS, []))[0]?.done ?? 0;
    check(done, target);
    for (const step of migrations.slice(done)) await connection.script(step);
    await connection.run(ADD_SECRET, [randomBytes(32)]);
    await connection.run(SET_STEPS, [migrations.length]);
    await connection.command('COMMIT');
  } catch (error) {
    await connection.command('ROLLBACK').catch(() => {});
    throw error;
  }
}
