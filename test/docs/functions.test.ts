/** The example of docs/functions.md does what the page says. */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../commands/command.ts';
import { setup } from '../helpers.ts';
import { project, snippetsOf } from './snippets.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const process of started.splice(0)) process.kill();
});

it('docs/functions.md has a function that prints the messages of a queue', async () => {
  const port = String(await freePort());
  const snippets = [...snippetsOf('docs/functions.md')].map(([name, text]) => [name, text.replace('9000', port)]);
  const folder = project(Object.fromEntries(snippets));
  const program = spawn(process.execPath, ['function.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(program);
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  expect(await lines.next()).toMatchObject({ value: 'Ready' });
  const { client } = await setup({ config: join(folder, 'squab.yaml') });
  await client('JSON').call('SendMessage', { QueueUrl: '000000000000/orders', MessageBody: 'order 7' });
  expect(await lines.next()).toMatchObject({ value: 'Got order 7' });
});
