/**
 * Lanes are the turns of this engine: what is asked for while all connections of a lane are busy goes together in the
 * next statement. An idle lane waits for nobody.
 */

import { systemClock } from '../../time/clock.ts';
import type { TurnListener } from '../observation.ts';
import { StoreUnavailable } from '../store.ts';
import type { Connection } from './connection.ts';
import { ConnectionLost, endsConnection, type Faults, isLoss } from './faults.ts';
import { Session } from './session.ts';

/** Where a lane has its connections from. */
export interface Connections {
  readonly faults: Faults;
  /** Whether verbs shall be refused at once if a lane has no connection, instead of waiting for one. */
  readonly givesUp: boolean;
  /** Must be called when a connection has been ended because no answer came in time. */
  tooLate(): void;
  /** Learns of each transaction with verbs. */
  readonly turnListener: TurnListener | undefined;
  connect(): Promise<Connection>;
  nextSlot(): number;
  unavailable(reason?: string): StoreUnavailable;
}

/** How long work may take, with waiting for a connection and repetitions, in milliseconds. */
const LIMIT_MS = 9000;

/** How often work is carried out if its connection is lost. */
const ATTEMPTS_MAX = 5;

/** How many works may wait for a connection. */
const WAITING_MAX = 10_000;

export interface WorkOptions {
  /** How many verbs the work carries out; 0 for what is not a verb. */
  verbs?: number;
  /** Whether the work can be repeated if it is unknown whether it was committed. */
  repeatable?: boolean;
  /** When the work must have ended, as `performance.now()` counts. */
  deadline?: number;
  /** Instead of a deadline: how long the work may take, in milliseconds. */
  limitMs?: number;
}

/** Work that waits for a connection. */
interface Waiting {
  take(session: Session): void;
  refuse(error: StoreUnavailable): void;
}

export class Lane {
  /** For metrics. */
  readonly name: string;
  readonly width: number;
  readonly #carriesVerbs: boolean;
  readonly #connections: Connections;
  readonly #idle: Session[] = [];
  readonly #waiting = new Set<Waiting>();
  /** How many connections there are, those that are being made included. */
  #made = 0;
  /** The connections that are lent out. */
  readonly #busy = new Set<Session>();
  /** How many requests are kept elsewhere until the lane has a connection for them. */
  #expected = 0;
  #closed = false;
  #closing: (() => void) | undefined;
  /** Whether the idle connections have been ended, and those that are still being made must be, too. */
  #isOver = false;
  /** Counters for metrics. */
  readonly totals = { works: 0, conflicts: 0, lost: 0, unknown: 0 };

  /** `carriesVerbs`: whether its works are verbs unless they say otherwise. */
  constructor(connections: Connections, width: number, name: string, carriesVerbs: boolean) {
    this.#connections = connections;
    this.name = name;
    this.width = width;
    this.#carriesVerbs = carriesVerbs;
  }

  /** How many connections there are, those that are being made included. */
  get connections(): number {
    return this.#made;
  }

  /** Whether there is a connection that works, as far as is known. */
  get isConnected(): boolean {
    return [...this.#idle, ...this.#busy].some(({ connection }) => !connection.lost);
  }

  /** How many works are under way. */
  get busy(): number {
    return this.#busy.size;
  }

  /** How many works wait for a connection. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Carries out work on an idle connection of the lane, or waits for one in order. If the connection is lost, the work
   * is called again on another one, provided that nothing of it can have happened or it is `repeatable`. Rejects with
   * StoreUnavailable if the database cannot carry it out, and with the work's error otherwise.
   */
  async run<T>(work: (session: Session) => Promise<T>, options: WorkOptions = {}): Promise<T> {
    const {
      verbs = this.#carriesVerbs ? 1 : 0,
      repeatable = false,
      limitMs = LIMIT_MS,
      deadline = performance.now() + limitMs,
    } = options;
    let isRepeat = false;
    for (let attempt = 1; ; attempt++) {
      const session = await this.#take(deadline).catch((error: StoreUnavailable) => {
        throw isRepeat ? this.#unknown(error) : error;
      });
      const turnEnded = verbs > 0 ? this.#connections.turnListener?.(verbs) : undefined;
      try {
        const result = await this.#within(deadline, session, work, isRepeat);
        this.#connections.faults.worked();
        return result;
      } catch (error) {
        const ended = endsConnection(error);
        if (ended) session.connection.destroy(error as Error);
        const outcome = session.mayHaveCommitted ? 'unknown' : 'nothing';
        const again = ended && (outcome === 'nothing' || repeatable);
        isRepeat ||= ended && outcome === 'unknown';
        if (again && attempt < ATTEMPTS_MAX && performance.now() < deadline) continue;
        const failure = this.#connections.faults.record(error, isRepeat ? 'unknown' : 'nothing');
        throw isRepeat && failure instanceof StoreUnavailable ? this.#unknown(failure) : failure;
      } finally {
        turnEnded?.();
        this.totals.works++;
        this.totals.conflicts += session.conflicts;
        this.#giveBack(session);
      }
    }
  }

  /** Returns the error of a work of which it is unknown whether it has happened, for the same reason. */
  #unknown(error: StoreUnavailable): StoreUnavailable {
    this.totals.unknown++;
    return new StoreUnavailable(error.message, { outcome: 'unknown', cause: error.cause });
  }

  /** Returns the error for a caller whose part of a work has failed, although the work has not. */
  failed(error: unknown): unknown {
    return this.#connections.faults.record(error, isLoss(error) ? 'unknown' : 'nothing');
  }

  /** Ends what is under way, and refuses what waits: the database is not going to answer. */
  giveUp(reason: Error): void {
    for (const { connection } of [...this.#busy, ...this.#idle]) connection.destroy(reason);
    for (const waiting of [...this.#waiting]) waiting.refuse(this.#connections.unavailable());
  }

  /** Announces a request that will be carried out later, so that `close` waits for it. */
  expect(): void {
    this.#expected++;
  }

  /** Takes note that a request of `expect` has been answered. */
  answered(): void {
    this.#expected--;
    this.#ended();
  }

  /** Ends the connections, once the work that was asked for has been carried out. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#isQuiet) {
      await new Promise<void>((resolve) => {
        this.#closing = resolve;
      });
    }
    this.#isOver = true;
    await Promise.all(this.#idle.splice(0).map(({ connection }) => connection.close()));
  }

  /** Ends the connection if the work has not ended by the deadline: the server may never answer. */
  async #within<T>(
    deadline: number,
    session: Session,
    work: (session: Session) => Promise<T>,
    isRepeat: boolean,
  ): Promise<T> {
    const left = Math.max(0, deadline - performance.now());
    const cancel = systemClock.at(systemClock.now() + left, () => {
      session.connection.destroy(new ConnectionLost('it did not answer in time'));
      this.#connections.tooLate();
    });
    session.begin(isRepeat);
    try {
      return await work(session);
    } finally {
      cancel();
    }
  }

  async #take(deadline: number): Promise<Session> {
    if (this.#waiting.size === 0) {
      const session = this.#idle.pop();
      if (session) {
        this.#busy.add(session);
        return session;
      }
    }
    if (this.#closed && this.#expected === 0) throw this.#connections.unavailable('is closed');
    if (this.#connections.givesUp && !this.isConnected) throw this.#connections.unavailable();
    if (this.#waiting.size >= WAITING_MAX) throw this.#connections.unavailable('is too slow: too many requests wait');
    return new Promise<Session>((resolve, reject) => {
      const settled = () => {
        cancel();
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        take: (session) => {
          settled();
          this.#busy.add(session);
          resolve(session);
        },
        refuse: (error) => {
          settled();
          reject(this.#connections.faults.record(error));
          this.#ended();
        },
      };
      const left = Math.max(0, deadline - performance.now());
      const cancel = systemClock.at(systemClock.now() + left, () => waiting.refuse(this.#tooSlow()));
      this.#waiting.add(waiting);
      this.#grow();
    });
  }

  #tooSlow(): StoreUnavailable {
    return this.#connections.faults.latest
      ? this.#connections.unavailable()
      : this.#connections.unavailable('is too slow: a request waited too long for a connection');
  }

  /** Makes another connection if work waits and there are not enough. */
  #grow(): void {
    if (this.#made >= this.width || this.#made - this.#busy.size - this.#idle.length >= this.#waiting.size) return;
    this.#made++;
    const slot = this.#connections.nextSlot();
    this.#connections.connect().then(
      (connection) => {
        const session = new Session(connection, slot);
        connection.onLost(() => this.#lose(session));
        this.#offer(session);
      },
      (error: StoreUnavailable) => {
        this.#made--;
        for (const waiting of [...this.#waiting]) waiting.refuse(error);
        this.#ended();
      },
    );
  }

  /** An idle connection that is lost is forgotten; one that is lent out, when it is given back. */
  #lose(session: Session): void {
    this.totals.lost++;
    const place = this.#idle.indexOf(session);
    if (place === -1) return;
    this.#idle.splice(place, 1);
    this.#made--;
  }

  #giveBack(session: Session): void {
    this.#busy.delete(session);
    if (session.connection.lost) {
      this.#made--;
      this.#grow();
      this.#ended();
    } else this.#offer(session);
  }

  #offer(session: Session): void {
    const [next] = this.#waiting;
    if (session.connection.lost) {
      this.#made--;
      this.#grow();
    } else if (next) next.take(session);
    else if (this.#isOver) void session.connection.close();
    else this.#idle.push(session);
    this.#ended();
  }

  #ended(): void {
    if (this.#closed && this.#isQuiet) this.#closing?.();
  }

  get #isQuiet(): boolean {
    return this.#busy.size === 0 && this.#waiting.size === 0 && this.#expected === 0;
  }
}
