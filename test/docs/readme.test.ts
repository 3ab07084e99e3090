/** The examples of the README that show how time is moved. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../commands/command.ts';
import { setup } from '../helpers.ts';
import { lack } from '../sdk/programs.ts';
import { project, runIn, snippetsOf } from './snippets.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('README.md', () => {
  const noCurl = lack('curl', 'curl', ['--version']);
  it.skipIf(noCurl)(`moves time on its first screen, with curl${noCurl}`, async () => {
    const [before, script] = /^([\s\S]*?)```sh\n(squab=[\s\S]*?)```/.exec(readme)!.slice(1) as [string, string];
    expect(before.split('\n').length, 'the lines above it').toBeLessThan(20);
    const { squab } = await setup();
    const commands = script.replace('http://127.0.0.1:9324', squab.url).replaceAll('curl ', 'curl -sS ');
    const twice = `${commands.replaceAll(/^curl .*ReceiveMessage.*$/gm, '$&\necho')}${/^curl .*ReceiveMessage".*$/m.exec(commands)}`;
    const { code, stdout } = await runIn(root, 'sh', ['-e', '-c', twice]);
    expect(code).toBe(0);
    expect(stdout.match(/<Body>hello<\/Body>|<ReceiveMessageResult\/>/g)).toEqual([
      ...['<Body>hello</Body>', '<Body>hello</Body>', '<ReceiveMessageResult/>'],
    ]);
  });

  it('has a test for Vitest that passes', async () => {
    const test = snippetsOf('README.md').get('orders.test.js')!;
    const folder = project({ 'orders.test.js': test }, ['@aws-sdk/client-sqs', 'vitest']);
    const { code, stdout, stderr } = await runIn(folder, process.execPath, ['node_modules/vitest/vitest.mjs', 'run']);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringMatching(/Tests {2}1 passed/) });
  });
});
