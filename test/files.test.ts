/**
 * Files on a machine with other users. The tests that need another user's files run only as root; everything else runs
 * everywhere except on Windows.
 */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isPlanted, readSmallFile, replaceFile, whyOthersCanChange, whyOthersCanRead } from '../src/files.ts';
import { start } from '../src/index.ts';
import { failure, scratch, squabEnds, squabServes } from './commands/command.ts';
import { client } from './helpers.ts';

const isRoot = process.getuid?.() === 0;
const STRANGER = 12_345;

const umask = process.umask();
afterEach(() => process.umask(umask));

const modeOf = (path: string) => statSync(path).mode & 0o7777;

/** A folder that other users can enter, with a file in it. */
function reachable(mode = 0o600): { folder: string; file: string } {
  const folder = scratch();
  chmodSync(folder, 0o755);
  const file = join(folder, 'secret');
  writeFileSync(file, 'text');
  chmodSync(file, mode);
  return { folder, file };
}

/** A folder such as /tmp: every user may create files, and nobody may replace those of others. */
function shared(): string {
  const folder = scratch();
  chmodSync(folder, 0o1777);
  return folder;
}

describe('the access of other users to a file', () => {
  it.each([
    [0o600, undefined, undefined],
    [0o660, undefined, undefined],
    [0o644, undefined, 'every user of this machine may read it (mode 0644)'],
    [
      0o666,
      'every user of this machine may change it (mode 0666)',
      'every user of this machine may read it (mode 0666)',
    ],
    [0o622, 'every user of this machine may change it (mode 0622)', undefined],
  ])('depends on its mode: %o', (mode, change, read) => {
    const { file } = reachable(mode);
    expect([whyOthersCanChange(file), whyOthersCanRead(file)]).toEqual([change, read]);
  });

  it('is nothing if they cannot reach it, or if it does not exist', () => {
    const { folder, file } = reachable(0o666);
    chmodSync(folder, 0o700);
    expect([whyOthersCanChange(file), whyOthersCanRead(file)]).toEqual([undefined, undefined]);
    const none = join(folder, 'none');
    expect([whyOthersCanChange(none), whyOthersCanRead(none)]).toEqual([undefined, undefined]);
  });

  it.each(['secret', 'private/data'])('is to replace it (%s) if they can write to a folder above it', (name) => {
    const { folder } = reachable();
    mkdirSync(join(folder, 'private', 'data'), { recursive: true, mode: 0o700 });
    const file = join(folder, name);
    expect(whyOthersCanChange(file)).toBeUndefined();
    chmodSync(folder, 0o777);
    expect(whyOthersCanChange(file)).toBe(`every user of this machine may replace it (mode 0777 of ${folder})`);
    // In such a folder, users can replace only their own files.
    chmodSync(folder, 0o1777);
    expect(whyOthersCanChange(file)).toBeUndefined();
  });

  it('is found through links', () => {
    const { file } = reachable(0o644);
    const link = join(scratch(), 'link');
    symlinkSync(file, link);
    expect(whyOthersCanRead(link)).toBe('every user of this machine may read it (mode 0644)');
  });

  it.skipIf(!isRoot)('is everything if it is theirs (needs root)', () => {
    const { file } = reachable();
    chownSync(file, STRANGER, STRANGER);
    expect(whyOthersCanChange(file)).toBe(`it belongs to another user (uid ${STRANGER})`);
  });
});

describe('a file that another user has prepared', () => {
  it.skipIf(!isRoot)('is a file in a shared folder, or a link anywhere (needs root)', () => {
    for (const [folder, planted] of [
      [shared(), true],
      [scratch(), false],
    ] as const) {
      const [file, link] = [join(folder, 'file'), join(folder, 'link')];
      writeFileSync(file, '');
      symlinkSync('/nowhere', link);
      for (const ours of [file, link, join(folder, 'none')]) expect(isPlanted(ours)).toBe(false);
      chownSync(file, STRANGER, STRANGER);
      lchownSync(link, STRANGER, STRANGER);
      expect([isPlanted(file), isPlanted(link)]).toEqual([planted, true]);
    }
  });
});

describe('a file that is replaced', () => {
  it('is written completely, and leaves nothing else behind', async () => {
    const folder = scratch();
    const file = join(folder, 'file');
    for (const text of ['first', 'second']) {
      await replaceFile(file, text);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
    expect(readdirSync(folder)).toEqual(['file']);
    await expect(replaceFile(folder, 'text')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it("replaces a link, not the link's target", async () => {
    const folder = scratch();
    const [file, victim] = [join(folder, 'file'), join(folder, 'victim')];
    writeFileSync(victim, 'precious');
    symlinkSync(victim, file);
    await replaceFile(file, 'text');
    expect([readFileSync(victim, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['precious', 'text']);
  });

  it('succeeds if a reader deletes the folder as soon as the file exists', async () => {
    for (let round = 0; round < 50; round++) {
      const folder = join(scratch(), 'folder');
      mkdirSync(folder);
      const file = join(folder, 'file');
      const written = replaceFile(file, 'text');
      while (!existsSync(file)) await new Promise(setImmediate);
      rmSync(folder, { recursive: true });
      await written;
    }
  });
});

describe('a small file', () => {
  it('is read up to the limit', async () => {
    const { file } = reachable();
    expect(await readSmallFile(file, 4)).toBe('text');
    expect(await readSmallFile(file, 3)).toBeUndefined();
  });

  it('is not a pipe, device or folder', async () => {
    const folder = scratch();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, folder, '/dev/zero']) expect(await readSmallFile(path, 10)).toBeUndefined();
  });
});

describe('the ready file', () => {
  it('is not waited for in a pipe, neither by squab wait nor at a stop', async () => {
    const file = join(scratch(), 'ready.json');
    execFileSync('mkfifo', [file]);
    expect(await squabEnds(['wait', '--ready-file', file, '--timeout=100ms'])).toEqual(
      failure(1, `Timed out after 100ms: there is no valid ready file at ${file}.`),
    );
    execFileSync('rm', [file]);
    const { child, ended } = await squabServes(['--ready-file', file]);
    execFileSync('rm', [file]);
    execFileSync('mkfifo', [file]);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(true);
  });

  it.skipIf(!isRoot)('is ignored if another user put it into a shared folder (needs root)', async () => {
    const file = join(shared(), 'ready.json');
    const { url } = await squabServes();
    writeFileSync(file, JSON.stringify({ url, port: 1, pid: 1 }));
    expect(await squabEnds(['wait', '--ready-file', file, '--timeout=5s'])).toMatchObject({ code: 0 });
    const link = `${file}.link`;
    symlinkSync(file, link);
    chownSync(file, STRANGER, STRANGER);
    expect(await squabEnds(['wait', '--ready-file', file, '--timeout=100ms'])).toMatchObject({ code: 1 });
    // Whose it is must be clear from what was opened: the stranger may create the file just after Squab has looked.
    expect(await readSmallFile(link, 100)).toBeUndefined();
  });
});

describe('squab export --output', () => {
  it('replaces a file as a whole, so that it is never cut off, and keeps its mode; it follows a link', async () => {
    const { url } = await squabServes();
    const folder = scratch();
    const [file, former, link] = ['queues.yaml', 'former.yaml', 'link.yaml'].map((name) => join(folder, name));
    writeFileSync(file!, 'former', { mode: 0o600 });
    linkSync(file!, former!);
    symlinkSync('queues.yaml', link!);
    await squabEnds(['export', '--url', url, '--output', file!]);
    const text = readFileSync(file!, 'utf8');
    expect([text, readFileSync(former!, 'utf8')]).toEqual([expect.stringContaining('queues:'), 'former']);
    expect(modeOf(file!)).toBe(0o600);
    writeFileSync(file!, 'former');
    await squabEnds(['export', '--url', url, '--output', link!]);
    expect(readFileSync(file!, 'utf8')).toBe(text);
    expect(readdirSync(folder).sort()).toEqual(['former.yaml', 'link.yaml', 'queues.yaml']);
  });

  it.skipIf(!isRoot)('follows no link that another user put into a shared folder (needs root)', async () => {
    const { url } = await squabServes();
    const folder = shared();
    const [link, victim] = [join(folder, 'queues.yaml'), join(scratch(), 'victim')];
    writeFileSync(victim, 'precious');
    symlinkSync(victim, link);
    lchownSync(link, STRANGER, STRANGER);
    const reason = `Cannot write ${link}: a file or link that belongs to another user is in the way.`;
    expect(await squabEnds(['export', '--url', url, '--output', link])).toEqual(failure(1, reason));
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });
});

describe('a data folder', () => {
  it.each([0o022, 0o000])('is private when Squab creates it, with the umask %o', async (mask) => {
    process.umask(mask);
    const parent = join(scratch(), 'parent');
    const data = join(parent, 'data');
    const squab = await start({ port: 0, data });
    await client('JSON', squab.url).call('CreateQueue', { QueueName: 'q' });
    const files = ['squab.db', 'squab.db-wal'].map((name) => join(data, name));
    expect([parent, data, ...files].map(modeOf)).toEqual([0o755, 0o700, 0o600, 0o600]);
    await squab.stop();
  });

  it("keeps its mode and its files' modes if it exists", async () => {
    const data = scratch();
    chmodSync(data, 0o755);
    await (await start({ port: 0, data })).stop();
    expect([data, join(data, 'squab.db')].map(modeOf)).toEqual([0o755, 0o600]);
    chmodSync(join(data, 'squab.db'), 0o640);
    const squab = await start({ port: 0, data });
    expect([join(data, 'squab.db'), join(data, 'squab.db-wal')].map(modeOf)).toEqual([0o640, 0o640]);
    await squab.stop();
  });
});

describe('the log warns', () => {
  const TLS = join(import.meta.dirname, 'data/tls');

  async function warnings(options: Parameters<typeof start>[0]): Promise<string[]> {
    const lines: string[] = [];
    const logStream = { write: (line: string) => void lines.push(line) };
    await (await start({ port: 0, logLevel: 'warn', logStream, ...options })).stop();
    return lines.map((line) => JSON.parse(line).msg);
  }

  it('of credentials and keys that other users can read', async () => {
    const { folder, file } = reachable(0o644);
    writeFileSync(file, '[a]\naws_access_key_id = AKID\naws_secret_access_key = secret\n');
    const key = join(folder, 'key.pem');
    writeFileSync(key, readFileSync(join(TLS, 'key.pem')));
    chmodSync(key, 0o604);
    const options = { auth: 'sigv4', credentials: file, tlsKey: key, tlsCert: join(TLS, 'cert.pem') } as const;
    expect(await warnings(options)).toEqual([
      `The credentials in ${file} should be private, but every user of this machine may read it (mode 0644). ` +
        `Run: chmod 600 ${file}`,
      `The private key in ${key} should be private, but every user of this machine may read it (mode 0604). ` +
        `Run: chmod 600 ${key}`,
    ]);
    for (const path of [file, key]) chmodSync(path, 0o600);
    expect(await warnings(options)).toEqual([]);
  });

  it('of data that other users can read or change', async () => {
    const data = join(scratch(), 'data');
    mkdirSync(data);
    chmodSync(join(data, '..'), 0o755);
    expect(await warnings({ data })).toEqual([]);
    chmodSync(join(data, 'squab.db'), 0o644);
    const advice = `If this is not intended, run: chmod 700 ${data}`;
    expect(await warnings({ data })).toEqual([
      `The data in ${data} is not private: every user of this machine may read it (mode 0644). ${advice}`,
    ]);
    chmodSync(data, 0o1777);
    expect(await warnings({ data })).toEqual([
      `The data in ${data} is not private: every user of this machine may change it (mode 1777). ${advice}`,
    ]);
    chmodSync(data, 0o700);
    expect(await warnings({ data })).toEqual([]);
  });
});
