/** The table of event source mappings. It is read for each verb: there are few, and they are rarely used. */

import { MappingVerbs } from '../mapping-verbs.ts';
import type { Mapping } from '../mappings.ts';
import { type MappingRow, mappingOf, mappingRow } from '../rows/mapping-row.ts';
import type { Connection } from './database.ts';
import type { Numbers } from './numbers.ts';
import type { Turns } from './turns.ts';

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
    this.#insert = connection.prepare<[MappingRow]>(
      `INSERT INTO mappings (place, id, account, region, queue_account, queue_region, queue_name, function_arn,
         settings, tags, created_at, modified_at, revision)
       VALUES (:place, :id, :account, :region, :queue_account, :queue_region, :queue_name, :function_arn,
         :settings, :tags, :created_at, :modified_at, :revision)`,
    );
    this.#update = connection.prepare<[MappingRow]>(
      `UPDATE mappings SET function_arn = :function_arn, settings = :settings, tags = :tags, modified_at = :modified_at,
         revision = :revision
       WHERE id = :id`,
    );
    this.#delete = connection.prepare<[string]>('DELETE FROM mappings WHERE id = ?');
  }

  protected change<T>(verb: () => T): Promise<T> {
    return this.#turns.run(verb);
  }

  protected look<T>(verb: () => T): Promise<T> {
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

  protected add(mapping: Mapping): void {
    this.#insert.run(mappingRow(mapping));
  }

  protected update(mapping: Mapping): void {
    this.#update.run(mappingRow(mapping));
  }

  protected remove(mappings: readonly Mapping[]): void {
    for (const { id } of mappings) this.#delete.run(id);
  }
}
