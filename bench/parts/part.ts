/** A part of the benchmark that is not a race: it measures in its own way, and prints its own table. */

import type { Figures } from '../figures.ts';
import type { Plan } from '../race.ts';
import type { Fleet } from '../servers/fleet.ts';

export interface Part {
  title: string;
  /** The keys of its measurements, for `--rows` and for targets. */
  keys(plan: Plan): readonly string[];
  /** Measures, stores the figures, and resolves to the table. */
  measure(fleet: Fleet, plan: Plan, figures: Figures): Promise<string>;
}
