/**
 * Whose schema it is. Its owner, and whoever may create objects in it, can put a view in the place of a table, or a trigger
 * on one, and PostgreSQL carries out their functions with the rights of the role that uses the table. What they made stays
 * when they may no longer. So Squab uses no schema and no table of a role that could not do that anyway.
 */

import { migrations } from '../schema.ts';
import { statement } from '../statement.ts';

/** The names of Squab's tables. In their schema there may be others, which Squab does not use. */
export const RELATIONS = [
  'steps',
  ...[...migrations.join().matchAll(/^ *CREATE (?:UNLOGGED )?(?:TABLE|SEQUENCE) squab\.(\w+)/gm)].map(
    ([, name]) => name!,
  ),
];

/**
 * Returns a role whose code would be carried out by those who use the relations $3 (null for all) of the schema $1, and why,
 * unless it is this role, a member of it or a superuser, who may become it, the owner of the database, or the owner of the
 * other schema $2. Nothing if there is no such schema. The functions of foreign keys are the server's, but what they change
 * can have triggers of its owner. Rights on tables are of no use without one on the schema.
 */
export const STRANGER = statement<Stranger>(
  `WITH n AS MATERIALIZED (SELECT oid, nspowner, nspacl FROM pg_catalog.pg_namespace WHERE nspname = $1),
     c AS MATERIALIZED (
       SELECT oid, relname::text AS name, relowner, relacl FROM pg_catalog.pg_class
       WHERE relnamespace = (SELECT oid FROM n) AND ($3::text[] IS NULL OR relname::text = ANY ($3::text[]))
     )
   SELECT coalesce(r.rolname, 'PUBLIC') AS role, s.how, s.name
   FROM (SELECT 1 AS place, nspowner AS role, 'owns' AS how, NULL::text AS name FROM n
         UNION ALL SELECT 2, a.grantee, 'may create', NULL FROM n, aclexplode(n.nspacl) AS a
           WHERE a.privilege_type = 'CREATE'
         UNION ALL SELECT 3, relowner, 'made', name FROM c
         UNION ALL SELECT 4, p.proowner, 'triggered', c.name FROM c
           JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
         UNION ALL SELECT 4, f.relowner, 'triggered', c.name FROM c
           JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid JOIN pg_catalog.pg_class AS f ON f.oid = t.tgconstrrelid
         UNION ALL SELECT 5, a.grantee, 'may trigger', c.name FROM c, LATERAL (
             SELECT c.relacl UNION ALL SELECT attacl FROM pg_catalog.pg_attribute WHERE attrelid = c.oid
           ) AS rights (acl), aclexplode(rights.acl) AS a
           WHERE a.privilege_type IN ('TRIGGER', 'REFERENCES')
             AND EXISTS (SELECT FROM n, aclexplode(n.nspacl) AS b WHERE b.grantee <> n.nspowner)) AS s
     LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.role
   WHERE r.oid IS NULL OR NOT pg_has_role(r.oid, current_user, 'MEMBER') AND r.rolname <> 'pg_database_owner'
     AND r.oid NOT IN (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database())
     AND r.oid NOT IN (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = $2)
   ORDER BY s.place, 1, 3 LIMIT 1`,
);

interface Stranger {
  role: string;
  how: 'owns' | 'made' | 'triggered' | 'may create' | 'may trigger';
  /** Of the relation, except if it is about the schema. */
  name: string | null;
}

/** Returns what is wrong with a schema, as a part of a sentence. */
export function aboutStranger({ role, how, name }: Stranger): string {
  const named = role === 'PUBLIC' ? 'every role' : `the role ${role}`;
  switch (how) {
    case 'owns':
      return `belongs to ${named}`;
    case 'made':
      return `has ${name}, which belongs to ${named}`;
    case 'triggered':
      return `has a trigger of ${named} on ${name}`;
    case 'may create':
      return `lets ${named} create objects`;
    case 'may trigger':
      return `lets ${named} create triggers on ${name}`;
  }
}

/** Returns the command that keeps the role from creating more; undefined if that is not enough. */
export function revoking({ role, how }: Stranger, schema: string): string | undefined {
  const from = `FROM ${role === 'PUBLIC' ? role : quoted(role)}`;
  if (how === 'may create') return `REVOKE CREATE ON SCHEMA ${quoted(schema)} ${from}`;
  if (how === 'may trigger') return `REVOKE TRIGGER, REFERENCES ON ALL TABLES IN SCHEMA ${quoted(schema)} ${from}`;
  return undefined;
}

/** Returns a name as it is in SQL. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
