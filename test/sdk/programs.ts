/** Runs programs that are clients of SQS and SNS: the AWS CLI and SDKs in other languages. */

import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

export const KEY = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Timeout of a build, which may have to download all packages first. */
export const BUILD_MS = 300_000;

/** The lines that the Go, Java and Rust programs print if everything works. */
export const EVERYDAY_OPERATIONS = [
  'creates a queue and finds it again',
  'receives text and attributes as they were sent',
  'makes a message visible and deletes it',
  'reports which entries of a batch failed',
  'counts messages, and purges and deletes the queue',
  'identifies errors by type and code',
];

/** The lines that the Go and Java programs print after these. */
export const TOPIC_OPERATIONS = [
  'subscribes queues to a topic',
  'publishes to queues with and without a filter',
  'identifies errors of topics by type',
];

/** Returns a suffix for the title of a test suite if a program that it needs is missing: the reason to skip it. */
export function lack(what: string, command: string, args: readonly string[]): string {
  const { status } = spawnSync(command, args, { stdio: 'ignore', timeout: 60_000 });
  return status === 0 ? '' : ` (skipped: this machine has no ${what})`;
}

/** Returns an environment that makes every official SDK use `url`, without the user's own AWS settings. */
export function environment(url: string, more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(clean),
    AWS_ENDPOINT_URL_SQS: url,
    AWS_ENDPOINT_URL_SNS: url,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    AWS_EC2_METADATA_DISABLED: 'true',
    PYTHONWARNINGS: 'ignore',
    ...more,
  };
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Called for each line of the program's output. A returned string is sent to the program as a line of input. */
  onLine?: (line: string) => Promise<string | undefined>;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program, and resolves when it has ended. Asynchronous, so that a Squab in this process can serve it. */
export function run(command: string, args: readonly string[], { env, cwd, onLine }: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8');
    child.stderr.setEncoding('utf8');
    child.stdout.on('data', (text) => {
      ended.stdout += text;
    });
    child.stderr.on('data', (text) => {
      ended.stderr += text;
    });
    if (onLine) {
      createInterface(child.stdout).on('line', async (line) => {
        try {
          const answer = await onLine(line);
          if (answer !== undefined) child.stdin.write(`${answer}\n`);
        } catch (error) {
          child.kill();
          reject(error);
        }
      });
    } else child.stdin.end();
    // A program that ends early does not read its input. Its exit code is more informative than this error.
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

/** Runs a program, and returns its output. Throws an Error unless it exits with 0. */
export async function output(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}.\n${stdout}${stderr}`);
  return stdout;
}
