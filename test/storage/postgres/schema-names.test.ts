/** Whatever the schema is called, every statement means it, and nothing that other roles have made. */

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { key, message, request, settings, T0 } from '../subject.ts';
import { topicSettings } from '../topic-subject.ts';

const url = await database();

describe.skipIf(!url)('a schema', () => {
  it.each([
    ...["O'Brien", 'a"b', "'); DROP SCHEMA public; --", 'UPPER case', 'схема', '$1', 'a\\b', '🙂', 'a\nb', '%s'],
    ...['squab_', 'x'.repeat(53)],
  ])('can be called %j', async (schema) => {
    const store = await openPostgres({ url: url!, schema }, 'test');
    const ids: number[] = [];
    for (const fifo of [false, true]) {
      const { queue } = await store.createQueue(key(`q${fifo}`), settings({ fifo }), T0);
      ids.push(queue.id);
      await store.send(queue.id, [message('a', fifo ? { groupId: 'g' } : {})], T0);
      expect(await store.receive(queue.id, request({ visibilityMs: 0 }), T0)).toMatchObject([{ body: 'a' }]);
    }
    await store.topics.createTopic(key('news'), topicSettings(), T0);
    await store.states.takeSnapshot('s', T0);
    await store.states.takeSnapshot('s', T0);
    await store.states.removeQueues({});
    await store.states.restoreSnapshot('s', T0);
    for (const id of ids) expect(await store.counts(id, T0)).toMatchObject({ visible: 1 });
    expect(await store.states.removeSnapshot('s')).toBe(true);
    await store.expire(T0, 1000);
    await store.close();
    await (await openPostgres({ url: url!, schema, migrate: false }, 'test')).close();
  });
});

/** Operators for types that those of the server only cover with `anynonarray` or a cast. PostgreSQL prefers an exact match. */
const TRAPS = `
  CREATE TABLE public.trapped (operator text);
  CREATE FUNCTION public.trap(text, bigint) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.trapped VALUES ('||'); RETURN textcat($1, $2::text); END $$;
  CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = bigint, FUNCTION = public.trap);
  CREATE FUNCTION public.trap(integer, interval) RETURNS interval LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.trapped VALUES ('*'); RETURN $1::float8 * $2; END $$;
  CREATE OPERATOR public.* (LEFTARG = integer, RIGHTARG = interval, FUNCTION = public.trap);`;

it.skipIf(!url)('what another role has put into the schema public is not carried out', async () => {
  await sql(url!, TRAPS);
  const schema = newSchema();
  const [node, other] = await Promise.all([1, 2].map(() => openPostgres({ url: url!, schema }, 'test')));
  const { queue } = await node!.createQueue(key('q'), settings(), T0);
  await other!.attend(queue.id);
  const announced = new Promise<void>((resolve) => other!.onAnnounce(() => resolve()));
  await node!.send(queue.id, [message('a')], T0);
  await announced;
  expect(await sql(url!, 'SELECT * FROM public.trapped')).toEqual([]);
  await Promise.all([node!.close(), other!.close()]);
});

describe.skipIf(!url)('a schema that another role has made', () => {
  const roles = { stranger: `stranger_${process.pid}`, squab: `squab_${process.pid}` };
  const as = (role: string) => Object.assign(new URL(url!), { username: role, password: '' }).href;
  /** A view in the place of a table, which writes down who reads it. */
  const trap = (schema: string, view: string, columns: string) => `
    CREATE TABLE ${schema}.trapped (role text);
    CREATE FUNCTION ${schema}.trap() RETURNS bigint LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO ${schema}.trapped VALUES (current_user); RETURN 1; END $$;
    CREATE VIEW ${schema}.${view} AS SELECT ${columns};
    GRANT ALL ON SCHEMA ${schema} TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO PUBLIC`;

  beforeAll(async () => {
    const database = new URL(url!).pathname.slice(1);
    for (const role of Object.values(roles)) {
      await sql(url!, `CREATE ROLE ${role} LOGIN; GRANT CREATE ON DATABASE ${database} TO ${role}`);
    }
  });

  afterAll(async () => {
    for (const role of Object.values(roles)) await sql(url!, `DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
  });

  it('does not get the tables of Squab', async () => {
    const schema = newSchema();
    const opening = () => openPostgres({ url: as(roles.squab), schema }, 'test');
    await sql(as(roles.stranger), `CREATE SCHEMA ${schema}; GRANT ALL ON SCHEMA ${schema} TO PUBLIC`);
    await expect(opening()).rejects.toThrow(
      `belongs to the role ${roles.stranger}, whose code could be carried out with the rights of ${roles.squab}. Choose`,
    );
    await sql(as(roles.stranger), trap(schema, 'steps', `${schema}.trap()::integer AS done`));
    await expect(opening()).rejects.toThrow('belongs to the role');
    expect(await sql(url!, `SELECT * FROM ${schema}.trapped`)).toEqual([]);
    // It still lets every role create objects, among them the one that made them.
    await sql(url!, `ALTER SCHEMA ${schema} OWNER TO ${roles.squab}`);
    await expect(opening()).rejects.toThrow(
      `lets every role create objects, whose code could be carried out with the rights of ${roles.squab}. Choose another ` +
        `schema with --database-schema. Or REVOKE CREATE ON SCHEMA "${schema}" FROM PUBLIC.`,
    );
    await sql(
      url!,
      `REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC; GRANT CREATE ON SCHEMA ${schema} TO ${roles.stranger}`,
    );
    await expect(opening()).rejects.toThrow(`lets the role ${roles.stranger} create objects`);
    // What the role made before is still there.
    await sql(url!, `REVOKE CREATE ON SCHEMA ${schema} FROM ${roles.stranger}`);
    await expect(opening()).rejects.toThrow(
      `has steps, which belongs to the role ${roles.stranger}, whose code could be carried out with the rights of ` +
        `${roles.squab}. Choose another schema with --database-schema. Or drop it, if nothing needs it.`,
    );
    expect(await sql(url!, `SELECT * FROM ${schema}.trapped`)).toEqual([]);
    await sql(url!, `DROP VIEW ${schema}.steps`);
    await (await opening()).close();
  });

  it('is used if the other role is a member of that of Squab', async () => {
    const schema = newSchema();
    const opening = () => openPostgres({ url: as(roles.squab), schema }, 'test');
    await (await opening()).close();
    await sql(
      url!,
      `GRANT ALL ON SCHEMA ${schema} TO ${roles.stranger}; GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO ${roles.stranger}`,
    );
    await expect(opening()).rejects.toThrow(`lets the role ${roles.stranger} create objects`);
    await sql(url!, `GRANT ${roles.squab} TO ${roles.stranger}`);
    onTestFinished(() => sql(url!, `REVOKE ${roles.squab} FROM ${roles.stranger}`).then(() => {}));
    await sql(
      url!,
      `ALTER SCHEMA ${schema} OWNER TO ${roles.stranger}; GRANT USAGE ON SCHEMA ${schema} TO ${roles.squab}`,
    );
    await (await opening()).close();
  });

  it('is used, with its snapshots, if other roles have rights on its tables, but not on the schema', async () => {
    const schema = newSchema();
    const rights = (change: string) => sql(as(roles.squab), `ALTER DEFAULT PRIVILEGES ${change} ${roles.stranger}`);
    await rights('GRANT ALL ON TABLES TO');
    onTestFinished(() => rights('REVOKE ALL ON TABLES FROM').then(() => {}));
    for (let start = 0; start < 2; start++) {
      const store = await openPostgres({ url: as(roles.squab), schema }, 'test');
      await store.states.takeSnapshot('s', T0);
      expect(await store.states.restoreSnapshot('s', T0)).toBeDefined();
      await store.close();
    }
  });

  it.each([
    ['TRIGGER', 'messages', 'CREATE TRIGGER t AFTER INSERT ON SCHEMA.messages EXECUTE FUNCTION SCHEMA_own.trap()'],
    ['REFERENCES (id)', 'queues', 'CREATE TABLE SCHEMA_own.t (id bigint REFERENCES SCHEMA.queues)'],
    ['REFERENCES', 'queues', 'CREATE TABLE SCHEMA_own.t (id bigint REFERENCES SCHEMA.queues ON DELETE CASCADE)'],
  ])('with the right %s cannot have %s trigger its code', async (right, table, ddl) => {
    const schema = newSchema();
    const opening = () => openPostgres({ url: as(roles.squab), schema }, 'test');
    await (await opening()).close();
    await sql(
      url!,
      `CREATE SCHEMA ${schema}_own AUTHORIZATION ${roles.stranger}; GRANT USAGE ON SCHEMA ${schema} TO ${roles.stranger};
       GRANT ${right} ON ${schema}.${table} TO ${roles.stranger}`,
    );
    await expect(opening()).rejects.toThrow(
      `lets the role ${roles.stranger} create triggers on ${table}, whose code could be carried out with the rights of ` +
        `${roles.squab}. Choose another schema with --database-schema. Or REVOKE TRIGGER, REFERENCES ON ALL TABLES IN ` +
        `SCHEMA "${schema}" FROM "${roles.stranger}".`,
    );
    await sql(
      as(roles.stranger),
      `CREATE FUNCTION ${schema}_own.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
       ${ddl.replaceAll('SCHEMA', schema)}`,
    );
    await sql(url!, `REVOKE TRIGGER, REFERENCES ON ALL TABLES IN SCHEMA ${schema} FROM ${roles.stranger}`);
    await expect(opening()).rejects.toThrow(`has a trigger of the role ${roles.stranger} on ${table}, whose code`);
    await sql(url!, `DROP SCHEMA ${schema}_own CASCADE`);
    await (await opening()).close();
  });

  it('does not get its snapshots, and is not looked for any', async () => {
    const schema = newSchema();
    const columns = ['number', 'era', 'taken_at', 'queues', 'messages', 'topics', 'steps'];
    const values = columns.map((column) => `${schema}_snapshots.trap() AS ${column}`);
    await sql(
      as(roles.stranger),
      `CREATE SCHEMA ${schema}_snapshots; ${trap(`${schema}_snapshots`, 'list', `'s' AS name, ${values.join()}`)}`,
    );
    const store = await openPostgres({ url: as(roles.squab), schema }, 'test');
    expect(store.states.snapshots()).toEqual([]);
    expect(await store.states.restoreSnapshot('s', T0)).toBeUndefined();
    await expect(store.states.takeSnapshot('s', T0)).rejects.toThrow(
      `${schema}_snapshots, which snapshots need, belongs to the role ${roles.stranger}, whose code`,
    );
    expect(await sql(url!, `SELECT * FROM ${schema}_snapshots.trapped`)).toEqual([]);
    // A list that it made before the schema belonged to Squab.
    await sql(
      url!,
      `ALTER SCHEMA ${schema}_snapshots OWNER TO ${roles.squab}; REVOKE ALL ON SCHEMA ${schema}_snapshots FROM PUBLIC`,
    );
    expect(await store.states.restoreSnapshot('s', T0)).toBeUndefined();
    await expect(store.states.takeSnapshot('s', T0)).rejects.toThrow(
      `which belongs to the role ${roles.stranger}, whose code could be carried out with Squab's rights. If it is not in ` +
        `use, DROP SCHEMA "${schema}_snapshots".`,
    );
    expect(await sql(url!, `SELECT * FROM ${schema}_snapshots.trapped`)).toEqual([]);
    await sql(url!, `DROP SCHEMA ${schema}_snapshots CASCADE`);
    expect(await store.states.takeSnapshot('s', T0)).toMatchObject({ name: 's' });
    await store.close();
  });
});
