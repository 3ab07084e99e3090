/** Running programs that are clients of SQS: other languages' SDKs and the AWS CLI. */

import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

export const KEY = { accessKeyId: 'local', secretAccessKey: 'local' };

/** A build on a machine that has none of the packages yet has to fetch them. */
export const BUILD_MS = 300_000;

/** What the programs in languages that are compiled print when all is well. */
export const EVERYDAY_JOB = [
  'creates a queue and finds it again',
  'hands out text and attributes as they were sent',
  'makes a message visible, and deletes it',
  'tells in a batch which entries failed',
  'counts, purges and deletes',
  'knows errors by their type and code',
];

/** The end of a suite's title and the reason to skip it, when a program it needs cannot be run here. */
export function lack(what: string, command: string, args: readonly string[]): string {
  const { status } = spawnSync(command, args, { stdio: 'ignore', timeout: 60_000 });
  return status === 0 ? '' : ` (skipped: this machine has no ${what})`;
}

/** An environment that leads every official SDK to `url`, free of what the machine's owner has set up for AWS. */
export function environment(url: string, more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(clean),
    AWS_ENDPOINT_URL_SQS: url,
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
  /** Takes each line of the program's output; what it returns is handed to the program as a line of input. */
  onLine?: (line: string) => Promise<string | undefined>;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, while this process goes on serving it. */
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
    // A program that ends early does not read what was written for it; its exit code says more than that.
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

/** Runs a program that must succeed, and returns what it wrote. */
export async function output(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}.\n${stdout}${stderr}`);
  return stdout;
}
