/** The plans of statements, as a session of the engine makes them, and what is wrong with them. */

import pg from 'pg';
import { SETTINGS } from '../../../src/storage/postgres/opening/target.ts';
import { inSchema, type Statement } from '../../../src/storage/postgres/statement.ts';

/** A statement and the values with which the engine has carried it out. */
export interface Carried {
  statement: Statement<unknown>;
  values: readonly unknown[];
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Join Filter'?: string;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: PlanNode[];
}

/** Tables with a handful of rows, at most: reading all of them is as good as an index. */
const TINY = ['catalogue', 'leases', 'nodes', 'receipt_secret', 'steps', 'void_eras', 'waiting'];

/** The literal of a value, for EXECUTE. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString('hex')}'`;
  const text = Array.isArray(value) ? `{${value.map(item).join(',')}}` : String(value);
  return pg.escapeLiteral(text);
}

const item = (value: unknown) =>
  value === null || value === undefined ? 'NULL' : `"${String(value).replace(/[\\"]/g, '\\$&')}"`;

/** A session of the engine: it plans a statement once, and again only after VACUUM or ANALYZE. */
export class Planner {
  readonly #client: pg.Client;
  readonly #schema: string;
  readonly #prepared = new Set<string>();
  /** The first columns of indexes, by the names of the indexes. */
  readonly firstColumns = new Map<string, string>();

  private constructor(client: pg.Client, schema: string) {
    this.#client = client;
    this.#schema = schema;
  }

  static async open(url: string, schema: string): Promise<Planner> {
    const client = new pg.Client(url);
    await client.connect();
    for (const [name, value] of Object.entries(SETTINGS)) await client.query(`SET ${name} = '${value}'`);
    const planner = new Planner(client, schema);
    const { rows } = await client.query(FIRST_COLUMNS, [schema]);
    for (const { name, column } of rows as { name: string; column: string }[]) planner.firstColumns.set(name, column);
    return planner;
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  /** Carries out SQL in the schema. */
  async run(text: string): Promise<void> {
    await this.#client.query(inSchema(text, this.#schema));
  }

  /** Returns the plan, without carrying the statement out. */
  plan(carried: Carried): Promise<PlanNode> {
    return this.#explain(carried, '');
  }

  /** Returns how many pages of tables and indexes the statement reads. It has no effect. */
  async pages(carried: Carried): Promise<number> {
    await this.#client.query('BEGIN');
    try {
      const plan = await this.#explain(carried, ', ANALYZE, BUFFERS');
      return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
    } catch (error) {
      // What has been inserted once cannot be inserted again.
      if ((error as { code?: string }).code === '23505') return 0;
      throw error;
    } finally {
      await this.#client.query('ROLLBACK');
    }
  }

  async #explain({ statement, values }: Carried, options: string): Promise<PlanNode> {
    const name = pg.escapeIdentifier(statement.name);
    if (!this.#prepared.has(name)) {
      this.#prepared.add(name);
      await this.#client.query(`PREPARE ${name} AS ${inSchema(statement.text, this.#schema)}`);
    }
    const given = values.length > 0 ? `(${values.map(literal).join(', ')})` : '';
    const { rows } = await this.#client.query(`EXPLAIN (FORMAT JSON${options}) EXECUTE ${name}${given}`);
    return (rows[0] as { 'QUERY PLAN': { Plan: PlanNode }[] })['QUERY PLAN'][0]!.Plan;
  }
}

const FIRST_COLUMNS = `
  SELECT c.relname AS name, pg_get_indexdef(i.indexrelid, 1, true) AS column
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)`;

/**
 * Says what in a plan makes its cost grow with the size of a table. A condition of an index that does not name its first
 * column reads the whole index, or skips through it.
 */
export function faultsOf(plan: PlanNode, firstColumns: ReadonlyMap<string, string>): string[] {
  const faults: string[] = [];
  const { 'Node Type': type, 'Relation Name': table, 'Index Name': index } = plan;
  const isTiny = table !== undefined && TINY.includes(table);
  if (type === 'Seq Scan' && !isTiny) faults.push(`reads the whole table ${table}`);
  if (/^Index (Only )?Scan/.test(type) && !isTiny) {
    const first = firstColumns.get(index!);
    if (!new RegExp(`\\b${first}\\b`).test(plan['Index Cond'] ?? '')) faults.push(`reads the whole index ${index}`);
  }
  // Without an operator, it is a flag of one row, and compares nothing.
  if (/[=<>]/.test(plan['Join Filter'] ?? '') && plan.Plans!.some(readsTable))
    faults.push(`compares rows: ${plan['Join Filter']}`);
  return [...faults, ...(plan.Plans ?? []).flatMap((part) => faultsOf(part, firstColumns))];
}

const readsTable = (plan: PlanNode): boolean =>
  (plan['Relation Name'] !== undefined && !TINY.includes(plan['Relation Name'])) || (plan.Plans ?? []).some(readsTable);
