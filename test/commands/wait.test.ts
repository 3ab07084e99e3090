/** The command `squab wait`, and the ready file. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { client } from '../helpers.ts';
import { failure, freePort, scratch, squab, squabEnds, squabServes } from './command.ts';

const ready = { code: 0, signal: null, stdout: '', stderr: '' };
const wait = (...args: string[]) => squabEnds(['wait', ...args]);

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('squab wait', () => {
  it('ends with 0 when a Squab answers, whether it came before or after', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const waiting = wait('--url', url);
    const served = squab([`--port=${port}`]);
    expect(await waiting).toEqual(ready);
    await served.output(/Squab is listening/);
    expect(await wait('--url', `${url}/`, '--timeout=5s')).toEqual(ready);
  });

  it('looks where the environment says, if it is told nothing', async () => {
    const { url } = await squabServes();
    expect(await squabEnds(['wait'], { env: { SQUAB_PORT: new URL(url).port } })).toEqual(ready);
    expect(await squabEnds(['wait'], { env: { SQUAB_PORT: `${new URL(url).port},4566` } })).toEqual(ready);
  });

  it('waits for queues, and says which is missing when the time is over', async () => {
    const { url } = await squabServes();
    const { call } = client('JSON', url);
    await call('CreateQueue', { QueueName: 'orders' });
    const both = ['--url', url, '--queue', 'orders', '--queue', 'invoices'];
    expect(await wait(...both, '--timeout', '200ms')).toEqual(
      failure(1, `Waited 200ms: ${url} answers, but has no queue "invoices".`),
    );
    const waiting = wait(...both);
    await call('CreateQueue', { QueueName: 'invoices' });
    expect(await waiting).toEqual(ready);
  });

  it('takes a Squab that checks credentials for ready, and says that it cannot see its queues', async () => {
    const env = { SQUAB_ACCESS_KEY_ID: 'AKIDALICE', SQUAB_SECRET_ACCESS_KEY: 'secret' };
    const { url } = await squabServes(['--auth', 'sigv4'], { env });
    expect(await wait('--url', url)).toEqual(ready);
    expect(await wait('--url', url, '--queue=orders', '--timeout=200ms')).toEqual(
      failure(
        1,
        `Waited 200ms: ${url} answers, but tells of its queues only to those whom it knows (--auth); wait without --queue.`,
      ),
    );
  });

  it('ends with 1 when nobody answers in time', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await wait('--url', url, '--timeout', '200ms')).toEqual(
      failure(1, `Waited 200ms: ${url} does not answer (ECONNREFUSED).`),
    );
  });

  it.each([
    ['is none of SQS', (status: number) => `answers, but not as SQS does (status ${status})`, 200],
    ['fails', (status: number) => `answers, but not as SQS does (status ${status})`, 503],
    ['takes the request and says nothing', () => 'does not answer (not in time)', undefined],
  ])('ends with 1 when what answers %s', async (_what, words, status) => {
    const server = createServer((_request, response) => status && response.writeHead(status).end('Hello'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await wait('--url', url, '--timeout=200ms')).toEqual(
      failure(1, `Waited 200ms: ${url} ${words(status ?? 0)}.`),
    );
    server.closeAllConnections();
  });

  it('finds a Squab by its ready file, also one that is still to come, and not by what a killed one left', async () => {
    const file = join(scratch(), 'ready.json');
    const killed = await squabServes(['--ready-file', file]);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(file)).toBe(true);
    expect(await wait('--ready-file', file, '--timeout', '200ms')).toEqual(
      failure(1, `Waited 200ms: ${killed.url} does not answer (ECONNREFUSED).`),
    );
    const waiting = squabEnds(['wait'], { env: { SQUAB_READY_FILE: file } });
    const { url } = await squabServes(['--ready-file', file]);
    expect(await waiting).toEqual(ready);
    expect(JSON.parse(readFileSync(file, 'utf8')).url).toBe(url);
  });

  it('ends with 1 when there is no ready file, or none that says where', async () => {
    const file = join(scratch(), 'ready.json');
    const missing = failure(1, `Waited 100ms: there is no ready file ${file}.`);
    expect(await wait('--ready-file', file, '--timeout=100ms')).toEqual(missing);
    for (const text of ['', '{"url":', 'null', '{"url":7}']) {
      writeFileSync(file, text);
      expect(await wait('--ready-file', file, '--timeout=100ms')).toEqual(missing);
    }
  });

  it.each([
    ['a timeout without unit', ['--timeout', '30'], /^--timeout cannot be "30": must be a duration such as 250ms, 30s/],
    ['a URL that is none', ['--url=orders'], /^--url cannot be "orders": must be a URL such as http:/],
    ['two places', ['--url=http://a', '--ready-file=b'], /^--url and --ready-file both say where Squab is: give one/],
    ['a flag without its value', ['--queue', '--timeout', '1s'], /^--queue needs a value\./],
    ['an unknown flag', ['--port', '1'], /^There is no option --port\./],
    ['an argument', ['orders'], /^There is no argument "orders"\./],
  ])('is used wrongly with %s, and ends with 2', async (_what, args, message) => {
    const { code, stdout, stderr } = await wait(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replace(/^squab: /, '')).toMatch(message);
    expect(stderr).toMatch(/ See squab wait --help\.\n$/);
  });

  it('explains itself', async () => {
    for (const flag of ['--help', '-h']) {
      expect(await wait(flag)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^squab wait: .*\n\nUsage: /) });
    }
    expect((await squabEnds(['--help'])).stdout).toMatch(/\n {2}squab wait \[options\] +wait until/);
  });
});

describe('the ready file', () => {
  it('says url, port and pid while Squab listens, whatever the log level, and is gone when it has stopped', async () => {
    const folder = scratch();
    const command = squab(['--port=0', '--log-level=silent', '--ready-file=ready.json'], {
      cwd: folder,
    });
    const file = join(folder, 'ready.json');
    expect(await wait('--ready-file', file)).toEqual(ready);
    const said = JSON.parse(readFileSync(file, 'utf8'));
    expect(said).toEqual({ url: `http://127.0.0.1:${said.port}`, port: expect.any(Number), pid: command.child.pid });
    expect(await client('JSON', said.url).call('ListQueues')).toEqual({});
    command.child.kill('SIGTERM');
    expect(await command.ended).toEqual(ready);
    expect(existsSync(file)).toBe(false);
  });

  it('says all urls where there are several ports', async () => {
    const file = join(scratch(), 'ready.json');
    const { url } = await squabServes(['--port=0,0', '--ready-file', file]);
    const said = JSON.parse(readFileSync(file, 'utf8'));
    expect(said).toMatchObject({ url, urls: [url, expect.any(String)] });
    for (const one of said.urls) expect(await wait('--url', one)).toEqual(ready);
  });

  it('stays when another Squab has taken it', async () => {
    const file = join(scratch(), 'ready.json');
    const first = await squabServes(['--ready-file', file]);
    const second = await squabServes(['--ready-file', file]);
    first.child.kill('SIGTERM');
    await first.ended;
    expect(JSON.parse(readFileSync(file, 'utf8')).url).toBe(second.url);
  });

  it('stops the start where it cannot be written, and says why', async () => {
    const folder = scratch();
    const nowhere = join(folder, 'nowhere', 'ready.json');
    const because = (file: string, reason: string) =>
      failure(1, `Cannot write the ready file ${file}: ${reason}. Choose another with --ready-file.`);
    expect(await squabEnds(['--port=0', '--ready-file', nowhere])).toEqual(
      because(nowhere, `there is no folder ${join(folder, 'nowhere')}`),
    );
    mkdirSync(join(folder, 'folder'));
    expect(await squabEnds(['--port=0', '--ready-file', join(folder, 'folder')])).toEqual(
      because(join(folder, 'folder'), 'it is a folder'),
    );
  });
});
