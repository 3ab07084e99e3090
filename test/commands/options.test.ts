/** The options of the command `squab`, and what it prints. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exposureWarnings } from '../../src/commands/serve.ts';
import { OWNER, signedBy } from '../api/auth/signing.ts';
import { client } from '../helpers.ts';
import { rawExchange, rawRequest } from '../http/raw-http.ts';
import { type Command, freePort, root, run, scratch, squab, squabEnds, squabServes } from './command.ts';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

describe('the command', () => {
  it('prints its options with their variables and defaults for --help, in lines that fit a wide terminal', async () => {
    const { code, stdout, stderr } = await squabEnds(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^ {2}--port PORT +SQUAB_PORT +port to listen on, or several such as 9324,4566; 0 picks a free port \(default: 9324\)$/m,
    );
    expect(stdout).toMatch(/^ {2}--in-flight-limit COUNT +SQUAB_IN_FLIGHT_LIMIT +.+\(default: 120000\)$/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
    expect((await squabEnds(['-h'])).stdout).toBe(stdout);
  });

  it('has the options of docs/options.md, in the same order', async () => {
    const { stdout } = await squabEnds(['--help']);
    const rows = readFileSync(join(root, 'docs/options.md'), 'utf8').matchAll(/^\| `(--[^`]+)` \| `(SQUAB_\w+)` \|/gm);
    const options = stdout.matchAll(/^ {2}(--\S+(?: [A-Z=]+)?) +(SQUAB_\w+) /gm);
    expect([...rows].map(([, flag, variable]) => `${flag} ${variable}`)).toEqual(
      [...options].map(([, flag, variable]) => `${flag} ${variable}`),
    );
  });

  it('prints the help of a command for `squab help`', async () => {
    const { stdout } = await squabEnds(['--help']);
    expect(await squabEnds(['help'])).toMatchObject({ code: 0, stdout });
    expect((await squabEnds(['help', 'wait'])).stdout).toBe((await squabEnds(['wait', '--help'])).stdout);
  });

  it('warns about variables that are not options, except those that Kubernetes sets for a service', async () => {
    const links = { SQUAB_PORT: 'tcp://10.0.0.7:9324', SQUAB_SERVICE_HOST: '10.0.0.7', SQUAB_PORT_9324_TCP: 'x' };
    const { child, ended } = await squabServes([], { env: { ...links, SQUAB_HOTS: '0.0.0.0' } });
    child.kill('SIGTERM');
    expect((await ended).stderr).toBe(
      'squab: Ignoring the environment variable SQUAB_HOTS: there is no such option. Did you mean "SQUAB_HOST"?\n',
    );
  });

  it('warns that a Squab on all addresses without --auth can be used by anyone, unless it is in a container', () => {
    const exposed = { host: '0.0.0.0', auth: 'none' } as const;
    expect(exposureWarnings(exposed, false)).toEqual([
      expect.stringMatching(/^With --host 0\.0\.0\.0 and without --auth/),
    ]);
    expect(exposureWarnings({ ...exposed, host: '192.0.2.1' }, false)).toHaveLength(1);
    expect(exposureWarnings(exposed, true)).toEqual([]);
    expect(exposureWarnings({ ...exposed, auth: 'sigv4' }, false)).toEqual([]);
    for (const host of ['127.0.0.1', '::1', 'localhost'])
      expect(exposureWarnings({ ...exposed, host }, false)).toEqual([]);
  });

  it('prints a line "Ready." for --localstack, after the line with the URL', async () => {
    const { child, ended } = await squabServes(['--localstack']);
    child.kill('SIGTERM');
    expect((await ended).stdout).toMatch(/Squab is listening.*\nReady\.\n/);
  });

  it('prints its version for --version', async () => {
    const expected = { code: 0, signal: null, stdout: `${version}\n`, stderr: '' };
    expect(await squabEnds(['--version'])).toEqual(expected);
    expect(await squabEnds(['-v'])).toEqual(expected);
  });

  it('picks a free port for --port 0, and logs its URL as one line of JSON', async () => {
    const { child, ended, url } = await squabServes();
    expect(await client('JSON', url).call('ListQueues')).toEqual({});
    child.kill('SIGTERM');
    const { stdout, stderr } = await ended;
    expect(stderr).toBe('');
    const [first, last, ...rest] = stdout.split('\n');
    expect(rest).toEqual(['']);
    expect(JSON.parse(last!)).toMatchObject({ level: 30, msg: 'Squab has stopped' });
    expect(JSON.parse(first!)).toEqual({
      level: 30,
      time: expect.any(Number),
      pid: child.pid,
      hostname: hostname(),
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      host: '127.0.0.1',
      data: 'memory',
      msg: 'Squab is listening',
    });
  });

  it('logs an address that clients on this machine can use when it listens on all addresses', async () => {
    const { url } = await squabServes(['--host', '0.0.0.0']);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await client('JSON', url).call('ListQueues')).toEqual({});
  });

  it('takes options from environment variables and flags, and flags take precedence', async () => {
    const env = {
      SQUAB_ACCOUNT: '123456789012',
      SQUAB_BASE_URL: 'http://squab:9324/',
      SQUAB_PORT: 'overridden by the flag',
    };
    const fromVariables = await squabServes([], { env });
    const create = async (url: string) => await (await fetch(`${url}/?Action=CreateQueue&QueueName=q`)).text();
    expect(await create(fromVariables.url)).toContain('<QueueUrl>http://squab:9324/123456789012/q</QueueUrl>');
    const fromFlags = await squabServes(['--account=999999999999', '--base-url', 'http://127.0.0.1'], { env });
    expect(await create(fromFlags.url)).toContain('<QueueUrl>http://127.0.0.1/999999999999/q</QueueUrl>');
  });

  it('takes one credential from environment variables, and checks signatures with it', async () => {
    const env = {
      SQUAB_AUTH: 'sigv4',
      SQUAB_ACCOUNT: '111122223333',
      SQUAB_ACCESS_KEY_ID: OWNER.accessKeyId,
      SQUAB_SECRET_ACCESS_KEY: OWNER.secretAccessKey,
    };
    const { url } = await squabServes([], { env });
    const { call } = client('JSON', url);
    expect(await call('CreateQueue', { QueueName: 'q' }, { sign: signedBy(OWNER) })).toEqual({
      QueueUrl: `${url}/111122223333/q`,
    });
    await expect(call('ListQueues')).rejects.toMatchObject({ code: 'IncompleteSignature' });
  });

  it('takes comma-separated lists', async () => {
    const env = { SQUAB_ALLOWED_HOSTS: '*.example.org' };
    const { url } = await squabServes(['--allowed-origins', 'http://a.example:80, HTTP://B.example:81'], { env });
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${url}/?Action=ListQueues`, { headers })).status;
    expect(await status({ origin: 'http://a.example' })).toBe(200);
    expect(await status({ origin: 'http://b.example:81' })).toBe(200);
    expect(await status({ origin: 'http://b.example' })).toBe(403);
    const rebound = (host: string) =>
      rawExchange(Number(new URL(url).port), rawRequest('GET /', [`Host: ${host}`, 'Sec-Fetch-Site: same-origin']));
    expect((await rebound('sqs.example.org')).status).toBe(404);
    expect((await rebound('sqs.example.com')).status).toBe(403);
  });

  it('ignores an empty environment variable', async () => {
    const { url } = await squabServes([], { env: { SQUAB_DATA: '', SQUAB_REGION: '', SQUAB_TRUST_PROXY: '' } });
    expect(url).toBeTruthy();
  });

  it('serves, and ends cleanly, when its output pipe is closed', async () => {
    const port = await freePort();
    const command = squab([`--port=${port}`]);
    command.child.stdout.destroy();
    await responds(command, port);
    command.child.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it.runIf(process.platform === 'linux')('serves, and ends cleanly, when its output goes to a full disk', async () => {
    const port = await freePort();
    const exec = ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, 'dist/cli.cjs'];
    const command = run('sh', [...exec, `--port=${port}`]);
    await responds(command, port);
    command.child.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

/** Resolves when a Squab whose output cannot be read responds to requests. */
async function responds({ ended }: Command, port: number): Promise<void> {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const { call } = client('JSON', `http://127.0.0.1:${port}`);
  while (!hasEnded) {
    const answer = await call('ListQueues').catch(() => undefined);
    if (answer) return;
  }
  throw new Error('It ended.');
}

const terminal = ['python3', ['-c', 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)']] as const;
const hasTerminal = spawnSync('python3', ['-c', 'import pty']).status === 0;

describe.runIf(hasTerminal)('on a terminal (which takes python3; skipped without it), the command', () => {
  it('shows its URL, where messages are stored and how to configure clients, and ends at Ctrl+C', async () => {
    const data = join(scratch(), 'data');
    const [python, args] = terminal;
    const { child, ended, output } = run(python, [
      ...args,
      process.execPath,
      'dist/cli.cjs',
      '--port=0',
      '--data',
      data,
    ]);
    const [, url] = await output(/is serving Amazon SQS at (http:\/\/127\.0\.0\.1:\d+)/);
    await output(/Ctrl\+C/);
    expect(await client('JSON', url!).call('ListQueues')).toEqual({});
    child.stdin.write('\x03');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain(`Squab ${version} is serving`);
    expect(stdout).toContain(`stored in ${data}`);
    expect(stdout).toContain(`export AWS_ENDPOINT_URL_SQS=${url}\r\n`);
    expect(stdout).not.toContain('"level"');
  });

  it('says that messages are kept in memory only until it stops', async () => {
    const [python, args] = terminal;
    const { output } = run(python, [...args, process.execPath, 'dist/cli.cjs', '--port=0']);
    await output(/in memory until Squab stops/);
  });
});
