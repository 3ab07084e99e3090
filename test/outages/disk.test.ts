/**
 * Faults of a real disk, tested with the command that users run. Some tests need tools or rights that not every machine
 * has; their names mention them.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkFolder } from '../../src/storage/sqlite/offline/check-folder.ts';
import { scratch, squabEnds, squabServes } from '../commands/command.ts';
import { type Client, client, Refusal } from '../helpers.ts';

const has = (program: string) => spawnSync(program, ['--version']).status === 0;
const LONG = 'x'.repeat(100_000);

const mounted: string[] = [];
afterEach(() => {
  for (const place of mounted.splice(0)) execFileSync('umount', ['--lazy', place]);
});

/** Mounts a file system in memory; returns undefined if this user may not do so. */
function smallDisk(bytes: number): string | undefined {
  const place = scratch();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', place]).status !== 0) return undefined;
  mounted.push(place);
  return place;
}

/** Whether `smallDisk` works, which takes Linux and root, and is not allowed in every container. */
const mayMount = (() => {
  const place = smallDisk(65_536);
  if (place === undefined) return false;
  execFileSync('umount', [mounted.pop()!]);
  return true;
})();

/** Sends long messages until one fails; resolves to their bodies and the error. */
async function sendUntilRefused({ call }: Client, QueueUrl: string): Promise<{ sent: string[]; refusal: Refusal }> {
  const sent: string[] = [];
  for (;;) {
    const body = `${sent.length} ${LONG}`;
    try {
      await call('SendMessage', { QueueUrl, MessageBody: body });
    } catch (error) {
      if (error instanceof Refusal) return { sent, refusal: error };
      throw error;
    }
    sent.push(body);
  }
}

async function receiveAll({ call }: Client, QueueUrl: string): Promise<{ Body: string; ReceiptHandle: string }[]> {
  const all = [];
  for (;;) {
    const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) return all;
    all.push(...Messages);
  }
}

const linesOf = (stdout: string, words: string) => stdout.split('\n').filter((line) => line.includes(words)).length;

describe('With a full disk, Squab', () => {
  it.skipIf(!mayMount)(
    'rejects messages that do not fit, logs that once, and recovers when there is space (needs permission to mount)',
    async () => {
      const disk = smallDisk(4_000_000)!;
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, Buffer.alloc(1_500_000));
      const data = join(disk, 'data');
      const { url, child, ended } = await squabServes(['--data', data]);
      const squab = client('JSON', url);
      const { QueueUrl } = await squab.call('CreateQueue', { QueueName: 'q' });
      const { sent, refusal } = await sendUntilRefused(squab, QueueUrl);
      expect(sent.length).toBeGreaterThan(3);
      expect(refusal).toMatchObject({
        status: 503,
        code: 'ServiceUnavailable',
        type: expect.stringContaining('ServiceUnavailableException'),
      });
      expect(refusal.message).toBe(`The disk that holds ${join(data, 'squab.db')} is full. Free some space on it.`);
      for (let again = 0; again < 20; again++) {
        await expect(squab.call('SendMessage', { QueueUrl, MessageBody: LONG })).rejects.toMatchObject({ status: 503 });
      }
      rmSync(ballast);
      await squab.call('SendMessage', { QueueUrl, MessageBody: 'after' });
      const received = await receiveAll(squab, QueueUrl);
      expect(received.map(({ Body }) => Body).sort()).toEqual([...sent, 'after'].sort());
      child.kill('SIGKILL');
      const { stdout } = await ended;
      expect(linesOf(stdout, 'is full.')).toBe(1);
      expect(checkFolder(data)).toMatchObject({ messages: sent.length + 1, problems: [] });
    },
  );

  it.skipIf(!mayMount)(
    'does not report data as damaged if it merely cannot check or export it (needs permission to mount)',
    async () => {
      const disk = smallDisk(2_000_000)!;
      const data = join(disk, 'data');
      const { url, child, ended } = await squabServes(['--data', data]);
      const { QueueUrl } = await client('JSON', url).call('CreateQueue', { QueueName: 'q' });
      await client('JSON', url).call('SendMessage', { QueueUrl, MessageBody: 'm' });
      child.kill('SIGTERM');
      await ended;
      expect(() => {
        for (let block = 0; ; block++) writeFileSync(join(disk, `ballast-${block}`), Buffer.alloc(4096));
      }).toThrow('ENOSPC');
      const why = `Cannot read the data folder ${data}: disk I/O error (SQLITE_IOERR_SHMSIZE). SQLite has to write`;
      const checked = await squabEnds(['check', data]);
      expect(checked).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^squab: Not checked: /) });
      expect(checked.stderr).toContain(why);
      const exported = await squabEnds(['export', '--data', data]);
      expect(exported).toMatchObject({ stdout: '', stderr: expect.stringContaining(why) });
      for (let block = 0; block < 20; block++) rmSync(join(disk, `ballast-${block}`));
      expect(await squabEnds(['check', data])).toMatchObject({ code: 0 });
    },
  );

  it.skipIf(!mayMount)('starts and stops (needs permission to mount)', async () => {
    const disk = smallDisk(2_000_000)!;
    const data = join(disk, 'data');
    const first = await squabServes(['--data', data]);
    const { QueueUrl } = await client('JSON', first.url).call('CreateQueue', { QueueName: 'q' });
    const { sent } = await sendUntilRefused(client('JSON', first.url), QueueUrl);
    first.child.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0, stderr: '' });
    const second = await squabServes(['--data', data]);
    const { Attributes } = await client('JSON', second.url).call('GetQueueAttributes', {
      QueueUrl,
      AttributeNames: ['All'],
    });
    expect(Attributes.ApproximateNumberOfMessages).toBe(`${sent.length}`);
  });
});

describe('With write errors on the disk, Squab', () => {
  it.skipIf(!has('prlimit'))(
    'rejects messages that cannot be written, and recovers afterwards (needs prlimit, of Linux)',
    async () => {
      const data = scratch();
      const { url, child, ended } = await squabServes(['--data', data]);
      const squab = client('JSON', url);
      const { QueueUrl } = await squab.call('CreateQueue', { QueueName: 'q' });
      await squab.call('SendMessage', { QueueUrl, MessageBody: 'before' });
      const limit = (bytes: string) => execFileSync('prlimit', ['--pid', `${child.pid}`, `--fsize=${bytes}:unlimited`]);
      // From now on, writing to a file beyond this offset is an error.
      limit('150000');
      const { refusal, sent } = await sendUntilRefused(squab, QueueUrl);
      expect(refusal).toMatchObject({ status: 503, code: 'ServiceUnavailable' });
      expect(refusal.message).toMatch(
        /squab\.db cannot be read or written \(SQLITE_IOERR_\w+: disk I\/O error\)\. Check its disk\.$/,
      );
      limit('unlimited');
      await squab.call('SendMessage', { QueueUrl, MessageBody: 'after' });
      const received = await receiveAll(squab, QueueUrl);
      expect(received.map(({ Body }) => Body).sort()).toEqual([...sent, 'before', 'after'].sort());
      child.kill('SIGTERM');
      expect(await ended).toMatchObject({ code: 0 });
      expect(checkFolder(data).problems).toEqual([]);
    },
  );
});

describe('When the data folder is removed, Squab', () => {
  it('detects it at once, and recovers when the folder is back', async () => {
    const home = scratch();
    const [data, away] = [join(home, 'data'), join(home, 'away')];
    const { url, child, ended } = await squabServes(['--data', data]);
    const { call } = client('JSON', url);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    await call('SendMessage', { QueueUrl, MessageBody: 'before' });
    renameSync(data, away);
    const refused = {
      status: 503,
      code: 'ServiceUnavailable',
      message: expect.stringContaining(`${data}/squab.db is gone`),
    };
    await expect(call('SendMessage', { QueueUrl, MessageBody: 'lost' })).rejects.toMatchObject(refused);
    await expect(call('ReceiveMessage', { QueueUrl })).rejects.toMatchObject(refused);
    // Another folder in its place does not help: Squab has the file in the original folder open.
    mkdirSync(data);
    writeFileSync(join(data, 'squab.db'), '');
    await expect(call('SendMessage', { QueueUrl, MessageBody: 'lost' })).rejects.toMatchObject(refused);
    rmSync(data, { recursive: true });
    // Neither does a symbolic link to itself.
    symlinkSync(data, data);
    await expect(call('SendMessage', { QueueUrl, MessageBody: 'lost' })).rejects.toMatchObject({
      ...refused,
      message: `${data}/squab.db cannot be reached (ELOOP). Check the folders above it.`,
    });
    unlinkSync(data);
    renameSync(away, data);
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(['before']);
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect([code, linesOf(stdout, 'is gone')]).toEqual([0, 1]);
  });

  it('detects it even if only the write-ahead log was deleted; a clean stop still saves everything', async () => {
    const data = join(scratch(), 'data');
    const { url, child, ended } = await squabServes(['--data', data]);
    const { call } = client('JSON', url);
    await call('CreateQueue', { QueueName: 'kept' });
    rmSync(join(data, 'squab.db-wal'));
    await expect(call('CreateQueue', { QueueName: 'q' })).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('squab.db-wal is gone'),
    });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
    const again = client('JSON', (await squabServes(['--data', data])).url);
    expect((await again.call('ListQueues')).QueueUrls).toEqual([expect.stringMatching(/kept$/)]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'detects that the log was truncated, and starts again with what is left, after %s',
    async (signal) => {
      const data = join(scratch(), 'data');
      const log = join(data, 'squab.db-wal');
      const { url, child, ended } = await squabServes(['--data', data]);
      const { call } = client('JSON', url);
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
      await call('SendMessage', { QueueUrl, MessageBody: 'before' });
      const { size } = statSync(log);
      for (let sends = 0; sends < 5; sends++) await call('SendMessage', { QueueUrl, MessageBody: 'lost' });
      truncateSync(log, size + 100);
      const refused = {
        status: 503,
        code: 'ServiceUnavailable',
        message: expect.stringContaining('was truncated while'),
      };
      await expect(call('SendMessage', { QueueUrl, MessageBody: 'refused' })).rejects.toMatchObject(refused);
      await expect(call('ReceiveMessage', { QueueUrl })).rejects.toMatchObject(refused);
      expect((await fetch(`${url}/health`)).status).toBe(503);
      child.kill(signal);
      expect(linesOf((await ended).stdout, 'was truncated while Squab was using it: it has')).toBe(1);
      const again = client('JSON', (await squabServes(['--data', data])).url);
      await again.call('SendMessage', { QueueUrl, MessageBody: 'after' });
      expect((await receiveAll(again, QueueUrl)).map(({ Body }) => Body)).toEqual(['before', 'after']);
    },
  );

  it('detects that the folder was deleted, and still stops cleanly', async () => {
    const data = join(scratch(), 'data');
    const { url, child, ended } = await squabServes(['--data', data]);
    const { call } = client('JSON', url);
    rmSync(data, { recursive: true });
    await expect(call('CreateQueue', { QueueName: 'q' })).rejects.toMatchObject({ status: 503 });
    await expect(call('GetQueueUrl', { QueueName: 'q' })).rejects.toMatchObject({ status: 400 });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});
