/** The examples of the README do what it says. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../commands/command.ts';
import { functionServer } from '../functions/function-server.ts';
import { setup } from '../helpers.ts';
import { environment, lack } from '../sdk/programs.ts';
import { project, runIn, snippetsOf } from './snippets.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const snippet = (name: string) => snippetsOf('README.md').get(name)!;

describe('README.md', () => {
  const noCurl = lack('curl', 'curl', ['--version']);
  it.skipIf(noCurl)(`moves the clock on its first screen, with curl${noCurl}`, async () => {
    const [, before, script] = /^([\s\S]*?)```sh\n(squab=[\s\S]*?)```/.exec(readme)!;
    expect(before!.split('\n').length, 'the lines above it').toBeLessThan(20);
    const { squab } = await setup();
    const commands = script!.replace('http://127.0.0.1:9324', squab.url);
    const lastReceive = commands.trimEnd().split('\n').at(-1)!;
    const { code, stdout, stderr } = await runIn(root, 'sh', ['-e', '-c', `${commands}${lastReceive}`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const answers = stdout.trimEnd().split('\n');
    const received = answers.filter((answer) => answer.includes('ReceiveMessageResponse'));
    expect(answers).toHaveLength(7);
    expect(received.map((answer) => /"Body":"(\w+)"/.exec(answer)?.[1])).toEqual([
      ...['hello', undefined, 'hello', undefined],
    ]);
  });

  it('has a program in JavaScript that prints what it received', async () => {
    const { squab } = await setup();
    const folder = project({ 'hello.mjs': snippet('hello.mjs') }, ['@aws-sdk/client-sqs']);
    const ended = await runIn(folder, process.execPath, ['hello.mjs'], environment(squab.url));
    expect(ended).toMatchObject({ code: 0, stdout: 'Hello from JavaScript\n' });
  });

  const noBoto = lack('boto3', 'python3', ['-c', 'import boto3']);
  it.skipIf(noBoto)(`has one in Python that does too${noBoto}`, async () => {
    const { squab } = await setup();
    const folder = project({ 'hello.py': snippet('hello.py') });
    const ended = await runIn(folder, 'python3', ['hello.py'], environment(squab.url));
    expect(ended).toMatchObject({ code: 0, stdout: 'Hello from Python\n' });
  });

  it.skipIf(noBoto)(`has a topic with two queues, a filter and a function${noBoto}`, async () => {
    const functions = await functionServer();
    const { squab } = await setup({ functions: { refund: functions.url } });
    const text = snippet('fanout.py').replace('http://127.0.0.1:9324', squab.url);
    const folder = project({ 'fanout.py': text });
    expect(await runIn(folder, 'python3', ['fanout.py'], environment(''))).toMatchObject({ code: 0, stderr: '' });
    const envelopes = (bodies: readonly string[]) => bodies.map((body) => JSON.parse(body).Message);
    expect(envelopes((await functions.next()).bodies)).toEqual(['a refund']);
    const { messages } = await squab.control.messages.peek('all');
    expect(envelopes(messages.map(({ body }) => body))).toEqual(['a sale', 'a refund']);
  });

  it('has a file of queues that Squab takes', async () => {
    const [, yaml] = /^```yaml\n([\s\S]*?)^```$/m.exec(readme)!;
    const config = join(project({ 'squab.yaml': yaml! }), 'squab.yaml');
    const { client } = await setup({ config });
    const receive = { QueueUrl: '000000000000/orders' };
    const { Messages } = await client('JSON').call('ReceiveMessage', receive);
    expect(Messages).toMatchObject([{ Body: 'the first order' }]);
  });

  it('has a test for Vitest that passes', async () => {
    const folder = project({ 'orders.test.js': snippet('orders.test.js') }, ['@aws-sdk/client-sqs', 'vitest']);
    const { code, stdout, stderr } = await runIn(folder, process.execPath, ['node_modules/vitest/vitest.mjs', 'run']);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringMatching(/Tests {2}1 passed/) });
  });

  it('fits into 250 lines', () => {
    expect(readme.split('\n').length - 1).toBeLessThanOrEqual(250);
  });
});
