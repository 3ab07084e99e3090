/** `--stop-with-stdin`: Squab ends with the program that started it, however that one ends. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { client } from '../helpers.ts';
import { root, run, scratch, squab, squabServes } from './command.ts';

/** A program that starts Squab with a pipe as its input, and then only waits. */
const STARTER = `
require('node:child_process').spawn(process.execPath, process.argv.slice(1), { stdio: ['pipe', 'inherit', 'inherit'] });
setInterval(() => {}, 60_000);
`;

describe('with --stop-with-stdin the command', () => {
  it('stops cleanly when its standard input ends', async () => {
    const folder = scratch();
    const [data, ready] = [join(folder, 'data'), join(folder, 'ready.json')];
    const command = await squabServes(['--stop-with-stdin', '--data', data, '--ready-file', ready]);
    await client('JSON', command.url).call('CreateQueue', { QueueName: 'q' });
    expect(existsSync(ready)).toBe(true);
    command.child.stdin.end('input is not read');
    const { code, stdout, stderr } = await command.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/"msg":"Squab has stopped"\}\n$/);
    expect(existsSync(ready)).toBe(false);
    expect(existsSync(join(data, 'squab.db-wal'))).toBe(false);
  });

  it('ends a long poll with an empty answer first', async () => {
    const command = await squabServes(['--stop-with-stdin']);
    const { call } = client('JSON', command.url);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    const isWaiting = async () =>
      (await (await fetch(`${command.url}/_squab/queues/q`)).text()).includes('"waitingReceives":1');
    while (!(await isWaiting()));
    command.child.stdin.end();
    expect(await poll).toEqual({});
    expect((await command.ended).code).toBe(0);
  });

  it('stops when the program that started it is killed', async () => {
    const starter = run(process.execPath, ['-e', STARTER, join(root, 'dist/cli.cjs'), '--port=0', '--stop-with-stdin']);
    const [, pid] = await starter.output(/"pid":(\d+),.*"msg":"Squab is listening"/);
    try {
      starter.child.kill('SIGKILL');
      // The output of both is one pipe, which closes when the last of them has ended.
      expect((await starter.ended).stdout).toContain('"msg":"Squab has stopped"');
    } catch (error) {
      process.kill(Number(pid), 'SIGKILL');
      throw error;
    }
  });

  it('stops as soon as it has started when its input had ended before', async () => {
    const command = squab(['--port', '0', '--stop-with-stdin']);
    command.child.stdin.end();
    const { code, stdout, stderr } = await command.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('"msg":"Squab is listening"');
  });

  it('keeps serving without the option', async () => {
    const command = await squabServes();
    await new Promise<void>((resolve) => command.child.stdin.end(resolve));
    const { call } = client('JSON', command.url);
    for (let count = 0; count < 20; count++) expect(await call('ListQueues')).toEqual({});
    expect(command.child.exitCode).toBe(null);
  });
});
