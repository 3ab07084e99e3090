/**
 * A Squab in a thread of its own, for tests. There a test's fake timers, mocks and busy loops do not reach it, and it is
 * loaded as Node loads modules, whatever the test framework does to `import`. It ends with the process.
 */

import { parentPort, threadId, workerData } from 'node:worker_threads';
import { type Squab, type StartOptions, start } from '../index.ts';
import { called, outline } from './remote.ts';
import type { Question, Report } from './wire.ts';

const port = parentPort!;
const tell = (report: Report) => port.postMessage(report);

/** Twelve digits that no other Squab for tests on this machine has, so that a queue's ARN or URL that strays is noticed. */
const account = `${process.pid}`.padStart(7, '0').slice(-7) + `${threadId}`.padStart(5, '0').slice(-5);

const options = { port: 0, account, ...(workerData as StartOptions) };
try {
  const squab = await start(options);
  port.on('message', (question: Question) => void answer(squab, question));
  tell({
    kind: 'started',
    url: squab.url,
    port: squab.port,
    account: options.account,
    outline: outline(squab.control),
  });
} catch (error) {
  tell({ kind: 'failed', error: plain(error) });
}

async function answer(squab: Squab, { id, path, args }: Question): Promise<void> {
  try {
    if (path.length === 0) await squab.stop();
    const value = path.length === 0 ? undefined : await called(squab.control, path, args);
    tell({ kind: 'answered', id, value });
  } catch (error) {
    tell({ kind: 'refused', id, error: plain(error) });
  }
  if (path.length === 0) port.close();
}

/** What of an error can leave the thread. */
function plain(error: unknown): { name: string; message: string; status?: number } {
  const { name = 'Error', message = String(error), status } = error as { status?: number } & Partial<Error>;
  return { name, message, ...(status !== undefined && { status }) };
}
