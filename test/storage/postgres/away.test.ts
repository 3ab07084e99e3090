/** A database that is away, for a process that does nothing else. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('keeps a process alive that waits for it', () => {
  const room = join(import.meta.dirname, '../../../src/storage/postgres');
  const program = `
    const { Sessions } = await import(${JSON.stringify(`${room}/sessions.ts`)});
    const { targetOf } = await import(${JSON.stringify(`${room}/opening/target.ts`)});
    const sessions = new Sessions(targetOf({ url: 'postgres://h/d' }), () => Promise.reject(new Error('away')));
    const work = sessions.lane(1).run(() => {}, { limitMs: 200 });
    await work.catch((error) => console.log(error.message));
    await sessions.close();`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toContain('Cannot connect to the database d on h');
});
