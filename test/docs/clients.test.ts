/** The examples of docs/clients.md that a test can run: Celery, Kombu and Dramatiq, from PyPI, and the queues of a serverless.yml. */

import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { start } from '../../src/index.ts';
import { namesAt, root, run, squabServes, written } from '../commands/command.ts';
import { makeVenv } from '../python/venv.ts';
import { environment, output } from '../sdk/programs.ts';
import { environmentOf, scratchFolder, snippetsOf } from './snippets.ts';

const page = readFileSync(join(root, 'docs/clients.md'), 'utf8');
const snippets = snippetsOf('docs/clients.md');

it('docs/clients.md has these examples with a name, each of which is run here', () => {
  expect([...snippets.keys()]).toEqual(['serverless.yml', 'tasks.py', 'fanout.py', 'actors.py']);
});

it('Squab creates the queues of the serverless.yml for Serverless Offline', async () => {
  const { url } = await squabServes(['--config', written('serverless.yml', snippets.get('serverless.yml')!)]);
  expect(await namesAt(url)).toEqual(['orders']);
});

/** The versions of the packages that a row of the table names. */
function versionsIn(row: string): string[] {
  const [, versions] = new RegExp(`^\\| ${row} \\| ([^|]+) \\|`, 'm').exec(page)!;
  return versions!.split(', ');
}

const [celery, kombu] = versionsIn('Celery, Kombu');
const [dramatiq, dramatiqSqs] = versionsIn('Dramatiq, dramatiq-sqs');
const packages = [`celery[sqs]==${celery}`, `kombu==${kombu}`, `dramatiq==${dramatiq}`, `dramatiq-sqs==${dramatiqSqs}`];

const venv = join(scratchFolder(), 'venv');
const programs = join(venv, 'bin');
const pip = environmentOf({ PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_QUIET: '1' });
const lacking = await makeVenv(venv, packages, pip);

/** Sends a message, runs the worker until it has deleted a message, and returns its output. Fails if the queue is not empty. */
async function handled(example: string, queue: string, send: string, worker: readonly string[]): Promise<string> {
  const squab = await start({ port: 0 });
  const cwd = scratchFolder();
  writeFileSync(join(cwd, example), snippets.get(example)!.replaceAll('9324', String(squab.port)));
  const PATH = [programs, process.env.PATH].join(delimiter);
  const env = { ...environment(squab.url), PATH, PYTHONUNBUFFERED: '1' };
  try {
    await output('python3', ['-c', send], { cwd, env });
    const { child, ended } = run(worker[0]!, worker.slice(1), { cwd, env });
    const wait = { for: 'deleted', afterEventId: 0, timeout: '40s' } as const;
    // A worker that fails says why, which is more useful than a wait that has timed out.
    await Promise.race([squab.control.waitFor(queue, wait).catch(() => {}), ended]);
    child.kill('SIGTERM');
    const { stdout, stderr } = await ended;
    expect(await squab.control.messages.peek(queue), `${stdout}${stderr}`).toMatchObject({ messages: [] });
    return `${stdout}${stderr}`;
  } finally {
    await squab.stop();
  }
}

describe.skipIf(lacking)(`workers in Python handle and delete messages${lacking}`, () => {
  it('Celery', async () => {
    const send = 'from tasks import add; add.delay(20, 3)';
    const worker = ['celery', '-A', 'tasks', 'worker', '--pool', 'solo', '--loglevel', 'INFO'];
    expect(await handled('tasks.py', 'celery', send, worker)).toMatch(/Task tasks\.add\[.*succeeded in .*: 23$/m);
  });

  it('Kombu, from a fan-out exchange', async () => {
    const squab = await start({ port: 0 });
    const cwd = scratchFolder();
    writeFileSync(join(cwd, 'fanout.py'), snippets.get('fanout.py')!.replaceAll('9324', String(squab.port)));
    try {
      const text = await output(join(programs, 'python3'), ['fanout.py'], { cwd, env: environment('') });
      expect(text.trim().split('\n').toSorted()).toEqual(['archive hello', 'mail hello']);
      expect(await squab.control.messages.peek('mail')).toMatchObject({ messages: [] });
    } finally {
      await squab.stop();
    }
  });

  it('Dramatiq', async () => {
    const send = 'from actors import add; add.send(20, 3)';
    const worker = ['dramatiq', 'actors', '--processes', '1', '--threads', '1'];
    expect(await handled('actors.py', 'shop_default', send, worker)).toMatch(/^23$/m);
  });
});
