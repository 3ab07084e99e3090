/** The single-file executable, built for this machine: it does what `dist/cli.cjs` does, without Node.js or packages. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type Command, type Ended, failure, root, run, scratch } from '../commands/command.ts';
import { KEY } from '../sdk/programs.ts';

const isWindows = process.platform === 'win32';
const suffix = isWindows ? '.exe' : '';
const runtime = join(root, 'node_modules/node/bin', `node${suffix}`);
const executable = join(root, 'build', `squab${suffix}`);
// npm does not download it where install scripts are forbidden.
const lacking = existsSync(runtime) ? '' : ' (skipped: the package `node` was installed without its install script)';
const BUILD_MS = 180_000;

/** Runs the executable with folders of its own for its cache and for temporary files, and no Node.js in PATH. */
function squab(args: readonly string[], { cache = scratch(), temporary = scratch() } = {}): Command {
  const env = { PATH: '/nonexistent', XDG_CACHE_HOME: cache, LOCALAPPDATA: cache, TMPDIR: temporary, TEMP: temporary };
  return run(executable, args, { cwd: scratch(), env });
}

/** Runs a command of the executable, and resolves when it has ended. */
const ends = (args: readonly string[]): Promise<Ended> => squab(args).ended;

interface Serving extends Command {
  url: string;
  stop(): Promise<Ended>;
}

/** Starts a server, and resolves with its URL when it is listening. */
async function serves(args: readonly string[] = [], folders?: Parameters<typeof squab>[1]): Promise<Serving> {
  const command = squab(['--port', '0', ...args], folders);
  const [, url] = await command.output(/"url":"([^"]+)".*"msg":"Squab is listening"/);
  const stop = () => {
    command.child.kill('SIGTERM');
    return command.ended;
  };
  return { ...command, url: url!, stop };
}

const client = (endpoint: string) => new SQSClient({ endpoint, region: 'us-east-1', credentials: KEY });
const prints = (stdout: string): Ended => ({ code: 0, signal: null, stdout, stderr: '' });

describe.skipIf(lacking)(`the executable${lacking}`, () => {
  beforeAll(() => {
    const script = join(root, 'scripts/build-executable.ts');
    execFileSync(runtime, ['--no-warnings', script], { stdio: 'inherit' });
  }, BUILD_MS);

  it('is one file, with the licences of everything in it', () => {
    expect(readdirSync(join(root, 'build')).sort()).toEqual(['LICENSE', 'THIRD-PARTY-LICENSES.txt', `squab${suffix}`]);
    const licences = readFileSync(join(root, 'build/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['better-sqlite3', 'fastify', 'prom-client', 'yaml', 'zod']) {
      expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
    }
  });

  it('serves the console from inside it', async () => {
    const { url, stop } = await serves();
    const page = await (await fetch(url, { headers: { accept: 'text/html' } })).text();
    const paths = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
    expect(paths).toHaveLength(3);
    for (const path of paths) expect((await fetch(new URL(path, url))).status).toBe(200);
    await stop();
  });

  it('prints its version and its help, and refuses an unknown command', async () => {
    expect(await ends(['--version'])).toEqual(prints(`${packageJson.version}\n`));
    const cli = execFileSync(process.execPath, [join(root, 'dist/cli.cjs'), '--help'], { encoding: 'utf8' });
    expect(await ends(['--help'])).toEqual(prints(cli));
    const { code, stderr } = await ends(['serv']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('Did you mean "serve"?') });
  });

  it('serves SQS, keeps messages in a data folder, stops at SIGTERM, and checks and exports the folder', async () => {
    const data = scratch();
    const first = await serves(['--data', data]);
    expect(await ends(['wait', '--url', first.url])).toEqual(prints(''));
    const { QueueUrl } = await client(first.url).send(new CreateQueueCommand({ QueueName: 'orders' }));
    await client(first.url).send(new SendMessageCommand({ QueueUrl, MessageBody: 'é 🐟' }));
    expect(await first.stop()).toMatchObject({ code: 0, stderr: '' });

    expect(await ends(['check', data])).toMatchObject({ code: 0, stderr: '' });
    expect(await ends(['export', '--data', data])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('orders'),
    });

    const second = await serves(['--data', data]);
    const url = QueueUrl!.replace(first.url, second.url);
    const { Messages } = await client(second.url).send(new ReceiveMessageCommand({ QueueUrl: url }));
    expect(Messages).toMatchObject([{ Body: 'é 🐟' }]);
  });

  it('has the parts that are loaded only when they are needed: queue files, metrics and the control interface', async () => {
    const config = join(scratch(), 'queues.yaml');
    writeFileSync(config, 'queues:\n  - orders\n');
    const { url } = await serves(['--config', config, '--metrics']);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('squab_queue_approximate');
    expect(await (await fetch(`${url}/_squab/queues`)).json()).toMatchObject({ queues: [{ name: 'orders' }] });
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok', version: packageJson.version });
    writeFileSync(config, 'queues:\n  - invoices\n');
    expect(await ends(['import', '--url', url, config])).toMatchObject({ code: 0 });
    expect(await ends(['export', '--url', url])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('invoices'),
    });
  });

  describe.skipIf(isWindows)('writes SQLite to a file that only this user can change', () => {
    const nameOf = (cache: string) => {
      const files = readdirSync(join(cache, 'squab'));
      expect(files).toEqual([expect.stringMatching(/^sqlite-[0-9a-f]{64}\.node$/)]);
      return files[0]!;
    };
    /** Starts and stops a server with a data folder, which loads SQLite. */
    const loads = async (folders: { cache: string; temporary: string }) =>
      (await serves(['--data', join(scratch(), 'data')], folders))
        .stop()
        .then(({ code, stderr }) => expect({ code, stderr }).toEqual({ code: 0, stderr: '' }));
    const folders = () => ({ cache: scratch(), temporary: scratch() });
    const original = readFileSync(
      join(root, `node_modules/better-sqlite3/prebuilds/${process.platform}-${process.arch}.node`),
    );

    it('in the cache folder, once, and nothing else anywhere', async () => {
      const both = folders();
      await loads(both);
      const file = join(both.cache, 'squab', nameOf(both.cache));
      const { mode, ino } = lstatSync(file);
      expect(mode & 0o777).toBe(0o600);
      expect(readFileSync(file).equals(original)).toBe(true);
      await loads(both);
      expect(lstatSync(file).ino).toBe(ino);
      nameOf(both.cache);
      expect(readdirSync(both.temporary)).toEqual([]);
    });

    it('only if there is a data folder', async () => {
      const both = folders();
      await (await serves([], both)).stop();
      expect([readdirSync(both.cache), readdirSync(both.temporary)]).toEqual([[], []]);
    });

    it('and by several that start at once', async () => {
      const both = folders();
      await Promise.all(Array.from({ length: 4 }, () => loads(both)));
      expect(readFileSync(join(both.cache, 'squab', nameOf(both.cache))).equals(original)).toBe(true);
    });

    it.each<[string, (file: string) => void]>([
      ['other bytes', (file) => writeFileSync(file, Buffer.from(original).fill(0, 1000, 1001).fill(1, 1001, 1002))],
      ['fewer bytes', (file) => writeFileSync(file, original.subarray(0, 1000))],
      ['more bytes', (file) => writeFileSync(file, Buffer.concat([original, Buffer.from('x')]))],
      ['a mode that lets others write', (file) => chmodSync(file, 0o666)],
      [
        'a link in its place',
        (file) => {
          renameSync(file, join(file, '../../elsewhere'));
          symlinkSync('../elsewhere', file);
        },
      ],
      [
        'a pipe in its place',
        (file) => {
          rmSync(file);
          execFileSync('mkfifo', [file]);
        },
      ],
    ])('again, if the file has %s', async (_what, spoil) => {
      const both = folders();
      await loads(both);
      const file = join(both.cache, 'squab', nameOf(both.cache));
      spoil(file);
      await loads(both);
      expect(lstatSync(file).isFile()).toBe(true);
      expect(lstatSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file).equals(original)).toBe(true);
      nameOf(both.cache);
    });

    it('in a temporary folder, which it removes at once, if others can write to the cache folder', async () => {
      const both = folders();
      mkdirSync(join(both.cache, 'squab'));
      chmodSync(join(both.cache, 'squab'), 0o777);
      const squabWithoutCache = await serves(['--data', join(scratch(), 'data')], both);
      expect(readdirSync(join(both.cache, 'squab'))).toEqual([]);
      expect(readdirSync(both.temporary)).toEqual([]);
      const { QueueUrl } = await client(squabWithoutCache.url).send(new CreateQueueCommand({ QueueName: 'orders' }));
      expect(QueueUrl).toContain('/orders');
    });

    it('or not at all: it ends with an error if others can write to both folders', async () => {
      const both = folders();
      for (const folder of Object.values(both)) chmodSync(folder, 0o777);
      expect(await squab(['--port', '0', '--data', join(scratch(), 'data')], both).ended).toEqual(
        failure(
          1,
          `Cannot load SQLite, which has to be in a file: other users can replace folders in ${both.temporary}. ` +
            'Set XDG_CACHE_HOME (on Windows, LOCALAPPDATA) to a folder that no other user can change, on a file system ' +
            'that allows programs to run.',
        ),
      );
      expect(readdirSync(both.temporary)).toEqual([]);
    });
  });

  it('runs from anywhere, under any name', async () => {
    const copy = join(scratch(), `other name${suffix}`);
    copyFileSync(executable, copy);
    expect(await run(copy, ['--version'], { cwd: scratch() }).ended).toEqual(prints(`${packageJson.version}\n`));
  });
});
