/**
 * Runs a Squab in a thread of its own, for tests. There, a test's fake timers, mocks and busy loops do not affect it,
 * and Node itself loads its modules, whatever the test framework does to `import`. The thread ends with the process.
 */

import { parentPort, threadId, workerData } from 'node:worker_threads';
import { ControlError, type Squab, type StartOptions, start } from '../index.ts';
import { called, outline } from './remote.ts';
import type { Call, Failure, Report } from './wire.ts';

const port = parentPort!;
const send = (report: Report) => port.postMessage(report);

/**
 * Twelve digits unique to this test Squab on this machine, so that using an ARN or URL with the wrong Squab is
 * noticed.
 */
const account = `${process.pid}`.padStart(7, '0').slice(-7) + `${threadId}`.padStart(5, '0').slice(-5);

// The standard input of a thread ends at once. The thread ends with the process anyway.
const options = { port: 0, account, ...(workerData as StartOptions), stopWithStdin: false };
// Not awaited, because the bundle is CommonJS, which has no await here. It handles its errors itself.
void main();

async function main(): Promise<void> {
  try {
    const squab = await start(options);
    port.on('message', (call: Call) => void answer(squab, call));
    send({
      kind: 'started',
      url: squab.url,
      port: squab.port,
      account: options.account,
      outline: outline(squab.control),
    });
  } catch (error) {
    send({ kind: 'failed', error: plain(error) });
  }
}

async function answer(squab: Squab, { id, path, args }: Call): Promise<void> {
  try {
    if (path.length === 0) await squab.stop();
    const value = path.length === 0 ? undefined : await called(squab.control, path, args);
    send({ kind: 'answered', id, value });
  } catch (error) {
    send({ kind: 'rejected', id, error: plain(error) });
  }
  if (path.length === 0) port.close();
}

/** Returns the parts of an error that can be sent to the test's thread. */
function plain(error: unknown): Failure {
  const { name = 'Error', message = String(error) } = error as Partial<Error>;
  return { name, message, ...(error instanceof ControlError && { status: error.status }) };
}
