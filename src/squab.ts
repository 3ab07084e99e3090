/** A running Squab, as programs hold it. */

import type { Control } from './control/control.ts';

export interface Squab {
  /** Where it listens: the endpoint for an SDK. */
  readonly url: string;
  readonly port: number;
  /** All ports on which it listens; the first is `port`. */
  readonly ports: readonly number[];
  /** What AWS does not have: a look into Squab, and a hand on it. */
  readonly control: Control;
  /** Ends open long polls with an empty answer, lets requests under way finish, and closes the data. */
  stop(): Promise<void>;
}
