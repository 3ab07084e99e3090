/** A table. On a narrow screen, columns of the class `wide` are left out. */

import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export interface Column<Row> {
  key: string;
  head: ComponentChildren;
  cell(row: Row): ComponentChildren;
  /** `number` for figures, which are aligned; `wide` if a narrow screen has no room for the column. */
  class?: string;
  /** Whether the table can be sorted by this column. */
  sortable?: boolean;
}

export interface Sorting {
  by: string;
  descending: boolean;
}

interface TableProps<Row> {
  /** What the table shows, for those who cannot see it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
  /** The class of a row, such as `selected` or `gone`. */
  rowClass?(row: Row): string | undefined;
  sorting?: Sorting;
  onSort?(by: string): void;
}

export function Table<Row>({ label, columns, rows, keyOf, rowClass, sorting, onSort }: TableProps<Row>) {
  return (
    <div class="table">
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ key, head, class: name, sortable }) => {
              const isSorted = sorting?.by === key;
              const order = sorting?.descending ? 'descending' : 'ascending';
              return (
                <th key={key} scope="col" class={name} aria-sort={isSorted ? order : undefined}>
                  {sortable && onSort ? (
                    <button type="button" class="sort" onClick={() => onSort(key)}>
                      {head}
                      {isSorted && <Icon name={sorting.descending ? 'down' : 'up'} />}
                    </button>
                  ) : (
                    head
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={rowClass?.(row)}>
              {columns.map(({ key, cell, class: name }) => (
                <td key={key} class={name}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
