/** The table of event source mappings. It is read for each verb: there are few, and they are rarely used. */

import type { Millis } from '../../time/clock.ts';
import { areAlike, changedMapping, isListed } from '../mapping-rules.ts';
import type { Mapping, MappingChange, MappingListing, Mappings, NewMapping } from '../mappings.ts';
import { isInScope } from '../scopes.ts';
import type { QueueScope } from '../states.ts';
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

export class MappingTable implements Mappings {
  readonly #numbers: Numbers;
  readonly #turns: Turns;
  readonly #all;
  readonly #one;
  readonly #insert;
  readonly #update;
  readonly #delete;

  constructor(connection: Connection, numbers: Numbers, turns: Turns) {
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

  createMapping(given: NewMapping, now: Millis): Promise<{ mapping: Mapping; created: boolean }> {
    return this.#turns.run(() => {
      const existing = this.#mappings().find((other) => areAlike(other, given));
      if (existing) return { mapping: existing, created: false };
      const { id, account, region, queue, functionArn, settings, tags } = given;
      const place = this.#numbers.next();
      this.#insert.run(
        ...[place, id, account, region, queue.account, queue.region, queue.name],
        ...[functionArn, JSON.stringify(settings), JSON.stringify([...tags]), now, now],
      );
      return { mapping: { ...given, place, createdAt: now, modifiedAt: now, revision: 0 }, created: true };
    });
  }

  findMapping(id: string): Promise<Mapping | undefined> {
    return this.#turns.run(() => this.#find(id));
  }

  listMappings(listing: MappingListing): Promise<Mapping[]> {
    return this.#turns.run(() =>
      this.#mappings()
        .filter((mapping) => isListed(mapping, listing))
        .slice(0, listing.limit),
    );
  }

  changeMapping(id: string, change: MappingChange, now: Millis) {
    return this.#turns.run(() => {
      const mapping = this.#find(id);
      const changed = mapping && changedMapping(mapping, change, now);
      if (changed === undefined || typeof changed === 'string') return changed;
      if (this.#mappings().some((other) => other.id !== id && areAlike(other, changed))) return 'taken';
      const { functionArn, settings, tags, modifiedAt, revision } = changed;
      this.#update.run(functionArn, JSON.stringify(settings), JSON.stringify([...tags]), modifiedAt, revision, id);
      return changed;
    });
  }

  deleteMapping(id: string): Promise<Mapping | undefined> {
    return this.#turns.run(() => {
      const mapping = this.#find(id);
      if (mapping) this.#delete.run(id);
      return mapping;
    });
  }

  removeMappings(scope: QueueScope): Promise<Mapping[]> {
    return this.#turns.run(() => {
      const removed = this.#mappings().filter(({ queue }) => isInScope(queue, scope));
      for (const { id } of removed) this.#delete.run(id);
      return removed;
    });
  }

  #find(id: string): Mapping | undefined {
    const row = this.#one.get(id);
    return row && mappingOf(row);
  }

  #mappings(): Mapping[] {
    return this.#all.all().map(mappingOf);
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
