/**
 * Tells the other nodes something, and waits until each has said that it has heard it: so a client that has the response of
 * one node never meets a node that goes by an older copy of a queue. A node that does not answer is waited for only once.
 */

import { type Millis, systemClock } from '../../../time/clock.ts';
import { answerOf, askFor } from './payloads.ts';

/** How long an answer may take. It usually takes a few milliseconds. */
const ANSWER_MS: Millis = 500;

interface Options {
  /** The name of this node. */
  name: string;
  /** Returns the other nodes that live. */
  others(): readonly { name: string }[];
  /** Whether this node hears the others. */
  hears(): boolean;
  /** Resolves once the words have been told, or cannot be. */
  tell(words: readonly string[]): Promise<void>;
  answerMs?: Millis;
}

interface Waiting {
  missing: Set<string>;
  resolve(): void;
}

export class Acknowledged {
  readonly #options: Options;
  #marks = 0;
  readonly #waiting = new Map<string, Waiting>();
  /** The nodes that have not answered, such as those that are frozen, or behind a pooler. */
  readonly #silent = new Set<string>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Resolves once all nodes have heard the words, or do not answer. */
  async tell(words: readonly string[]): Promise<void> {
    const { name, others, hears, tell, answerMs = ANSWER_MS } = this.#options;
    const living = hears() ? others().map((other) => other.name) : [];
    const missing = new Set(living.filter((other) => !this.#silent.has(other)));
    if (words.length === 0 || missing.size === 0) return tell(words);
    const mark = `${name}/${++this.#marks}`;
    let cancel = () => {};
    const answered = new Promise<void>((resolve) => {
      this.#waiting.set(mark, { missing, resolve });
      cancel = systemClock.at(systemClock.now() + answerMs, () => {
        if (hears()) for (const other of missing) this.#silent.add(other);
        resolve();
      });
    });
    await Promise.all([tell([...words, askFor(mark)]), answered]);
    cancel();
    this.#waiting.delete(mark);
  }

  /** Must be called with what another node asks and answers, once everything else that it told has been taken note of. */
  heard(node: string, { asks, answers }: { asks: readonly string[]; answers: readonly string[] }): void {
    if (asks.length > 0) void this.#options.tell(asks.map(answerOf));
    for (const mark of answers) {
      this.#silent.delete(node);
      const waiting = this.#waiting.get(mark);
      if (waiting?.missing.delete(node) && waiting.missing.size === 0) waiting.resolve();
    }
  }
}
