/** The command `squab wait`, and the ready file. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { client } from '../helpers.ts';
import { failure, freePort, root, scratch, squab, squabEnds, squabServes } from './command.ts';

const ready = { code: 0, signal: null, stdout: '', stderr: '' };
const wait = (...args: string[]) => squabEnds(['wait', ...args]);

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('squab wait', () => {
  it('exits with 0 when Squab responds, whether it was started before or after', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const waiting = wait('--url', url);
    const served = squab([`--port=${port}`]);
    expect(await waiting).toEqual(ready);
    await served.output(/Squab is listening/);
    expect(await wait('--url', `${url}/`, '--timeout=5s')).toEqual(ready);
    // Longer than a timer of Node.js.
    expect(await wait('--url', url, '--timeout=60d')).toEqual(ready);
  });

  it('takes the URL from the environment by default', async () => {
    const { url } = await squabServes();
    expect(await squabEnds(['wait'], { env: { SQUAB_PORT: new URL(url).port } })).toEqual(ready);
    expect(await squabEnds(['wait'], { env: { SQUAB_PORT: `${new URL(url).port},4566` } })).toEqual(ready);
  });

  it('waits for queues, and prints the missing one when the time runs out', async () => {
    const { url } = await squabServes();
    const { call } = client('JSON', url);
    await call('CreateQueue', { QueueName: 'orders' });
    const both = ['--url', url, '--queue', 'orders', '--queue', 'invoices'];
    expect(await wait(...both, '--timeout', '200ms')).toEqual(
      failure(1, `Timed out after 200ms: ${url} responds, but has no queue "invoices".`),
    );
    const waiting = wait(...both);
    await call('CreateQueue', { QueueName: 'invoices' });
    expect(await waiting).toEqual(ready);
  });

  it('finds a Squab that serves HTTPS by its ready file, and says what to do about an untrusted certificate', async () => {
    const tls = ['cert', 'key'].map((name) => join(root, `test/data/tls/${name}.pem`));
    const readyFile = join(scratch(), 'ready.json');
    const { url } = await squabServes(['--tls-cert', tls[0]!, '--tls-key', tls[1]!, '--ready-file', readyFile]);
    expect(await wait('--ready-file', readyFile)).toEqual(ready);
    expect(url).toMatch(/^https:/);
    expect((await squabEnds(['export', '--url', url])).stderr).toMatch(
      /has a certificate that Node\.js does not trust \(DEPTH_ZERO_SELF_SIGNED_CERT\): set NODE_EXTRA_CA_CERTS/,
    );
    expect((await wait('--url', url, '--timeout=200ms')).stderr).toMatch(
      /has a certificate that Node\.js does not trust \(DEPTH_ZERO_SELF_SIGNED_CERT\): set NODE_EXTRA_CA_CERTS/,
    );
  });

  it('treats a Squab that checks credentials as ready, and says that it cannot see the queues', async () => {
    const env = { SQUAB_ACCESS_KEY_ID: 'AKIDALICE', SQUAB_SECRET_ACCESS_KEY: 'secret' };
    const { url } = await squabServes(['--auth', 'sigv4'], { env });
    expect(await wait('--url', url)).toEqual(ready);
    expect(await wait('--url', url, '--queue=orders', '--timeout=200ms')).toEqual(
      failure(
        1,
        `Timed out after 200ms: ${url} responds, but checks credentials (--auth) and so does not show its queues; wait without --queue.`,
      ),
    );
  });

  it('exits with 1 when nothing responds in time', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await wait('--url', url, '--timeout', '200ms')).toEqual(
      failure(1, `Timed out after 200ms: ${url} does not respond (ECONNREFUSED).`),
    );
  });

  it.each([
    ['is not SQS', (status: number) => `responds, but not like SQS (status ${status})`, 200],
    ['fails', (status: number) => `responds, but not like SQS (status ${status})`, 503],
    ['accepts the request and never responds', () => 'does not respond (timed out)', undefined],
  ])('exits with 1 when the server %s', async (_what, words, status) => {
    const server = createServer((_request, response) => status && response.writeHead(status).end('Hello'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await wait('--url', url, '--timeout=200ms')).toEqual(
      failure(1, `Timed out after 200ms: ${url} ${words(status ?? 0)}.`),
    );
    server.closeAllConnections();
  });

  it('finds Squab by its ready file, even if it starts later and a killed Squab left an old file behind', async () => {
    const file = join(scratch(), 'ready.json');
    const killed = await squabServes(['--ready-file', file]);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(file)).toBe(true);
    expect(await wait('--ready-file', file, '--timeout', '200ms')).toEqual(
      failure(1, `Timed out after 200ms: ${killed.url} does not respond (ECONNREFUSED).`),
    );
    const waiting = squabEnds(['wait'], { env: { SQUAB_READY_FILE: file } });
    const { url } = await squabServes(['--ready-file', file]);
    expect(await waiting).toEqual(ready);
    expect(JSON.parse(readFileSync(file, 'utf8')).url).toBe(url);
  });

  it('exits with 1 when there is no ready file, or an invalid one', async () => {
    const file = join(scratch(), 'ready.json');
    const missing = failure(1, `Timed out after 100ms: there is no valid ready file at ${file}.`);
    expect(await wait('--ready-file', file, '--timeout=100ms')).toEqual(missing);
    for (const text of ['', '{"url":', 'null', '{"url":7}']) {
      writeFileSync(file, text);
      expect(await wait('--ready-file', file, '--timeout=100ms')).toEqual(missing);
    }
  });

  it.each([
    ['a timeout without a unit', ['--timeout', '30'], /^--timeout must be a duration such as 250ms, 30s.*, not "30"\./],
    ['an invalid URL', ['--url=orders'], /^--url must be a URL such as http:.*, not "orders"\./],
    [
      'a URL with a password',
      ['--url=http://me:secret@127.0.0.1:9324'],
      /^--url must be without a user name and a password\. See/,
    ],
    ['a URL and a ready file', ['--url=http://a', '--ready-file=b'], /^--url and --ready-file cannot be used together/],
    ['a flag without its value', ['--queue', '--timeout', '1s'], /^--queue needs a value\./],
    ['an unknown flag', ['--port', '1'], /^Unknown option --port\./],
    ['an argument', ['orders'], /^Unexpected argument "orders"\./],
  ])('exits with 2 for %s', async (_what, args, message) => {
    const { code, stdout, stderr } = await wait(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replace(/^squab: /, '')).toMatch(message);
    expect(stderr).toMatch(/ See squab wait --help\.\n$/);
  });

  it('has a help text', async () => {
    for (const flag of ['--help', '-h']) {
      expect(await wait(flag)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^squab wait: .*\n\nUsage: /) });
    }
    expect((await squabEnds(['--help'])).stdout).toMatch(/\n {2}squab wait \[options\] +wait until/);
  });
});

describe('the ready file', () => {
  it('contains url, port and pid while Squab listens, at every log level, and is removed when Squab stops', async () => {
    const folder = scratch();
    const command = squab(['--port=0', '--log-level=silent', '--ready-file=ready.json'], {
      cwd: folder,
    });
    const file = join(folder, 'ready.json');
    expect(await wait('--ready-file', file)).toEqual(ready);
    const content = JSON.parse(readFileSync(file, 'utf8'));
    expect(content).toEqual({
      url: `http://127.0.0.1:${content.port}`,
      port: expect.any(Number),
      pid: command.child.pid,
    });
    expect(await client('JSON', content.url).call('ListQueues')).toEqual({});
    command.child.kill('SIGTERM');
    expect(await command.ended).toEqual(ready);
    expect(existsSync(file)).toBe(false);
  });

  it('contains all URLs if there are several ports', async () => {
    const file = join(scratch(), 'ready.json');
    const { url } = await squabServes(['--port=0,0', '--ready-file', file]);
    const content = JSON.parse(readFileSync(file, 'utf8'));
    expect(content).toMatchObject({ url, urls: [url, expect.any(String)] });
    for (const one of content.urls) expect(await wait('--url', one)).toEqual(ready);
  });

  it('stays if another Squab has overwritten it', async () => {
    const file = join(scratch(), 'ready.json');
    const first = await squabServes(['--ready-file', file]);
    const second = await squabServes(['--ready-file', file]);
    first.child.kill('SIGTERM');
    await first.ended;
    expect(JSON.parse(readFileSync(file, 'utf8')).url).toBe(second.url);
  });

  it('prevents the start if it cannot be written, with a message that says why', async () => {
    const folder = scratch();
    const nowhere = join(folder, 'nowhere', 'ready.json');
    const because = (file: string, reason: string) =>
      failure(1, `Cannot write the ready file ${file}: ${reason}. Choose another file with --ready-file.`);
    expect(await squabEnds(['--port=0', '--ready-file', nowhere])).toEqual(
      because(nowhere, `there is no folder ${join(folder, 'nowhere')}`),
    );
    mkdirSync(join(folder, 'folder'));
    expect(await squabEnds(['--port=0', '--ready-file', join(folder, 'folder')])).toEqual(
      because(join(folder, 'folder'), 'it is a folder'),
    );
  });
});
