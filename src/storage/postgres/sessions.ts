/** The connections of a node, and what they have in common: how they connect, and how they do so again after a failure. */

import { randomInt } from 'node:crypto';
import { wakeAfter } from '../../time/clock.ts';
import type { TurnListener } from '../observation.ts';
import { StoreUnavailable } from '../store.ts';
import { Connection, type Target } from './connection.ts';
import { ConnectionLost, Faults } from './faults.ts';
import { type Connections, Lane } from './lanes.ts';

export { Session, type Tx } from './session.ts';

/** Numbers of connections, for rows that transactions shall not wait for each other for. */
const SLOTS = 32;

/** The pause before the first attempt to connect again, and the longest one, in milliseconds. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** For how long verbs wait for a database that is away; after that they are refused at once, in milliseconds. */
const PATIENCE_MS = 5000;

/** When a node stops, how long nothing may be carried out until what is under way is given up, in milliseconds. */
const STOP_MS = 2000;

/** Opens a connection that is ready to use: its settings are checked, and it can write. */
export type Opener = (target: Target) => Promise<Connection>;

export class Sessions implements Connections {
  readonly target: Target;
  readonly faults: Faults;
  turnListener: TurnListener | undefined;
  readonly #open: Opener;
  readonly #lanes: Lane[] = [];
  #nextSlot = randomInt(SLOTS);
  #closed = false;
  /** Set while the database is away. */
  #away: { since: number; back: Promise<void> } | undefined;
  readonly #cancels = new Set<() => void>();
  #stopping = false;
  /** Whether the database is not waited for any more. */
  #hasGivenUp = false;

  constructor(target: Target, open: Opener = Connection.open, faults = new Faults(target.where)) {
    this.target = target;
    this.faults = faults;
    this.#open = open;
  }

  /** Makes a lane of `width` connections, which connect when they are first used. */
  lane(width: number, name = 'other', { carriesVerbs = true } = {}): Lane {
    const lane = new Lane(this, width, name, carriesVerbs);
    this.#lanes.push(lane);
    return lane;
  }

  /** The lanes, for metrics and for the end. */
  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** Returns a number for a connection, from 0 to 31; nodes may use the same ones. */
  nextSlot(): number {
    this.#nextSlot = (this.#nextSlot + 1) % SLOTS;
    return this.#nextSlot;
  }

  /** Whether connecting has failed for so long that verbs are refused at once if their lane has no connection. */
  get givesUp(): boolean {
    if (this.#isOver) return true;
    return this.#away !== undefined && performance.now() - this.#away.since > PATIENCE_MS;
  }

  /**
   * Must be called when the node begins to stop. From then on, nothing waits for a database that is away, or that has
   * carried out nothing for some time. Verbs are carried out as before while it works.
   */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    if (this.#away) this.#giveUp();
    else this.#watch();
  }

  tooLate(): void {
    if (this.#stopping) this.#giveUp();
  }

  /**
   * Opens a connection. While the database is away, one attempt at a time tries whether it is back, and everyone else
   * waits for that. Rejects with StoreUnavailable once the sessions are closed.
   */
  async connect(): Promise<Connection> {
    for (;;) {
      if (this.#away) await this.#away.back;
      if (this.#isOver) throw this.unavailable('is closed');
      try {
        const connection = await this.#open(this.target);
        if (this.#isOver) connection.destroy(new ConnectionLost('Squab is stopping'));
        else return connection;
      } catch (error) {
        this.faults.record(error instanceof StoreUnavailable ? error : this.#cannotConnect(error));
        if (this.#stopping) this.#giveUp();
        this.#away ??= { since: performance.now(), back: this.#untilBack() };
      }
    }
  }

  /** Returns an error that says that the database cannot be used, for the reason given or the latest that is known. */
  unavailable(reason?: string): StoreUnavailable {
    const { where } = this.target;
    const latest = this.faults.latest;
    if (reason === undefined && latest) return new StoreUnavailable(latest.message, { cause: latest });
    return new StoreUnavailable(
      `The connection to ${where} ${reason ?? (this.#isOver ? 'is closed' : 'has not been made yet')}.`,
    );
  }

  /** Ends all connections, once what was asked for has been carried out. */
  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
  }

  /** Gives up once nothing has been carried out for some time although there is something to do. */
  #watch(): void {
    const done = () => this.#lanes.reduce((sum, { totals }) => sum + totals.works, 0);
    const before = done();
    const cancel = wakeAfter(STOP_MS, () => {
      this.#cancels.delete(cancel);
      if (this.#isOver) return;
      if (done() === before && this.#lanes.some(({ busy, waiting }) => busy + waiting > 0)) this.#giveUp();
      else this.#watch();
    });
    this.#cancels.add(cancel);
  }

  get #isOver(): boolean {
    return this.#closed || this.#hasGivenUp;
  }

  #giveUp(): void {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    for (const lane of this.#lanes) lane.giveUp(new ConnectionLost('Squab is stopping'));
    for (const cancel of this.#cancels) cancel();
  }

  #cannotConnect(error: unknown): StoreUnavailable {
    const known = this.faults.asUnavailable(error);
    if (known) return known;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot connect to ${this.target.where}: ${reason}. Squab tries again by itself.`;
    return new StoreUnavailable(message, { cause: error });
  }

  /** Resolves when the database answers again, or the sessions are closed. Pauses have a random part: nodes are many. */
  async #untilBack(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; !this.#isOver; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      await this.#sleep(pause / 2 + randomInt(pause / 2 + 1));
      if (this.#isOver) break;
      try {
        await (await this.#open(this.target)).close();
        break;
      } catch (error) {
        this.faults.record(error instanceof StoreUnavailable ? error : this.#cannotConnect(error));
      }
    }
    this.#away = undefined;
  }

  /** Keeps the process alive, also when nothing else does yet: callers wait for a connection. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#cancels.delete(wake);
        resolve();
      };
      const cancel = wakeAfter(ms, wake);
      this.#cancels.add(wake);
    });
  }
}
