/** Figures: the measurements of each row on each server, one per round, and their statistics. */

/** The median, lowest and highest of some figures. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spread(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** The figure below which the given share of all figures lies; `share` is from 0 to 1. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

/**
 * The ratio of two series of figures. If both have the same rounds, each round is divided by the same round of the
 * other, so that a slow moment of the machine affects both.
 */
export function ratio(figures: readonly number[], to: readonly number[]): Spread {
  if (figures.length === to.length) return spread(figures.map((figure, round) => figure / to[round]!));
  const all = spread(to);
  const { median, min, max } = spread(figures);
  return { median: median / all.median, min: min / all.max, max: max / all.min };
}

/** The key of the row with the same rates per second of CPU time, or with the CPU time of a start. */
export const byCpu = (row: string) => `${row}, by CPU time`;

/** All measurements of a run, by row and server. */
export class Figures {
  readonly #rows = new Map<string, Map<string, readonly number[]>>();

  /** Stores one figure per round. A row belongs to one race, so all its series have the same rounds. */
  set(row: string, server: string, figures: readonly number[]): void {
    const servers = this.#rows.get(row) ?? new Map<string, readonly number[]>();
    this.#rows.set(row, servers.set(server, figures));
  }

  get(row: string, server: string): readonly number[] | undefined {
    return this.#rows.get(row)?.get(server);
  }

  toJSON(): Record<string, Record<string, readonly number[]>> {
    return Object.fromEntries([...this.#rows].map(([row, servers]) => [row, Object.fromEntries(servers)]));
  }
}
