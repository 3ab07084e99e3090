/** A Squab for tests: runs in a thread, and provides everything that a client of SQS needs. */

import { Worker } from 'node:worker_threads';
import type { Control } from '../control/control.ts';
import { ControlError } from '../control/control-error.ts';
import type { StartOptions } from '../index.ts';
import { type Remote, remote } from './remote.ts';
import type { Failure, Report } from './wire.ts';

/** The options of `start()`, except those that cannot be passed to a thread. Squab picks a free port by default. */
export type TestSquabOptions = Omit<StartOptions, 'clock' | 'logStream'>;

/** A Squab for tests, as a test sees it. */
export interface TestSquab {
  /** Where Squab listens: the endpoint for an SDK. */
  readonly url: string;
  readonly port: number;
  readonly region: string;
  /**
   * Twelve digits, unique to this Squab by default. Requests whose access key is not an account ID use this account.
   */
  readonly account: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** For `new SQSClient(squab.sqsConfig)`, and for clients of SNS and Lambda. */
  readonly sqsConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { accessKeyId: string; secretAccessKey: string };
  };
  /**
   * The same as environment variables, for code and programs that read those: `AWS_ENDPOINT_URL_SQS`, `AWS_REGION` …
   */
  readonly env: Readonly<Record<string, string>>;
  /** The control interface: `await squab.control.clock.advance('30s')`. Methods reject with a ControlError if they fail. */
  readonly control: Remote<Control>;
}

/** A TestSquab that its owner can stop. */
export interface RunningTestSquab extends TestSquab {
  /** Stops Squab, and resolves when its thread has ended. */
  stop(): Promise<void>;
}

/** Starts a Squab in a thread. Rejects with the same message as `start()` if that fails. */
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
      AWS_ENDPOINT_URL_SNS: url,
      AWS_ENDPOINT_URL_LAMBDA: url,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    control: remote<Control>(outline, (path, args) => thread.call(path, args)),
    stop: () => thread.stop(),
  };
}

type Started = Extract<Report, { kind: 'started' }>;

/** A call that has not been answered yet. */
interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The thread of a Squab, and the calls that it has not answered yet. */
class Thread {
  readonly started: Promise<Started>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #endedBy: Error | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: TestSquabOptions) {
    // Without the flags of the test framework's process (loaders, inspectors), which do not apply to Squab.
    this.#worker = new Worker(new URL('./thread.cjs', import.meta.url), { workerData: options, execArgv: [] });
    this.started = new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve: (report) => resolve(report as Started), reject });
    });
    this.#worker.on('message', (report: Report) => this.#handle(report));
    this.#worker.once('error', (error: unknown) =>
      this.#end(error instanceof Error ? error : new Error(String(error))),
    );
    this.#worker.once('exit', () => this.#end(new ControlError(409, 'This Squab has stopped.')));
  }

  /** Calls a method of the control interface. Rejects with the error that the method threw, or if the thread ends. */
  call(path: readonly string[], args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#endedBy) return reject(this.#endedBy);
      const id = ++this.#lastId;
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
    if (this.#endedBy) return;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    await this.call([], []);
    this.#worker.ref();
    await exited;
  }

  #handle(report: Report): void {
    if (report.kind === 'started') this.#settle(0, ({ resolve }) => resolve(report));
    else if (report.kind === 'failed') this.#settle(0, ({ reject }) => reject(errorOf(report.error)));
    else if (report.kind === 'answered') this.#settle(report.id, ({ resolve }) => resolve(report.value));
    else this.#settle(report.id, ({ reject }) => reject(errorOf(report.error)));
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) settle(waiting);
    // An idle Squab must not keep the process alive.
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #end(error: Error): void {
    this.#endedBy ??= error;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, ({ reject }) => reject(this.#endedBy!));
  }
}

function errorOf({ name, message, status }: Failure): Error {
  return status === undefined ? Object.assign(new Error(message), { name }) : new ControlError(status, message);
}
