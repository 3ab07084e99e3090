/** The messages between a test and the thread of its Squab. */

import type { ControlError } from '../control/control-error.ts';

/** The names of the methods of an object, and of the objects in it: `{ clock: { advance: null } }`. */
export interface Outline {
  readonly [name: string]: Outline | null;
}

/** A call of a method of the control interface. An empty path stops Squab. */
export interface Call {
  id: number;
  path: readonly string[];
  args: readonly unknown[];
}

/** An error as it is sent between threads. Only a ControlError has a `status`. */
export interface Failure {
  name: string;
  message: string;
  status?: ControlError['status'];
}

/** A message from the thread: `started` or `failed` once, then `answered` or `rejected` for each call. */
export type Report =
  | { kind: 'started'; url: string; port: number; account: string; outline: Outline }
  | { kind: 'failed'; error: Failure }
  | { kind: 'answered'; id: number; value: unknown }
  | { kind: 'rejected'; id: number; error: Failure };
