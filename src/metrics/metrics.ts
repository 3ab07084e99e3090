/** Metrics for Prometheus. This module is loaded, and metrics are kept, only with `--metrics`. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Happening } from '../storage/happenings.ts';
import type { Nodes } from '../storage/nodes.ts';
import type { Observation } from '../storage/observation.ts';
import { type Queue, StoreUnavailable } from '../storage/store.ts';
import type { Topics } from '../storage/topics.ts';
import type { Clock } from '../time/clock.ts';
import { addNodeMetrics } from './node-metrics.ts';
import { QueueMetrics } from './queue-metrics.ts';
import { TopicMetrics } from './topic-metrics.ts';

/** From half a millisecond to the longest long poll. */
const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const TRANSACTION_SECONDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];
const VERBS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

interface Sources {
  observation: Observation;
  topics: Pick<Topics, 'everything'>;
  /** The clock that messages go by. */
  clock: Clock;
  /** Returns the milliseconds of a monotonic clock. */
  elapsed(): number;
  /** Returns how many long polls are waiting. */
  polls(): number;
  version: string;
  /** Present if several Squabs can share the data. */
  nodes?: Nodes | undefined;
}

export class Metrics {
  readonly #sources: Sources;
  readonly #registry = new Registry();
  readonly #queues = new QueueMetrics();
  /** Hears what happens to publications. */
  readonly topics = new TopicMetrics();
  readonly #requests;
  readonly #requestSeconds;
  readonly #process = processMetrics();

  constructor(sources: Sources) {
    this.#sources = sources;
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'squab_requests_total',
      help: 'Requests by operation and outcome: OK, or the error code.',
      labelNames: ['operation', 'code'],
      registers,
    });
    this.#requestSeconds = new Histogram({
      name: 'squab_request_duration_seconds',
      help: 'Seconds from request to response. For ReceiveMessage this includes the time that long polls wait.',
      labelNames: ['operation'],
      buckets: REQUEST_SECONDS,
      registers,
    });
    new Gauge({
      name: 'squab_long_polls_waiting',
      help: 'Long polls that are waiting for a message.',
      registers,
      collect() {
        this.set(sources.polls());
      },
    });
    new Gauge({ name: 'squab_info', help: 'Always 1.', labelNames: ['version'], registers }).set(
      { version: sources.version },
      1,
    );
    this.#watchTransactions();
    if (sources.nodes) addNodeMetrics(this.#registry, sources.nodes);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts events of the store (see `Store.onHappening`). */
  readonly hear = (happenings: readonly Happening[]): void => {
    for (const happening of happenings) this.#queues.record(happening);
  };

  /** Counts a receive that returned no message. */
  readonly emptyReceive = (queue: Queue): void => this.#queues.emptyReceive(queue);

  /** Starts timing a request. Call the returned function upon the response; `code` is SQS's error code, if any. */
  readonly request = (): ((operation: string, code?: string) => void) => {
    const { elapsed } = this.#sources;
    const start = elapsed();
    return (operation, code = 'OK') => {
      this.#requests.labels(operation, code).inc();
      this.#requestSeconds.labels(operation).observe((elapsed() - start) / 1000);
    };
  };

  /**
   * Yields all metrics in Prometheus's text format, piece by piece, since those of ten thousand queues are a few
   * megabytes. Leaves out the metrics of queues and topics if the storage fails.
   */
  async *print(): AsyncGenerator<string> {
    const { observation, clock, topics } = this.#sources;
    let available = 1;
    try {
      yield* this.#queues.print(observation, clock);
      yield await this.topics.print(topics);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      available = 0;
    }
    yield `\n# HELP squab_store_available 1 if the storage works, else 0.\n# TYPE squab_store_available gauge\n`;
    yield `squab_store_available ${available}\n\n`;
    yield await this.#registry.metrics();
    yield '\n';
    yield await this.#process.metrics();
  }

  #watchTransactions(): void {
    const registers = [this.#registry];
    const seconds = new Histogram({
      name: 'squab_store_transaction_duration_seconds',
      help: 'Seconds that a storage transaction took, including its commit. Several requests may share one.',
      buckets: TRANSACTION_SECONDS,
      registers,
    });
    const verbs = new Histogram({
      name: 'squab_store_transaction_verbs',
      help: 'How many storage verbs (usually one per request) shared a transaction.',
      buckets: VERBS,
      registers,
    });
    const { observation, elapsed } = this.#sources;
    observation.onTurn((count) => {
      const start = elapsed();
      verbs.observe(count);
      return () => seconds.observe((elapsed() - start) / 1000);
    });
  }
}

let processRegistry: Registry | undefined;

/** Metrics of the process (CPU, memory, event loop) are kept once, however many Squabs run in it. */
function processMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}
