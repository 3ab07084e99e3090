/**
 * Hears what other nodes tell, on a connection of its own. It counts as open only once an echo has come back: behind a
 * pooler that lends connections out by the transaction, LISTEN succeeds and nothing is ever heard.
 */

import { type Millis, systemClock } from '../../../time/clock.ts';
import type { Connection } from '../connection.ts';
import { ConnectionLost } from '../faults.ts';

/** How often an echo is asked for, and how long it may take. */
const ECHO_EVERY_MS: Millis = 10_000;
const ECHO_MS_MAX: Millis = 5000;

/** The pause before the first attempt to connect again, and the longest one. */
const FIRST_PAUSE_MS: Millis = 50;
const LONGEST_PAUSE_MS: Millis = 2000;

export interface EarOptions {
  /** Opens a connection. */
  open(): Promise<Connection>;
  channel: string;
  /** Has a notification sent that calls `echoed` with this mark. */
  askForEcho(mark: string): void;
  /** Receives every payload. */
  onPayload(payload: string): void;
  /** Called when notifications arrive again, before the ear counts as open. */
  beforeOpen(): Promise<void>;
  /** Called when the ear is open, and when it no longer is. What was told while it was not has not been heard. */
  onState(isOpen: boolean): void;
  /** Returns a random number from 0 to 1. */
  random(): number;
}

export class Ear {
  readonly #options: EarOptions;
  #isOpen = false;
  #hasOpened = false;
  #connection: Connection | undefined;
  #marks = 0;
  /** What waits for echoes, by their marks. */
  readonly #echoes = new Map<string, { resolve(): void; reject(error: Error): void }>();
  #ended = false;
  /** Ends the wait for a connection that is being made. */
  #endOpening = () => {};
  #cancelPause = () => {};
  #firstTry: (() => void) | undefined;
  #running: Promise<void> | undefined;
  /** Why it is closed. */
  problem: Error | undefined;

  constructor(options: EarOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether it has ever been open. If so, it most likely opens again soon. */
  get hasOpened(): boolean {
    return this.#hasOpened;
  }

  /** Opens the ear, and again whenever it was closed. Resolves when it is open, or the first attempt has failed. */
  start(): Promise<void> {
    const tried = new Promise<void>((resolve) => {
      this.#firstTry = resolve;
    });
    this.#running = this.#run();
    return tried;
  }

  /** Must be called with the mark of an echo that was heard. */
  echoed(mark: string): void {
    this.#echoes.get(mark)?.resolve();
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#endOpening();
    this.#cancelPause();
    this.#connection?.destroy(new ConnectionLost('Squab is stopping'));
    await this.#running;
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.#ended) {
      try {
        const connection = await this.#open();
        await this.#echo();
        await this.#options.beforeOpen();
        if (connection.lost) throw connection.lost;
        this.problem = undefined;
        this.#isOpen = true;
        this.#hasOpened = true;
        this.#options.onState(true);
        pause = FIRST_PAUSE_MS;
        this.#firstTry?.();
        for (;;) {
          if (!connection.lost && !this.#ended) await this.#pause(ECHO_EVERY_MS);
          if (connection.lost) throw connection.lost;
          if (this.#ended) break;
          await this.#echo();
        }
      } catch (error) {
        this.problem = error as Error;
      }
      this.#connection?.destroy(new ConnectionLost('the ear is opened again'));
      const wasOpen = this.#isOpen;
      this.#isOpen = false;
      this.#firstTry?.();
      if (this.#ended) return;
      if (wasOpen) this.#options.onState(false);
      await this.#pause(pause * (0.5 + this.#options.random() / 2));
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  async #open(): Promise<Connection> {
    const opening = this.#options.open();
    opening.then(
      (connection) => this.#ended && connection.destroy(new ConnectionLost('Squab is stopping')),
      () => {},
    );
    // A server that does not answer keeps an attempt waiting for seconds. A promise that lasts until the ear is closed would
    // keep all connections up to then in memory, if they raced with it.
    const connection = await new Promise<Connection>((resolve, reject) => {
      this.#endOpening = () => reject(new ConnectionLost('Squab is stopping'));
      opening.then(resolve, reject);
    });
    this.#connection = connection;
    if (this.#ended) throw new ConnectionLost('Squab is stopping');
    connection.onNotification((payload) => this.#options.onPayload(payload));
    connection.onLost((error) => {
      if (this.#connection !== connection) return;
      this.#cancelPause();
      for (const { reject } of this.#echoes.values()) reject(error);
    });
    await connection.command(`LISTEN "${this.#options.channel}"`);
    return connection;
  }

  /** Resolves when an echo was heard. Rejects if none comes, or the connection is lost. */
  async #echo(): Promise<void> {
    const mark = String(++this.#marks);
    let cancel = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        this.#echoes.set(mark, { resolve, reject });
        const tooLate = () => reject(new Error('no notification arrives'));
        cancel = systemClock.at(systemClock.now() + ECHO_MS_MAX, tooLate);
        this.#options.askForEcho(mark);
        if (this.#connection?.lost) reject(this.#connection.lost);
      });
    } finally {
      cancel();
      this.#echoes.delete(mark);
    }
  }

  #pause(ms: Millis): Promise<void> {
    return new Promise((resolve) => {
      const cancel = systemClock.at(systemClock.now() + ms, resolve);
      this.#cancelPause = () => {
        cancel();
        resolve();
      };
    });
  }
}
