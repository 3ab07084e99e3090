/** `start()` as programs use it: imported as "squab" from dist/, in its own process. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, run, scratch, takenPort } from './command.ts';

/** Runs a module inside the package, where "squab" refers to dist/. It must end by itself, or the test times out. */
function program(code: string, args: readonly string[] = []): Promise<Ended> {
  const script = `import { start, VirtualClock } from 'squab';\n${code}`;
  return run(process.execPath, ['--input-type=module', '--eval', script, ...args]).ended;
}

const prints = (...lines: string[]): Ended => ({
  code: 0,
  signal: null,
  stdout: lines.map((line) => `${line}\n`).join(''),
  stderr: '',
});

/** Calls an operation over the Query wire, on a new connection. */
const CALL = `
  import { get } from 'node:http';
  const call = async (squab, form) => {
    const path = form.Action.includes('Message') ? '/000000000000/q?' : '/?';
    const url = squab.url + path + new URLSearchParams(form);
    const response = await new Promise((resolve, reject) => get(url, { agent: false }, resolve).on('error', reject));
    return { status: response.statusCode, text: (await response.toArray()).join('') };
  };`;

describe('a program', () => {
  it('runs several Squabs that share nothing, and ends when it has stopped them', async () => {
    expect(
      await program(
        `${CALL}
        const squabs = await Promise.all([start({ port: 0 }), start({ port: 0 }), start({ port: 0, data: process.argv[1] })]);
        console.log(new Set(squabs.map(({ port }) => port)).size);
        await call(squabs[0], { Action: 'CreateQueue', QueueName: 'q' });
        for (const squab of squabs) console.log((await call(squab, { Action: 'GetQueueUrl', QueueName: 'q' })).status);
        await Promise.all(squabs.map((squab) => squab.stop()));`,
        [scratch()],
      ),
    ).toEqual(prints('3', '200', '400', '400'));
  });

  it('can call stop() again, during and after a stop', async () => {
    expect(
      await program(`
        const squab = await start({ port: 0 });
        await Promise.all([squab.stop(), squab.stop()]);
        await squab.stop();
        console.log('stopped');`),
    ).toEqual(prints('stopped'));
  });

  it('stops at once despite a long poll and delayed messages', async () => {
    expect(
      await program(`${CALL}
        const squab = await start({ port: 0 });
        await call(squab, { Action: 'CreateQueue', QueueName: 'q' });
        await call(squab, { Action: 'SendMessage', MessageBody: 'late', DelaySeconds: 900 });
        const poll = call(squab, { Action: 'ReceiveMessage', WaitTimeSeconds: 20 });
        await call(squab, { Action: 'ListQueues' });
        await squab.stop();
        console.log((await poll).text.includes('<ReceiveMessageResult/>'));`),
    ).toEqual(prints('true'));
  });

  it('can start Squab again with the same port and data folder', async () => {
    expect(
      await program(
        `${CALL}
        const first = await start({ port: 0, data: process.argv[1] });
        await call(first, { Action: 'CreateQueue', QueueName: 'q' });
        await first.stop();
        const second = await start({ port: first.port, data: process.argv[1] });
        console.log((await call(second, { Action: 'GetQueueUrl', QueueName: 'q' })).status);
        await second.stop();`,
        [scratch()],
      ),
    ).toEqual(prints('200'));
  });

  it('gets no log unless it sets a log level, and then on its own stream', async () => {
    expect(
      await program(`
        const lines = [];
        const quiet = await start({ port: 0 });
        const loud = await start({ port: 0, logLevel: 'info', logStream: { write: (line) => lines.push(JSON.parse(line).msg) } });
        await Promise.all([quiet.stop(), loud.stop()]);
        console.log(lines.join());`),
    ).toEqual(prints('Squab is listening,Squab has stopped'));
  });

  it('gets an error that names the invalid option', async () => {
    expect(
      await program(`
        for (const options of [{ port: 65536 }, { port: null }, { port: NaN }, { account: 42 }, { data: '' }, { baseUrl: 1 }]) {
          await start(options).catch(({ name, message }) => console.log(name + ': ' + message));
        }`),
    ).toEqual(
      prints(
        'UsageError: port must be a number from 0 to 65535, not 65536.',
        'UsageError: port must be a number from 0 to 65535, not null.',
        'UsageError: port must be a number from 0 to 65535, not NaN.',
        'UsageError: account must be a 12-digit account ID, not 42.',
        'UsageError: data must be the path of a folder, not "".',
        'UsageError: baseUrl must be a URL such as http://sqs.local:9324, without a query, and with no placeholders except {region}, {account}, {host} and {port}, not 1.',
      ),
    );
  });

  it('gets an error that says why the data folder cannot be used, and nothing stays open', async () => {
    const folder = scratch();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(
      await program(
        `const [folder, file] = process.argv.slice(1);
        const complain = ({ name, message }) => console.log(name + ': ' + message);
        await start({ port: 0, data: file }).catch(complain);
        const first = await start({ port: 0, data: folder });
        await start({ port: 0, data: folder }).catch(complain);
        await first.stop();
        await (await start({ port: 0, data: folder })).stop();`,
        [folder, file],
      ),
    ).toEqual(
      prints(
        `DataFolderError: Cannot use the data folder ${file}: it is not a folder. Choose another folder with --data.`,
        `DataFolderError: The data folder ${folder} is in use by another Squab. Stop that one, or choose another folder with --data.`,
      ),
    );
  });

  it('gets an error that says that the port is taken, and nothing stays open', async () => {
    const port = await takenPort();
    expect(
      await program(
        `const [port, data] = process.argv.slice(1);
        await start({ port: Number(port), data }).catch(({ message, cause }) => console.log(cause.code + ': ' + message));
        await (await start({ port: 0, data })).stop();`,
        [`${port}`, scratch()],
      ),
    ).toEqual(
      prints(
        `EADDRINUSE: Cannot listen on 127.0.0.1:${port}: port ${port} is in use. ` +
          'Stop the program that uses it, or choose another port (0 picks a free one).',
      ),
    );
  });
});
