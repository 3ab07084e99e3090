/** `squab wait`: for scripts, until a Squab answers and has the queues that they need. */

import { readReadyFile } from '../ready-file.ts';
import { UsageError } from '../settings/config.ts';
import { sleep } from '../time/clock.ts';
import { DURATION_EXAMPLES, durationMs } from '../time/duration.ts';
import { readArguments, refuseArguments } from './arguments.ts';
import { urlOf, usualUrl } from './reach.ts';

const READY = 0;
const NOT_READY = 1;

/** From one look to the next. */
const PAUSE_MS = 50;

/** The last look gets so long also when less is left, or a slow answer would be taken for none. */
const LOOK_MS = 500;

const help = `squab wait: waits until a Squab answers

Usage: squab wait [--url URL | --ready-file FILE] [--timeout TIME] [--queue NAME]...

  --url URL          where it will be; by default http://127.0.0.1 with the port SQUAB_PORT, or 9324
  --ready-file FILE  the file that says where it is: that of its own option --ready-file (SQUAB_READY_FILE)
  --timeout TIME     how long to wait, such as 500ms, 30s or 2m (30s)
  --queue NAME       also wait until this queue is there, in Squab's own region and account; can be given again
  -h, --help         print this

Exit code: 0 when it answers and the queues are there, 1 when they were not in time, 2 for wrong usage.`;

interface Wait {
  url?: string | undefined;
  readyFile?: string | undefined;
  timeout: string;
  timeoutMs: number;
  queues: readonly string[];
}

/** Resolves to 0 as soon as all is there; to 1, with a line that says what is missing, when the time is over. */
export async function run(args: readonly string[]): Promise<number> {
  const wait = readWait(args);
  if (wait === undefined) {
    console.log(help);
    return READY;
  }
  const deadline = performance.now() + wait.timeoutMs;
  for (;;) {
    const missing = await missingIn(wait, Math.max(deadline - performance.now(), LOOK_MS));
    if (missing === undefined) return READY;
    if (deadline - performance.now() <= 0) {
      console.error(`squab: Waited ${wait.timeout}: ${missing}.`);
      return NOT_READY;
    }
    await sleep(PAUSE_MS);
  }
}

/** Undefined: help is asked for. Throws UsageError. */
function readWait(args: readonly string[]): Wait | undefined {
  const flags = readArguments(args, { values: ['url', 'ready-file', 'timeout', 'queue'] });
  if (flags === undefined) return undefined;
  refuseArguments(flags);
  const { values } = flags;
  const [readyFile, timeout = '30s'] = [values.get('ready-file'), values.get('timeout')];
  if (values.has('url') && readyFile !== undefined) {
    throw new UsageError('--url and --ready-file both say where Squab is: give one of them.');
  }
  const url = values.has('url') ? urlOf(flags, process.env) : undefined;
  const timeoutMs = durationMs(timeout);
  if (timeoutMs === undefined) {
    const shown = JSON.stringify(timeout);
    throw new UsageError(`--timeout cannot be ${shown}: must be a duration such as ${DURATION_EXAMPLES}.`);
  }
  const fromEnvironment = url === undefined ? process.env.SQUAB_READY_FILE || undefined : undefined;
  return { url, readyFile: readyFile ?? fromEnvironment, timeout, timeoutMs, queues: flags.all('queue') };
}

/** What is not there yet, in words; undefined when all is. */
async function missingIn({ url, readyFile, queues }: Wait, leftMs: number): Promise<string | undefined> {
  const ready = readyFile === undefined ? undefined : await readReadyFile(readyFile);
  if (readyFile !== undefined && ready === undefined) return `there is no ready file ${readyFile}`;
  const base = url ?? ready?.url ?? usualUrl(process.env);
  const signal = AbortSignal.timeout(Math.ceil(leftMs));
  const answer = await ask(base, 'ListQueues', { MaxResults: '1' }, signal);
  if (typeof answer === 'string') return answer;
  if (!answer.ok && !answer.refused) return `${base} answers, but not as SQS does (status ${answer.status})`;
  for (const QueueName of queues) {
    const found = await ask(base, 'GetQueueUrl', { QueueName }, signal);
    if (typeof found === 'string') return found;
    if (found.refused && found.status === 403) {
      return `${base} answers, but tells of its queues only to those whom it knows (--auth); wait without --queue`;
    }
    if (!found.ok) return `${base} answers, but has no queue ${JSON.stringify(QueueName)}`;
  }
  return undefined;
}

interface Answer {
  ok: boolean;
  /** It is refused as SQS refuses: where credentials are checked, Squab is there all the same. */
  refused: boolean;
  status: number;
}

/** Whether an operation succeeds; in words, why there was no answer. */
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
    const { name, cause } = error as Error & { cause?: { code?: string } };
    const why = name === 'TimeoutError' ? 'not in time' : (cause?.code ?? (error as Error).message);
    return `${base} does not answer (${why})`;
  }
}
