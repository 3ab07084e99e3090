/** `squab wait`: waits, for scripts, until Squab is ready and has the queues that they need. */

import { distrust } from '../queue-files/call-sqs.ts';
import { readReadyFile } from '../ready-file.ts';
import { UsageError } from '../settings/config.ts';
import { sleep, TIMER_MS_MAX } from '../time/clock.ts';
import { DURATION_EXAMPLES, durationMs } from '../time/duration.ts';
import { readArguments, refuseArguments } from './arguments.ts';
import { complain } from './output.ts';
import { urlOf } from './reach.ts';

const READY = 0;
const NOT_READY = 1;

/** Milliseconds between two attempts. */
const PAUSE_MS = 50;

/** The last attempt gets at least this long, even past the deadline, so that a slow response still counts. */
const ATTEMPT_MS = 500;

const help = `squab wait: waits until Squab is ready

Usage: squab wait [--url URL | --ready-file FILE] [--timeout TIME] [--queue NAME]...

  --url URL          URL of Squab; by default http://127.0.0.1 with the port SQUAB_PORT, or 9324
  --ready-file FILE  read the URL from the file that Squab writes with its own option --ready-file (SQUAB_READY_FILE)
  --timeout TIME     how long to wait, such as 500ms, 30s or 2m (default: 30s)
  --queue NAME       also wait until this queue exists, in Squab's own region and account; can be repeated
  -h, --help         show this help

Exit code: 0 if Squab is ready and the queues exist, 1 if the time ran out, 2 for wrong usage.`;

interface Wait {
  /** Undefined if the URL is in a ready file. */
  url: string | undefined;
  readyFile: string | undefined;
  timeout: string;
  timeoutMs: number;
  queues: readonly string[];
}

/** Resolves to 0 as soon as nothing is missing. When the time runs out, prints what is missing and resolves to 1. */
export async function run(args: readonly string[]): Promise<number> {
  const wait = readWait(args);
  if (wait === undefined) {
    console.log(help);
    return READY;
  }
  const deadline = performance.now() + wait.timeoutMs;
  for (;;) {
    const missing = await missingIn(wait, Math.max(deadline - performance.now(), ATTEMPT_MS));
    if (missing === undefined) return READY;
    if (deadline - performance.now() <= 0) {
      complain(`squab: Timed out after ${wait.timeout}: ${missing}.`);
      return NOT_READY;
    }
    await sleep(PAUSE_MS);
  }
}

/** Returns undefined if the arguments ask for help. Throws UsageError. */
function readWait(args: readonly string[]): Wait | undefined {
  const flags = readArguments(args, { values: ['url', 'ready-file', 'timeout', 'queue'] });
  if (flags === undefined) return undefined;
  refuseArguments(flags);
  const { values } = flags;
  const [readyFile, timeout = '30s'] = [values.get('ready-file'), values.get('timeout')];
  if (values.has('url') && readyFile !== undefined) {
    throw new UsageError('--url and --ready-file cannot be used together: each gives the URL of Squab.');
  }
  const timeoutMs = durationMs(timeout);
  if (timeoutMs === undefined) {
    const shown = JSON.stringify(timeout);
    throw new UsageError(`--timeout must be a duration such as ${DURATION_EXAMPLES}, not ${shown}.`);
  }
  const file = readyFile ?? (values.has('url') ? undefined : process.env.SQUAB_READY_FILE || undefined);
  const url = file === undefined ? urlOf(flags, process.env) : undefined;
  return { url, readyFile: file, timeout, timeoutMs, queues: flags.all('queue') };
}

/** The URL in a ready file, without TLS: a port of Squab serves both, and the certificate may not be trusted here. */
function plainUrl(url: string | undefined): string | undefined {
  return url?.replace(/^https:/, 'http:');
}

/** Describes what is still missing. Resolves to undefined when nothing is. */
async function missingIn({ url, readyFile, queues }: Wait, leftMs: number): Promise<string | undefined> {
  const base = url ?? plainUrl((await readReadyFile(readyFile!))?.url);
  if (base === undefined) return `there is no valid ready file at ${readyFile}`;
  const signal = AbortSignal.timeout(Math.min(Math.ceil(leftMs), TIMER_MS_MAX));
  const answer = await ask(base, 'ListQueues', { MaxResults: '1' }, signal);
  if (typeof answer === 'string') return answer;
  if (!answer.ok && !answer.refused) return `${base} responds, but not like SQS (status ${answer.status})`;
  for (const QueueName of queues) {
    const found = await ask(base, 'GetQueueUrl', { QueueName }, signal);
    if (typeof found === 'string') return found;
    if (found.refused && found.status === 403) {
      return `${base} responds, but checks credentials (--auth) and so does not show its queues; wait without --queue`;
    }
    if (!found.ok) return `${base} responds, but has no queue ${JSON.stringify(QueueName)}`;
  }
  return undefined;
}

interface Answer {
  ok: boolean;
  /** An error in the form of SQS: a Squab that checks credentials is ready, even though it refuses the request. */
  refused: boolean;
  status: number;
}

/** Sends an operation. Resolves to a description of the problem if there is no response. */
async function ask(
  base: string,
  Action: string,
  input: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer | string> {
  try {
    const response = await fetch(`${base.replace(/\/+$/, '')}/?${new URLSearchParams({ Action, ...input })}`, {
      signal,
    });
    const text = await response.text();
    const { ok, status } = response;
    const refused = status < 500 && text.includes('<ErrorResponse');
    return { ok: ok && text.includes(`<${Action}Response`), refused, status };
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    if (name === 'TimeoutError') return `${base} does not respond (timed out)`;
    return distrust(base, error) ?? `${base} does not respond (${cause?.code || cause?.message || message})`;
  }
}
