/**
 * What the engine benchmark asks of a contender: Squab's engine, or another queue in PostgreSQL. Each runs in a process
 * of its own (node.ts).
 */

export interface Contender {
  /** Creates a queue. */
  make(queue: string): Promise<void>;
  /** Sends messages of 1 KiB in one call. Resolves once they are committed. */
  send(queue: string, count: number): Promise<void>;
  /** Removes all messages, and whatever they leave behind in the database. */
  empty(queue: string): Promise<void>;
  /** Takes up to `count` messages, hides them for an hour, and resolves to what `remove` needs. */
  take?(queue: string, count: number): Promise<readonly unknown[]>;
  remove?(queue: string, taken: readonly unknown[]): Promise<void>;
  /** For a contender that hands out messages only to its own workers: works off what was sent, with so many at once. */
  workOff?(queue: string, count: number, atOnce: number): Promise<void>;
  end(): Promise<void>;
}

/** The number of messages in a batch, and of loops in a process. */
export const BATCH = 10;
export const LOOPS = 16;
