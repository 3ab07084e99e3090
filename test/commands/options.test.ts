/** The options of the command `squab`, and what it prints. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OWNER, signedBy } from '../api/auth/signing.ts';
import { client } from '../helpers.ts';
import { rawExchange, rawRequest } from '../http/raw-http.ts';
import { type Command, failure, freePort, root, run, scratch, squab, squabEnds, squabServes } from './command.ts';

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
    const options = stdout.matchAll(/^ {2}(--\S+(?: [A-Z]+)?) +(SQUAB_\w+) /gm);
    expect([...rows].map(([, flag, variable]) => `${flag} ${variable}`)).toEqual(
      [...options].map(([, flag, variable]) => `${flag} ${variable}`),
    );
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
    const { url } = await squabServes(['--allowed-origins', 'http://a.example, HTTP://B.example:81'], { env });
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
    const exec = ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, 'dist/cli.js'];
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
      'dist/cli.js',
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
    const { output } = run(python, [...args, process.execPath, 'dist/cli.js', '--port=0']);
    await output(/in memory until Squab stops/);
  });
});

describe('the command prints one line and exits with 2 for', () => {
  it.each([
    ['an unknown flag', ['--prot', '1'], 'Unknown option --prot. See squab --help.'],
    ['an unknown short flag', ['-p'], 'Unknown option -p. See squab --help.'],
    [
      'an unknown command',
      ['start'],
      'Unknown command "start". The commands are: serve, check, export, import, wait. See squab --help.',
    ],
    ['an argument of serve', ['serve', 'here'], 'Unexpected argument "here". See squab --help.'],
    [
      'durability without a data folder',
      ['--durability=power'],
      '--durability needs --data: data in memory is lost when Squab stops. See squab --help.',
    ],
    [
      'an unknown durability',
      ['--data=.squab', '--durability=fire'],
      '--durability must be process or power, not "fire". See squab --help.',
    ],
    ['a flag without its value', ['--port'], '--port needs a value. See squab --help.'],
    [
      'a value for a flag that turns something off',
      ['--no-control=false'],
      '--no-control takes no value. See squab --help.',
    ],
    ['a flag in place of a value', ['--data', '--port', '0'], '--data needs a value. See squab --help.'],
    ['an empty data folder', ['--data='], '--data must be the path of a folder, not "". See squab --help.'],
    ['an empty port', ['--port='], '--port must be a number from 0 to 65535, not "". See squab --help.'],
    [
      'a port that is not a number',
      ['--port', 'http'],
      '--port must be a number from 0 to 65535, not "http". See squab --help.',
    ],
    [
      'a port that is too high',
      ['--port=65536'],
      '--port must be a number from 0 to 65535, not "65536". See squab --help.',
    ],
    [
      'a port in hexadecimal',
      ['--port=0x10'],
      '--port must be a number from 0 to 65535, not "0x10". See squab --help.',
    ],
    [
      'a limit of 0',
      ['--in-flight-limit=0'],
      '--in-flight-limit must be a number from 1 to 1000000000, not "0". See squab --help.',
    ],
    [
      'a region with invalid characters',
      ['--region=EU 1'],
      '--region must be a region such as us-east-1, not "EU 1". See squab --help.',
    ],
    ['an invalid account', ['--account=42'], '--account must be a 12-digit account ID, not "42". See squab --help.'],
    [
      'a base URL without a scheme',
      ['--base-url=squab:9324'],
      '--base-url must be a URL such as http://sqs.local:9324, not "squab:9324". See squab --help.',
    ],
    [
      'a base URL with an unknown placeholder',
      ['--base-url=http://sqs.{zone}.local'],
      '--base-url must be a URL such as http://sqs.local:9324, not "http://sqs.{zone}.local". See squab --help.',
    ],
    [
      'a switch that is neither true nor false',
      ['--trust-proxy=maybe'],
      '--trust-proxy must be true or false, not "maybe". See squab --help.',
    ],
    [
      'an invalid origin',
      ['--allowed-origins=http://a.example,localhost:5173'],
      '--allowed-origins must be * or a comma-separated list of origins such as http://localhost:5173, not "http://a.example,localhost:5173". See squab --help.',
    ],
    [
      'a host with a port',
      ['--allowed-hosts=sqs.example.com:9324'],
      '--allowed-hosts must be * or a comma-separated list of host names such as sqs.example.com or *.example.com, not "sqs.example.com:9324". See squab --help.',
    ],
    [
      'an unknown log level',
      ['--log-level=loud'],
      '--log-level must be trace, debug, info, warn, error, fatal or silent, not "loud". See squab --help.',
    ],
  ])('%s', async (_what, args, message) => {
    expect(await squabEnds(args)).toEqual(failure(2, message));
  });

  it('half a credential or an invalid credentials file (but with exit code 1), without printing secrets', async () => {
    const half = await squabEnds(['--auth=sigv4'], { env: { SQUAB_SECRET_ACCESS_KEY: 'TOPSECRET' } });
    const together = 'SQUAB_ACCESS_KEY_ID and SQUAB_SECRET_ACCESS_KEY must be set together: set both or neither.';
    expect(half).toEqual(failure(1, together));
    const file = join(scratch(), 'credentials');
    writeFileSync(file, '[a]\naws_secret_access_key TOPSECRET\n');
    const message = `${file}, line 2: expected [profile] or setting = value.`;
    expect(await squabEnds(['--auth', 'policy', '--credentials', file])).toEqual(failure(1, message));
  });

  it('an invalid environment variable, which the message names', async () => {
    const message = 'SQUAB_IN_FLIGHT_LIMIT must be a number from 1 to 1000000000, not "lots". See squab --help.';
    expect(await squabEnds([], { env: { SQUAB_IN_FLIGHT_LIMIT: 'lots' } })).toEqual(failure(2, message));
  });
});
