/**
 * The table of event source mappings. It is read for each verb: there are few, and they are rarely used. A change locks
 * the row that numbers the changes, so that changes by all nodes follow one another.
 */

import { MappingVerbs } from '../mapping-verbs.ts';
import type { Mapping } from '../mappings.ts';
import { type MappingRow, mappingOf, mappingRow } from '../rows/mapping-row.ts';
import type { Context } from './context.ts';
import { nextNumbers } from './serial.ts';
import type { Tx } from './session.ts';
import { type Statement, statement } from './statement.ts';

const LOCK = statement<{ mappings: number }>('SELECT mappings FROM squab.catalogue FOR NO KEY UPDATE');

const NEXT = statement<never>('UPDATE squab.catalogue SET mappings = mappings + 1');

const ALL = statement<MappingRow>('SELECT * FROM squab.mappings WHERE place > 0 ORDER BY place');

const INSERT = statement<never>(`
  INSERT INTO squab.mappings (place, id, account, region, queue_account, queue_region, queue_name, function_arn, settings,
    tags, created_at, modified_at, revision)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`);

const UPDATE = statement<never>(`
  UPDATE squab.mappings SET function_arn = $2, settings = $3, tags = $4, modified_at = $5, revision = $6
  WHERE place = $1`);

const DELETE = statement<never>('DELETE FROM squab.mappings WHERE place = ANY ($1::bigint[])');

interface Write {
  statement: Statement<never>;
  values: readonly unknown[];
}

/** A verb that is being carried out. */
interface Verb {
  mappings: Mapping[];
  /** What it changes, in order. */
  writes: Write[];
  number: number;
}

export class MappingTable extends MappingVerbs {
  readonly #context: Pick<Context, 'lanes' | 'changed'>;
  /** Set while a verb is being carried out, which waits for nothing. */
  #verb: Verb | undefined;

  constructor(context: Pick<Context, 'lanes' | 'changed'>) {
    super();
    this.#context = context;
  }

  protected async change<T>(verb: () => T): Promise<T> {
    const { lanes, changed } = this.#context;
    let isRepeat = false;
    const { result, hasChanged } = await lanes.other.run(
      (session) =>
        session.transaction(async (tx) => {
          isRepeat = session.isRepeat;
          const [, [number], mappings] = await Promise.all([tx.run(LOCK, []), nextNumbers(tx, 1), all(tx)]);
          const { result, writes } = this.#carryOut(verb, { mappings, writes: [], number: number! });
          const hasChanged = writes.length > 0;
          if (hasChanged)
            await Promise.all([...writes.map((one) => tx.run(one.statement, one.values)), tx.run(NEXT, [])]);
          return { result, hasChanged };
        }),
      // To repeat a verb does no harm: what it was to change is as it should be.
      { repeatable: true },
    );
    // A verb that is repeated may find nothing to change, and nobody has been told.
    if (hasChanged || isRepeat) await changed({ mappings: true }, isRepeat);
    return result;
  }

  protected async look<T>(verb: () => T): Promise<T> {
    const mappings = await this.#context.lanes.other.run(all, { repeatable: true });
    return this.#carryOut(verb, { mappings, writes: [], number: 0 }).result;
  }

  #carryOut<T>(verb: () => T, state: Verb): { result: T; writes: Write[] } {
    this.#verb = state;
    try {
      return { result: verb(), writes: state.writes };
    } finally {
      this.#verb = undefined;
    }
  }

  protected nextNumber(): number {
    return this.#verb!.number;
  }

  protected stored(): readonly Mapping[] {
    return this.#verb!.mappings;
  }

  protected find(id: string): Mapping | undefined {
    return this.stored().find((mapping) => mapping.id === id);
  }

  protected add(mapping: Mapping): void {
    const { place, id, account, region, queue_account, queue_region, queue_name, ...row } = mappingRow(mapping);
    const { function_arn, settings, tags, created_at, modified_at, revision } = row;
    this.#verb!.writes.push({
      statement: INSERT,
      values: [
        ...[place, id, account, region, queue_account, queue_region, queue_name],
        ...[function_arn, settings, tags, created_at, modified_at, revision],
      ],
    });
  }

  protected update(mapping: Mapping): void {
    const { place, function_arn, settings, tags, modified_at, revision } = mappingRow(mapping);
    this.#verb!.writes.push({
      statement: UPDATE,
      values: [place, function_arn, settings, tags, modified_at, revision],
    });
  }

  protected remove(mappings: readonly Mapping[]): void {
    this.#verb!.writes.push({ statement: DELETE, values: [mappings.map(({ place }) => place)] });
  }
}

async function all(tx: Tx): Promise<Mapping[]> {
  return (await tx.run(ALL, [])).map(mappingOf);
}
