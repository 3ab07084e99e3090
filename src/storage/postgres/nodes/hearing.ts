/**
 * Has a node that has changed something wait until the others have heard of it, so that its client finds the change on
 * every node. A node that does not answer in time (it was killed, or is frozen) is not waited for again before it does.
 */

import { type Millis, systemClock } from '../../../time/clock.ts';

/** For how long a change waits for the other nodes. They need a few milliseconds. */
const ANSWERS_MS_MAX: Millis = 1000;

interface Question {
  /** The nodes that have not answered. */
  missing: Set<string>;
  answered(): void;
  askAgain(): void;
}

export class Hearing {
  readonly #name: string;
  #questions = 0;
  readonly #open = new Map<string, Question>();
  /** Nodes that have left a question without an answer, and have answered none since. */
  readonly #silent = new Set<string>();

  /** `name` is that of this node. */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Has `tell` tell a change together with a question, which has a name. Resolves when all of these nodes have answered, or
   * have had enough time to.
   */
  async spread(nodes: readonly string[], tell: (question: string) => Promise<void>): Promise<void> {
    for (const name of this.#silent) if (!nodes.includes(name)) this.#silent.delete(name);
    const question = `${this.#name}/${++this.#questions}`;
    const missing = new Set(nodes.filter((name) => !this.#silent.has(name)));
    const answers = new Promise<void>((resolve) => {
      const askAgain = () => void tell(question).catch(() => {});
      this.#open.set(question, { missing, answered: resolve, askAgain });
      if (missing.size === 0) resolve();
    });
    let cancel = () => {};
    try {
      await tell(question);
      const late = new Promise<void>((resolve) => {
        cancel = systemClock.at(systemClock.now() + ANSWERS_MS_MAX, resolve);
      });
      await Promise.race([answers, late]);
    } finally {
      cancel();
      this.#open.delete(question);
      for (const name of missing) this.#silent.add(name);
    }
  }

  /** Must be called when a node has answered a question, of whichever node. */
  heard(node: string, question: string): void {
    if (!question.startsWith(`${this.#name}/`)) return;
    this.#silent.delete(node);
    const asked = this.#open.get(question);
    if (asked?.missing.delete(node) && asked.missing.size === 0) asked.answered();
  }

  /** Must be called when a node shows that it is about to hear again. It answers what it is asked from now on. */
  hears(node: string): void {
    this.#silent.delete(node);
  }

  /**
   * Must be called when this node hears again. That others were silent until then says nothing about them, and it may have
   * missed their answers.
   */
  reset(): void {
    this.#silent.clear();
    for (const { askAgain } of this.#open.values()) askAgain();
  }
}
