/**
 * Whose schema it is. A schema's owner, and whoever may create objects in it, can put a view in the place of a table, and
 * PostgreSQL carries out a view's functions with the rights of the role that reads it. So Squab uses no schema of a role
 * that could not do that anyway.
 */

import { statement } from '../statement.ts';

/**
 * Returns the owner of a schema, or else a role that may create objects in it (`PUBLIC` for all), unless it is this role, a
 * superuser, the owner of the database, or the owner of the other schema. Nothing if there is no such schema.
 */
export const STRANGER = statement<Stranger>(
  `SELECT coalesce(r.rolname, 'PUBLIC') AS role, s.owns
   FROM (SELECT nspowner AS role, true AS owns FROM pg_catalog.pg_namespace WHERE nspname = $1
         UNION ALL SELECT a.grantee, false FROM pg_catalog.pg_namespace AS n, aclexplode(n.nspacl) AS a
         WHERE n.nspname = $1 AND a.privilege_type = 'CREATE') AS s
     LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.role
   WHERE r.oid IS NULL OR NOT r.rolsuper AND r.rolname NOT IN (current_user, 'pg_database_owner')
     AND r.oid NOT IN (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database())
     AND r.oid NOT IN (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = $2)
   ORDER BY s.owns DESC, 1 LIMIT 1`,
);

interface Stranger {
  role: string;
  /** Whether the schema belongs to the role. */
  owns: boolean;
}

/** Returns what is wrong with a schema, as a part of a sentence. */
export function aboutStranger({ role, owns }: Stranger): string {
  return owns
    ? `belongs to the role ${role}`
    : `lets ${role === 'PUBLIC' ? 'every role' : `the role ${role}`} create objects`;
}

/** Returns the command that keeps the role from creating objects in a schema. */
export function revoking({ role }: Stranger, schema: string): string {
  return `REVOKE CREATE ON SCHEMA ${quoted(schema)} FROM ${role === 'PUBLIC' ? role : quoted(role)}`;
}

/** Returns a name as it is in SQL. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
