/**
 * Looks the names of endpoints up. Node.js looks up two names at a time, each on a thread: some whose servers do not
 * answer would keep the endpoints of all other subscribers waiting. So names that were found before do not wait for others.
 */

import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';

type Done = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;
type LookUp = (host: string, options: LookupAllOptions, done: Done) => void;

/** How many lookups may be in progress: of names that were found the last time, and of others, fewer than Node.js has. */
const [KNOWN_AT_ONCE, OTHERS_AT_ONCE] = [2, 1];
/** How many of each kind may wait. */
const WAITING_MAX = 100;
/** How many names that were found are remembered. */
const KNOWN_MAX = 1000;

interface Job {
  id: string;
  host: string;
  options: LookupAllOptions;
  done: Done[];
}

interface Lane {
  running: number;
  readonly max: number;
  readonly waiting: Job[];
}

export class Lookups {
  readonly #lookUp: LookUp;
  /** Names that were found the last time. */
  readonly #known = new Set(['localhost']);
  readonly #knownLane: Lane = { running: 0, max: KNOWN_AT_ONCE, waiting: [] };
  readonly #otherLane: Lane = { running: 0, max: OTHERS_AT_ONCE, waiting: [] };
  /** The jobs that have not ended, by what they look up. */
  readonly #jobs = new Map<string, Job>();

  constructor(lookUp: LookUp = (host, options, done) => lookup(host, options, done)) {
    this.#lookUp = lookUp;
  }

  /** Looks a name up; requests for the same name share a lookup. Fails with EAI_AGAIN if too many others wait. */
  lookUp(host: string, options: LookupAllOptions, done: Done): void {
    const id = `${host} ${options.family ?? 0} ${options.hints ?? 0}`;
    const same = this.#jobs.get(id);
    if (same) {
      same.done.push(done);
      return;
    }
    const lane = this.#known.has(host) ? this.#knownLane : this.#otherLane;
    if (lane.waiting.length >= WAITING_MAX) {
      const error = Object.assign(new Error('too many names are being looked up'), { code: 'EAI_AGAIN' });
      process.nextTick(() => done(error, []));
      return;
    }
    const job = { id, host, options, done: [done] };
    this.#jobs.set(id, job);
    lane.waiting.push(job);
    this.#next(lane);
  }

  #next(lane: Lane): void {
    const job = lane.running < lane.max ? lane.waiting.shift() : undefined;
    if (!job) return;
    lane.running++;
    this.#lookUp(job.host, job.options, (error, addresses) => {
      lane.running--;
      this.#jobs.delete(job.id);
      this.#remember(job.host, error === null);
      this.#next(lane);
      for (const done of job.done) done(error, addresses);
    });
  }

  #remember(host: string, isFound: boolean): void {
    this.#known.delete(host);
    if (!isFound) return;
    const [oldest] = this.#known;
    if (this.#known.size >= KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.add(host);
  }
}
