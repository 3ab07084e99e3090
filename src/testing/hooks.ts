/** A Squab for a test file, started and stopped by the hooks of its test framework. */

import { type RunningTestSquab, startInThread, type TestSquab, type TestSquabOptions } from './test-squab.ts';

/** A machine that does much else takes its time to start a thread. */
const PATIENCE_MS = 30_000;

export interface Hooks {
  beforeAll(run: () => Promise<void>, timeoutMs: number): unknown;
  afterAll(run: () => Promise<void>, timeoutMs: number): unknown;
}

/** Declares the hooks. What it returns can be asked from the file's first `beforeAll` behind it on; before, it throws. */
export function squabForFile({ beforeAll, afterAll }: Hooks, options: TestSquabOptions): TestSquab {
  let running: RunningTestSquab | undefined;
  beforeAll(async () => {
    running = await startInThread(options);
  }, PATIENCE_MS);
  afterAll(async () => {
    await running?.stop();
  }, PATIENCE_MS);

  const now = (): RunningTestSquab => {
    if (running) return running;
    throw new Error('This Squab has not started yet. Use what setupSquab() returns within tests and hooks.');
  };
  return {
    get url() {
      return now().url;
    },
    get port() {
      return now().port;
    },
    get region() {
      return now().region;
    },
    get account() {
      return now().account;
    },
    get credentials() {
      return now().credentials;
    },
    get sqsConfig() {
      return now().sqsConfig;
    },
    get env() {
      return now().env;
    },
    get control() {
      return now().control;
    },
  };
}
