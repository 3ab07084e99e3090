/** Requests of one kind that a lane carries out together. */

import { StoreUnavailable } from '../store.ts';
import { endsConnection, isAboutData } from './faults.ts';
import type { Lane } from './lanes.ts';
import type { Session } from './session.ts';

export interface BatchLimits<Request> {
  /** Whether the requests are verbs, as those are that the monitoring counts. */
  areVerbs?: boolean;
  /** The largest number of requests that go together. */
  requests?: number;
  /** The size of a request, in bytes; requests go together up to 1 MB. */
  sizeOf?: (request: Request) => number;
  /** Whether a request goes alone. */
  isAlone?: (request: Request) => boolean;
  /** Whether a request can be repeated if it is unknown whether it was committed. */
  repeatable?: boolean;
}

/** The answer of a request of a batch that failed alone: the others have their answers. */
export class Failed {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Resolves to the answers of statements that were sent together, each a transaction of its own. */
export async function settled<Answer>(answers: readonly Promise<Answer>[]): Promise<(Answer | Failed)[]> {
  const results = await Promise.allSettled(answers);
  return results.map((result) => (result.status === 'fulfilled' ? result.value : new Failed(result.reason)));
}

const REQUESTS_MAX = 100;
const BYTES_MAX = 1_000_000;

/** How much may wait: while the database is slow or away, memory must not grow without bounds. */
const WAITING_MAX = 10_000;
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** How long a request may take, in milliseconds. */
const LIMIT_MS = 9000;

interface Asked<Request, Answer> {
  request: Request;
  size: number;
  deadline: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class BatchLane<Request, Answer> {
  readonly #lane: Lane;
  readonly #carryOut: (session: Session, requests: readonly Request[]) => Promise<readonly (Answer | Failed)[]>;
  readonly #requestsMax: number;
  readonly #sizeOf: (request: Request) => number;
  readonly #isAlone: (request: Request) => boolean;
  readonly #repeatable: boolean;
  readonly #areVerbs: boolean;
  #waiting: Asked<Request, Answer>[] = [];
  #waitingBytes = 0;
  #active = 0;
  #goes = false;

  /**
   * `carryOut` answers the requests in their order. All of them must be one transaction, or each must settle by itself
   * (see `settled`).
   */
  constructor(
    lane: Lane,
    carryOut: (session: Session, requests: readonly Request[]) => Promise<readonly (Answer | Failed)[]>,
    {
      requests = REQUESTS_MAX,
      sizeOf = () => 0,
      isAlone = () => false,
      repeatable = false,
      areVerbs = true,
    }: BatchLimits<Request> = {},
  ) {
    this.#lane = lane;
    this.#carryOut = carryOut;
    this.#requestsMax = requests;
    this.#sizeOf = sizeOf;
    this.#isAlone = isAlone;
    this.#repeatable = repeatable;
    this.#areVerbs = areVerbs;
  }

  /** Rejects with StoreUnavailable if the database cannot carry it out, and with the error of `carryOut` otherwise. */
  ask(request: Request): Promise<Answer> {
    const size = this.#sizeOf(request);
    return new Promise((resolve, reject) => {
      const full = this.#waiting.length >= WAITING_MAX || this.#waitingBytes + size > WAITING_BYTES_MAX;
      if (full && this.#waiting.length > 0) {
        reject(new StoreUnavailable('The database is too slow: too many requests wait for it. Try again later.'));
        return;
      }
      this.#lane.expect();
      this.#waiting.push({ request, size, deadline: performance.now() + LIMIT_MS, resolve, reject });
      this.#waitingBytes += size;
      this.#go();
    });
  }

  /**
   * What is asked for in the same turn of the event loop goes together. While another connection is busy, that of the next
   * turn does as well: fewer statements make up for that.
   */
  #go(): void {
    if (this.#goes || this.#active >= this.#lane.width) return;
    this.#goes = true;
    const start = () => {
      this.#goes = false;
      while (this.#waiting.length > 0 && this.#active < this.#lane.width) void this.#carryOutNext();
    };
    if (this.#active === 0) setImmediate(start);
    else setImmediate(() => setImmediate(start));
  }

  async #carryOutNext(): Promise<void> {
    const batch = this.#next();
    this.#active++;
    try {
      await this.#settle(batch);
    } finally {
      this.#active--;
      for (const _ of batch) this.#lane.answered();
      if (this.#waiting.length > 0) this.#go();
    }
  }

  #next(): Asked<Request, Answer>[] {
    let count = 0;
    let bytes = 0;
    for (const { request, size } of this.#waiting) {
      const isAlone = this.#isAlone(request);
      if (count === this.#requestsMax || (count > 0 && (isAlone || bytes + size > BYTES_MAX))) break;
      count++;
      bytes += size;
      if (isAlone) break;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #settle(batch: readonly Asked<Request, Answer>[]): Promise<void> {
    const requests = batch.map(({ request }) => request);
    const verbs = this.#areVerbs ? batch.length : 0;
    const options = { verbs, repeatable: this.#repeatable, deadline: batch[0]!.deadline };
    try {
      const answers = await this.#lane.run(async (session) => {
        const found = await this.#carryOut(session, requests);
        const lost = found.filter((answer) => answer instanceof Failed && endsConnection(answer.error)) as Failed[];
        const [first] = lost;
        // If all are lost, the lane decides whether they are repeated.
        if (first && lost.length === found.length) throw first.error;
        if (first) session.connection.destroy(first.error as Error);
        return found;
      }, options);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const answer = answers[index]!;
        if (answer instanceof Failed) reject(this.#lane.failed(answer.error));
        else resolve(answer);
      }
    } catch (error) {
      // Nothing of the batch has happened. One of its requests is to blame, and the others must not suffer from it.
      if (batch.length > 1 && isAboutData(error)) await Promise.all(batch.map((asked) => this.#settle([asked])));
      else for (const { reject } of batch) reject(error);
    }
  }
}
