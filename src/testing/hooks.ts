/** Starts and stops a Squab for a test file, using the hooks of the test framework. */

import { type RunningTestSquab, startInThread, type TestSquab, type TestSquabOptions } from './test-squab.ts';

/** The time limit of the hooks; starting a thread can be slow on a busy machine. */
const HOOK_TIMEOUT_MS = 30_000;

/** The hooks of a test framework. */
export interface Hooks {
  beforeAll(run: () => Promise<void>, timeoutMs: number): unknown;
  afterAll(run: () => Promise<void>, timeoutMs: number): unknown;
}

/**
 * Registers the hooks. Until its `beforeAll` hook has run, the properties of the returned object throw an Error.
 */
export function squabForFile({ beforeAll, afterAll }: Hooks, options: TestSquabOptions): TestSquab {
  let running: RunningTestSquab | undefined;
  beforeAll(async () => {
    running = await startInThread(options);
  }, HOOK_TIMEOUT_MS);
  afterAll(async () => {
    await running?.stop();
  }, HOOK_TIMEOUT_MS);

  const started = (): RunningTestSquab => {
    if (running) return running;
    throw new Error(
      'This Squab has not started yet. Use the object that setupSquab() returns only inside tests and hooks.',
    );
  };
  return {
    get url() {
      return started().url;
    },
    get port() {
      return started().port;
    },
    get region() {
      return started().region;
    },
    get account() {
      return started().account;
    },
    get credentials() {
      return started().credentials;
    },
    get sqsConfig() {
      return started().sqsConfig;
    },
    get env() {
      return started().env;
    },
    get control() {
      return started().control;
    },
  };
}
