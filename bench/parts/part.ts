/** A part of the benchmark that is no race: it measures in its own way, and prints a table of its own. */

import type { Figures } from '../figures.ts';
import type { Plan } from '../race.ts';
import type { Fleet } from '../servers/fleet.ts';

export interface Part {
  title: string;
  /** What `--rows` and the targets call what it measures. */
  keys(plan: Plan): readonly string[];
  /** Gives the table. */
  measure(fleet: Fleet, plan: Plan, figures: Figures): Promise<string>;
}
