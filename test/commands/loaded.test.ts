/** What a start loads. Code that no request needs would slow down every start. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const library = pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href;

it('a start in memory loads no SQLite, no HTTP/2, and no HTTP client of Node.js', () => {
  const program = `
    const { start } = await import(${JSON.stringify(library)});
    const squab = await start({ port: 0 });
    const packages = process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node'));
    console.log(JSON.stringify([...process.moduleLoadList, ...packages]));
    await squab.stop();`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const loaded = JSON.parse(output.split('\n').find((line) => line.startsWith('['))!) as string[];
  expect(loaded).toContain('NativeModule http');
  expect(loaded.filter((name) => /undici|http2|sqlite|quic/.test(name))).toEqual([]);
});
