/** What a test and the thread of its Squab say to each other. */

/** Names the methods of an object and of the objects in it: `{ clock: { advance: null } }`. */
export interface Outline {
  readonly [name: string]: Outline | null;
}

/** A call of the control interface; without a path: stop. */
export interface Question {
  id: number;
  path: readonly string[];
  args: readonly unknown[];
}

export interface Failure {
  name: string;
  message: string;
  status?: number;
}

export type Report =
  | { kind: 'started'; url: string; port: number; account: string; outline: Outline }
  | { kind: 'failed'; error: Failure }
  | { kind: 'answered'; id: number; value: unknown }
  | { kind: 'refused'; id: number; error: Failure };
