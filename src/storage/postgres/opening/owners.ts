/**
 * Whose schema it is. A schema's owner can put a view in the place of a table, and PostgreSQL carries out a view's
 * functions with the rights of the role that reads it. So Squab uses no schema of a role that could not do that anyway.
 */

import { statement } from '../statement.ts';

/**
 * Returns the owner of a schema, unless it is this role, a superuser, the owner of the database, or the owner of the
 * other schema. Nothing if there is no such schema.
 */
export const STRANGER = statement<{ owner: string }>(
  `SELECT r.rolname AS owner FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
   WHERE n.nspname = $1 AND NOT r.rolsuper AND r.rolname NOT IN (current_user, 'pg_database_owner')
     AND r.oid NOT IN (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database())
     AND r.oid NOT IN (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = $2)`,
);
