/** The table of event source mappings. It is read for each verb: there are few, and they are rarely used. */

import type { Millis } from '../../time/clock.ts';
import { MappingVerbs } from '../mapping-verbs.ts';
import type { Mapping } from '../mappings.ts';
import type { Connection } from './database.ts';
import type { Numbers } from './numbers.ts';
import type { Turns } from './turns.ts';

export interface MappingRow {
  place: number;
  id: string;
  account: string;
  region: string;
  queue_account: string;
  queue_region: string;
  queue_name: string;
  function_arn: string;
  settings: string;
  tags: string;
  created_at: Millis;
  modified_at: Millis;
  revision: number;
}

export class MappingTable extends MappingVerbs {
  readonly #numbers: Numbers;
  readonly #turns: Turns;
  readonly #all;
  readonly #one;
  readonly #insert;
  readonly #update;
  readonly #delete;

  constructor(connection: Connection, numbers: Numbers, turns: Turns) {
    super();
    this.#numbers = numbers;
    this.#turns = turns;
    this.#all = connection.prepare<[], MappingRow>('SELECT * FROM mappings ORDER BY place');
    this.#one = connection.prepare<[string], MappingRow>('SELECT * FROM mappings WHERE id = ?');
    this.#insert = connection.prepare<unknown[]>('INSERT INTO mappings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)');
    this.#update = connection.prepare<unknown[]>(
      'UPDATE mappings SET function_arn = ?, settings = ?, tags = ?, modified_at = ?, revision = ? WHERE id = ?',
    );
    this.#delete = connection.prepare<[string]>('DELETE FROM mappings WHERE id = ?');
  }

  protected run<T>(verb: () => T): Promise<T> {
    return this.#turns.run(verb);
  }

  protected nextNumber(): number {
    return this.#numbers.next();
  }

  protected stored(): Mapping[] {
    return this.#all.all().map(mappingOf);
  }

  protected find(id: string): Mapping | undefined {
    const row = this.#one.get(id);
    return row && mappingOf(row);
  }

  protected add({
    place,
    id,
    account,
    region,
    queue,
    functionArn,
    settings,
    tags,
    createdAt,
    modifiedAt,
  }: Mapping): void {
    this.#insert.run(
      ...[place, id, account, region, queue.account, queue.region, queue.name],
      ...[functionArn, JSON.stringify(settings), JSON.stringify([...tags]), createdAt, modifiedAt],
    );
  }

  protected update({ id, functionArn, settings, tags, modifiedAt, revision }: Mapping): void {
    this.#update.run(functionArn, JSON.stringify(settings), JSON.stringify([...tags]), modifiedAt, revision, id);
  }

  protected remove(mappings: readonly Mapping[]): void {
    for (const { id } of mappings) this.#delete.run(id);
  }
}

/** Returns the mapping that a row describes. */
export function mappingOf(row: MappingRow): Mapping {
  return {
    id: row.id,
    account: row.account,
    region: row.region,
    queue: { account: row.queue_account, region: row.queue_region, name: row.queue_name },
    functionArn: row.function_arn,
    settings: JSON.parse(row.settings),
    tags: new Map(JSON.parse(row.tags) as [string, string][]),
    place: row.place,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    revision: row.revision,
  };
}
