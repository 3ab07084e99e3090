/** The log never fills the memory, even if nothing reads it. */

import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { Log } from '../../src/http/log.ts';
import { setup } from '../helpers.ts';

/** A stream whose reader reads only when it is told to. */
function slowStream() {
  const read: string[] = [];
  let taken = () => {};
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      taken = () => {
        read.push(line);
        done();
      };
    },
  });
  const readAll = async () => {
    while (stream.writableLength > 0) {
      taken();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return read.splice(0).map((line) => JSON.parse(line));
  };
  return { stream, readAll };
}

const lineOf = (number: number) =>
  `${JSON.stringify({ level: 30, time: number, pid: 1, hostname: 'h', msg: 'm'.repeat(10_000) })}\n`;

it('keeps a limited part of what nothing reads, and says how much is missing', async () => {
  const { stream, readAll } = slowStream();
  const log = new Log(stream);
  for (let number = 0; number < 1000; number++) log.write(lineOf(number));
  expect(stream.writableLength).toBeLessThan(1_100_000);
  const kept = await readAll();
  expect(kept.map(({ time }) => time)).toEqual(kept.map((_, index) => index));
  log.write(lineOf(1000));
  log.write(lineOf(1001));
  const [notice, ...later] = await readAll();
  const msg = `${1000 - kept.length} lines of the log are missing here, because nothing was reading it.`;
  expect(notice).toEqual({ level: 40, time: 1000, pid: 1, hostname: 'h', msg });
  expect(later.map(({ time }) => time)).toEqual([1000, 1001]);
});

it('drops nothing of what is read in time', async () => {
  const { stream, readAll } = slowStream();
  const log = new Log(stream);
  for (let number = 0; number < 300; number += 50) {
    for (let line = number; line < number + 50; line++) log.write(lineOf(line));
    expect(await readAll()).toHaveLength(50);
  }
});

it('is what a server logs to', async () => {
  const lines: string[] = [];
  const logStream = { writableLength: 0, write: (line: string) => void lines.push(line) };
  const { squab } = await setup({ logStream, logLevel: 'debug' });
  logStream.writableLength = 10_000_000;
  lines.length = 0;
  for (let count = 0; count < 3; count++) await fetch(`${squab.url}/?Action=ListQueues`);
  expect(lines).toEqual([]);
  logStream.writableLength = 0;
  await fetch(`${squab.url}/?Action=ListQueues`);
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    '3 lines of the log are missing here, because nothing was reading it.',
    'Request succeeded.',
  ]);
});
