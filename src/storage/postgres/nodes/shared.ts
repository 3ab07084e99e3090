/**
 * Work that many ask for at the same time, such as a look at what others have changed: any role of the database can send
 * hundreds of thousands of notifications a second.
 */

export class Shared {
  readonly #work: () => Promise<void>;
  #latest = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Whether a run was asked for that has not begun. */
  get isAskedFor(): boolean {
    return this.#next !== undefined;
  }

  /** Resolves or rejects as the next run does, which follows the present one: all that ask until it begins share it. */
  run(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#latest.then(() => {
      this.#next = undefined;
      return this.#work();
    });
    this.#next = next;
    this.#latest = next.catch(() => {});
    return next;
  }
}
