/** Metrics for Prometheus. They are loaded and kept only where they are asked for. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Happening } from '../storage/happenings.ts';
import type { Observation } from '../storage/observation.ts';
import { type Queue, StoreUnavailable } from '../storage/store.ts';
import type { Clock } from '../time/clock.ts';
import { QueueMetrics } from './queue-metrics.ts';

/** From half a millisecond to the longest long poll. */
const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const TRANSACTION_SECONDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];
const VERBS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

interface Watched {
  observation: Observation;
  /** The time of messages. */
  clock: Clock;
  /** Measures time; in milliseconds. */
  elapsed(): number;
  /** How many long polls wait. */
  polls(): number;
  version: string;
}

export class Metrics {
  readonly #watched: Watched;
  readonly #registry = new Registry();
  readonly #queues = new QueueMetrics();
  readonly #requests;
  readonly #requestSeconds;
  readonly #process = processMetrics();

  constructor(watched: Watched) {
    this.#watched = watched;
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'squab_requests_total',
      help: 'Requests by operation and outcome: OK, or the code of the refusal.',
      labelNames: ['operation', 'code'],
      registers,
    });
    this.#requestSeconds = new Histogram({
      name: 'squab_request_duration_seconds',
      help: 'Seconds from a request to its answer; those of ReceiveMessage include the waiting of long polls.',
      labelNames: ['operation'],
      buckets: REQUEST_SECONDS,
      registers,
    });
    new Gauge({
      name: 'squab_long_polls_waiting',
      help: 'Long polls that wait for a message.',
      registers,
      collect() {
        this.set(watched.polls());
      },
    });
    new Gauge({ name: 'squab_info', help: 'Always 1.', labelNames: ['version'], registers }).set(
      { version: watched.version },
      1,
    );
    this.#watchTransactions();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Hears what happens to messages. */
  readonly hear = (happening: Happening): void => this.#queues.hear(happening);

  /** Hears of receives that end without a message. */
  readonly emptyReceive = (queue: Queue): void => this.#queues.emptyReceive(queue);

  /** A request begins. What is returned is to be called when it is answered, with SQS's code where it was refused. */
  readonly request = (): ((operation: string, code?: string) => void) => {
    const { elapsed } = this.#watched;
    const start = elapsed();
    return (operation, code = 'OK') => {
      this.#requests.labels(operation, code).inc();
      this.#requestSeconds.labels(operation).observe((elapsed() - start) / 1000);
    };
  };

  /**
   * All metrics, in Prometheus's text format, piece by piece: of ten thousand queues they are some megabytes. Where the
   * storage fails, those of queues are left out.
   */
  async *print(): AsyncGenerator<string> {
    const { observation, clock } = this.#watched;
    let available = 1;
    try {
      yield* this.#queues.print(observation, clock);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      available = 0;
    }
    yield `\n# HELP squab_store_available Whether the storage works.\n# TYPE squab_store_available gauge\n`;
    yield `squab_store_available ${available}\n\n`;
    yield await this.#registry.metrics();
    yield '\n';
    yield await this.#process.metrics();
  }

  #watchTransactions(): void {
    const registers = [this.#registry];
    const seconds = new Histogram({
      name: 'squab_store_transaction_duration_seconds',
      help: 'Seconds that a transaction of the storage took, with its commit; several requests share one.',
      buckets: TRANSACTION_SECONDS,
      registers,
    });
    const verbs = new Histogram({
      name: 'squab_store_transaction_verbs',
      help: 'How many verbs (most requests are one) shared a transaction.',
      buckets: VERBS,
      registers,
    });
    const { observation, elapsed } = this.#watched;
    observation.onTurn((count) => {
      const start = elapsed();
      verbs.observe(count);
      return () => seconds.observe((elapsed() - start) / 1000);
    });
  }
}

let ofProcess: Registry | undefined;

/** CPU, memory, event loop: what concerns the process is kept once, however many Squabs it has. */
function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
