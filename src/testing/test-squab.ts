/** A Squab for tests: started in a thread, and with all that a client of SQS has to be given. */

import { Worker } from 'node:worker_threads';
import type { Control } from '../control/control.ts';
import type { Options } from '../settings/options.ts';
import { type Remote, remote } from './remote.ts';
import type { Failure, Report } from './wire.ts';

/** The options of `start()` that go through to a thread; it picks a free port by default. */
export type TestSquabOptions = Partial<Options>;

export interface TestSquab {
  /** Where it listens: the endpoint for an SDK. */
  readonly url: string;
  readonly port: number;
  readonly region: string;
  /** Twelve digits of its own; also the account of requests whose access key names none. */
  readonly account: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** For `new SQSClient(squab.sqsConfig)`. */
  readonly sqsConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { accessKeyId: string; secretAccessKey: string };
  };
  /** The same for code and programs that take it from the environment: `AWS_ENDPOINT_URL_SQS`, `AWS_REGION` … */
  readonly env: Readonly<Record<string, string>>;
  /** What AWS does not have: `await squab.control.clock.advance('30s')`. */
  readonly control: Remote<Control>;
}

export interface RunningTestSquab extends TestSquab {
  stop(): Promise<void>;
}

/** Starts a Squab in a thread. Rejects where `start()` does. */
export async function startInThread(options: TestSquabOptions = {}): Promise<RunningTestSquab> {
  const thread = new Thread(options);
  const { url, port, account, outline } = await thread.started;
  const region = options.region ?? 'us-east-1';
  const credentials = { accessKeyId: account, secretAccessKey: 'test' };
  return {
    ...{ url, port, region, account, credentials },
    sqsConfig: { endpoint: url, region, credentials },
    env: {
      AWS_ENDPOINT_URL_SQS: url,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    control: remote<Control>(outline, (path, args) => thread.ask(path, args)),
    stop: () => thread.stop(),
  };
}

type Started = Extract<Report, { kind: 'started' }>;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The thread, and what it was asked and has not answered yet. */
class Thread {
  readonly started: Promise<Started>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #over: Error | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: TestSquabOptions) {
    // Flags of the test framework's own process (loaders, inspectors) are none of Squab's.
    this.#worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: options, execArgv: [] });
    this.started = new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve: (report) => resolve(report as Started), reject });
    });
    this.#worker.on('message', (report: Report) => this.#hear(report));
    this.#worker.once('error', (error: unknown) =>
      this.#end(error instanceof Error ? error : new Error(String(error))),
    );
    this.#worker.once('exit', () => this.#end(new Error('This Squab has stopped.')));
  }

  /** Rejects with the error that the call was refused with, or when the thread ends. */
  ask(path: readonly string[], args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(this.#over);
      const id = ++this.#asked;
      this.#worker.postMessage({ id, path, args });
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
    });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#over) return;
    const gone = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    await this.ask([], []);
    this.#worker.ref();
    await gone;
  }

  #hear(report: Report): void {
    if (report.kind === 'started') this.#settle(0, ({ resolve }) => resolve(report));
    else if (report.kind === 'failed') this.#settle(0, ({ reject }) => reject(errorOf(report.error)));
    else if (report.kind === 'answered') this.#settle(report.id, ({ resolve }) => resolve(report.value));
    else this.#settle(report.id, ({ reject }) => reject(errorOf(report.error)));
  }

  #settle(id: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) how(waiting);
    // It must not keep alive a process that has nothing else to do.
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #end(error: Error): void {
    this.#over ??= error;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, ({ reject }) => reject(this.#over!));
  }
}

function errorOf({ message, ...rest }: Failure): Error {
  return Object.assign(new Error(message), rest);
}
