/** The handle to a running Squab. */

import type { Control } from './control/control.ts';

export interface Squab {
  /** The URL that Squab listens on: the endpoint for an SDK. */
  readonly url: string;
  readonly port: number;
  /** All ports that Squab listens on; the first is `port`. */
  readonly ports: readonly number[];
  /** The control interface, which AWS does not have: inspects and controls the running Squab. */
  readonly control: Control;
  /** Answers open long polls with an empty result, lets requests in progress finish, and closes the data folder. */
  stop(): Promise<void>;
}
