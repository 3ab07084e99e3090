/** `start()` as programs have it: imported as "squab", from dist/, in a process of its own. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, run, scratch, takenPort } from './command.ts';

/** Runs a module in the package, where "squab" names dist/. It has to end by itself: a test that hangs has failed. */
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

/** Calls an operation by the Query wire, on a connection of its own. */
const CALL = `
  import { get } from 'node:http';
  const call = async (squab, form) => {
    const path = form.Action.includes('Message') ? '/000000000000/q?' : '/?';
    const url = squab.url + path + new URLSearchParams(form);
    const response = await new Promise((resolve, reject) => get(url, { agent: false }, resolve).on('error', reject));
    return { status: response.statusCode, text: (await response.toArray()).join('') };
  };`;

describe('a program', () => {
  it('runs several at once, which share nothing, and ends when it has stopped them', async () => {
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

  it('may stop twice, also while it stops', async () => {
    expect(
      await program(`
        const squab = await start({ port: 0 });
        await Promise.all([squab.stop(), squab.stop()]);
        await squab.stop();
        console.log('stopped');`),
    ).toEqual(prints('stopped'));
  });

  it('stops at once although somebody polls, and messages wait for their time', async () => {
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

  it('can start again on the same port and data', async () => {
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

  it('logs nothing, unless it asks for a level; then to where it says', async () => {
    expect(
      await program(`
        const lines = [];
        const quiet = await start({ port: 0 });
        const loud = await start({ port: 0, logLevel: 'info', logStream: { write: (line) => lines.push(JSON.parse(line).msg) } });
        await Promise.all([quiet.stop(), loud.stop()]);
        console.log(lines.join());`),
    ).toEqual(prints('Squab is listening,Squab has stopped'));
  });

  it('is told which option is wrong', async () => {
    expect(
      await program(`
        for (const options of [{ port: 65536 }, { port: null }, { port: NaN }, { account: 42 }, { data: '' }, { baseUrl: 1 }]) {
          await start(options).catch(({ name, message }) => console.log(name + ': ' + message));
        }`),
    ).toEqual(
      prints(
        'UsageError: port cannot be 65536: must be a number from 0 to 65535.',
        'UsageError: port cannot be null: must be a number from 0 to 65535.',
        'UsageError: port cannot be NaN: must be a number from 0 to 65535.',
        'UsageError: account cannot be 42: must have twelve digits.',
        'UsageError: data cannot be "": must be the path of a folder.',
        'UsageError: baseUrl cannot be 1: must be a URL such as http://sqs.local:9324.',
      ),
    );
  });

  it('is told why the data folder cannot be used, and is left with nothing open', async () => {
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

  it('is told that the port is taken, and is left with nothing open', async () => {
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
        `EADDRINUSE: Cannot listen on 127.0.0.1:${port}: port ${port} is taken. ` +
          'Stop what uses it, or choose another port with --port (0 picks a free one).',
      ),
    );
  });
});
