/** What `--ready-file` says if it cannot write the file. */

import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeReadyFile } from '../src/ready-file.ts';
import { scratchFolder } from './docs/snippets.ts';

const ready = { url: 'http://127.0.0.1:9324', port: 9324, pid: 4711 };
const folder = scratchFolder();
const place = (name: string) => join(folder, name);
mkdirSync(place('folder'));
writeFileSync(place('file'), '');

it.each([
  ['/', 'it is a folder'],
  [place('folder'), 'it is a folder'],
  [place('none/ready.json'), `there is no folder ${place('none')}`],
  [place('file/ready.json'), `${place('file')} is not a folder`],
])('cannot be %s, and says why', async (file, reason) => {
  const message = `Cannot write the ready file ${file}: ${reason}. Choose another file with --ready-file.`;
  await expect(writeReadyFile(file, ready)).rejects.toThrow(message);
  expect(existsSync(join(dirname(file), `.${ready.pid}.tmp`))).toBe(false);
});

it.skipIf(process.platform === 'win32')('does not replace a device, a pipe or a socket', async () => {
  const pipe = place('pipe');
  execFileSync('mkfifo', [pipe]);
  await expect(writeReadyFile(pipe, ready)).rejects.toThrow(`${pipe}: it is a device, a pipe or a socket.`);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

it.skipIf(process.platform === 'win32')('cannot be changed by other users, whatever the umask', async () => {
  const umask = process.umask(0);
  onTestFinished(() => void process.umask(umask));
  await writeReadyFile(place('ready.json'), ready);
  expect(lstatSync(place('ready.json')).mode & 0o777).toBe(0o644);
});
