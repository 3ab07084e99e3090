/**
 * Looks the names of endpoints up. Node.js looks up two names at a time, each on a thread: some whose servers do not
 * answer would keep the endpoints of all other subscribers waiting. So the addresses of names that were found before are
 * remembered, and used if a lookup takes long.
 */

import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { type Clock, type Millis, systemClock } from '../../time/clock.ts';

type Done = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;
type LookUp = (host: string, options: LookupAllOptions, done: Done) => void;

/** How many names may wait. One is looked up at a time, so that a thread is left for everything else. */
const WAITING_MAX = 100;
/** How long a lookup may take before the addresses that were found the last time are used. */
const PATIENCE_MS: Millis = 100;
/** How many names that were found are remembered. */
const KNOWN_MAX = 1000;
/**
 * How many addresses of a name are kept and used. An answer can have thousands. Node.js recurses for each of them that has no
 * route, and would run out of stack, which ends the process.
 */
const ADDRESSES_MAX = 50;

/** "Name resolution APIs and libraries SHOULD always return the IP loopback address." RFC 6761, section 6.3. */
const LOCALHOST: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

interface Job {
  host: string;
  options: LookupAllOptions;
  done: Set<Done>;
}

export class Lookups {
  readonly #lookUp: LookUp;
  readonly #clock: Clock;
  /** The addresses of names that were found the last time. */
  readonly #known = new Map<string, LookupAddress[]>();
  /** The jobs that have not ended, by their names. */
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: Job[] = [];
  #isBusy = false;

  constructor(lookUp: LookUp = (host, options, done) => lookup(host, options, done), clock: Clock = systemClock) {
    this.#lookUp = lookUp;
    this.#clock = clock;
  }

  /**
   * Looks a name up; requests for the same name share a lookup. Fails with EAI_AGAIN if too many others wait. The options
   * must be the same for all names, as those of Node.js's requests are.
   */
  lookUp(host: string, options: LookupAllOptions, done: Done): void {
    const known = host === 'localhost' ? LOCALHOST : this.#known.get(host);
    const job = known === LOCALHOST ? undefined : this.#jobFor(host, options);
    if (!job) process.nextTick(() => (known ? done(null, known) : done(tooMany(), [])));
    else if (!known) job.done.add(done);
    else this.#waitABit(job, done, known);
    this.#next();
  }

  #waitABit({ done: all }: Job, done: Done, known: LookupAddress[]): void {
    const finish: Done = (error, addresses) => {
      cancel();
      done(error, addresses);
    };
    const cancel = this.#clock.at(this.#clock.now() + PATIENCE_MS, () => {
      all.delete(finish);
      done(null, known);
    });
    all.add(finish);
  }

  /** Returns the job that looks this name up; undefined if too many wait. */
  #jobFor(host: string, options: LookupAllOptions): Job | undefined {
    const same = this.#jobs.get(host);
    if (same || this.#waiting.length >= WAITING_MAX) return same;
    const job = { host, options, done: new Set<Done>() };
    this.#jobs.set(host, job);
    this.#waiting.push(job);
    return job;
  }

  #next(): void {
    const job = this.#isBusy ? undefined : this.#waiting.shift();
    if (!job) return;
    const { host, options, done: all } = job;
    this.#isBusy = true;
    this.#lookUp(host, options, (error, found) => {
      const addresses = error === null ? found.slice(0, ADDRESSES_MAX) : [];
      this.#isBusy = false;
      this.#jobs.delete(host);
      this.#remember(host, error === null ? addresses : undefined);
      this.#next();
      for (const done of all) done(error, addresses);
    });
  }

  #remember(host: string, addresses: LookupAddress[] | undefined): void {
    this.#known.delete(host);
    if (!addresses) return;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(host, addresses);
  }
}

function tooMany(): Error {
  return Object.assign(new Error('too many names are being looked up'), { code: 'EAI_AGAIN' });
}
