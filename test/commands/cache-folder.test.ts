/** Code is cached in a folder that no other user can write to, or not at all. */

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../src/commands/cache-folder.ts';
import { temporaryFolder } from '../helpers.ts';
import { root } from './command.ts';

const cacheIn = (folder: string) => cacheFolder({ XDG_CACHE_HOME: folder });
const modeOf = (path: string) => lstatSync(path).mode & 0o777;

// Windows has no modes and no owners of this kind.
describe.skipIf(process.platform === 'win32')('the cache folder', () => {
  it('is created in $XDG_CACHE_HOME, for this user alone', () => {
    const base = join(temporaryFolder(), 'cache');
    expect(cacheIn(base)).toBe(join(base, 'squab'));
    expect(modeOf(join(base, 'squab'))).toBe(0o700);
  });

  it('is in ~/.cache where $XDG_CACHE_HOME is missing or relative', () => {
    for (const XDG_CACHE_HOME of [undefined, '', 'relative']) {
      const folder = cacheFolder({ XDG_CACHE_HOME });
      expect(folder === undefined || folder.endsWith('/.cache/squab')).toBe(true);
    }
    expect(existsSync('relative')).toBe(false);
  });

  it.each([0o700, 0o770, 0o707, 0o722, 0o755, 0o711, 0o740])('is used unless others may enter it (mode %o)', (mode) => {
    const base = temporaryFolder();
    mkdirSync(join(base, 'squab'));
    chmodSync(join(base, 'squab'), mode);
    const expected = mode === 0o700 ? join(base, 'squab') : undefined;
    expect(cacheIn(base)).toBe(expected);
  });

  it('is not used when others could replace it, since they may write to a folder above it', () => {
    const base = temporaryFolder();
    mkdirSync(join(base, 'shared'));
    chmodSync(join(base, 'shared'), 0o777);
    expect(cacheIn(join(base, 'shared'))).toBeUndefined();
    expect(cacheIn(join(base, 'shared', 'below'))).toBeUndefined();
    // As in /tmp: other users may write there, but not rename files of others.
    chmodSync(join(base, 'shared'), 0o1777);
    expect(cacheIn(join(base, 'shared'))).toBe(join(base, 'shared', 'squab'));
  });

  it('is not used when it is a link, even to a folder of this user', () => {
    const base = temporaryFolder();
    mkdirSync(join(base, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(base, 'elsewhere'), join(base, 'squab'));
    expect(cacheIn(base)).toBeUndefined();
  });

  // Only root can create files that belong to another user.
  it.skipIf(process.getuid?.() !== 0)('is not used when it belongs to somebody else', () => {
    const base = temporaryFolder();
    mkdirSync(join(base, 'squab'), { mode: 0o700 });
    execFileSync('chown', ['12345', join(base, 'squab')]);
    expect(cacheIn(base)).toBeUndefined();
  });

  // Only root can become another user.
  it.skipIf(process.getuid?.() !== 0)('is not used when this user has no home', () => {
    const file = join(root, 'src/commands/cache-folder.ts');
    const code = `import(${JSON.stringify(file)}).then(({ cacheFolder }) => {
      process.setuid(12345);
      console.log(cacheFolder({}));
    })`;
    const flags = process.features.typescript ? [] : ['--experimental-strip-types'];
    const args = [...flags, '--no-warnings', '--eval', code];
    const printed = execFileSync(process.execPath, args, { env: {}, encoding: 'utf8' });
    expect(printed).toBe('undefined\n');
  });

  // Node.js's own way of creating several folders never returns there.
  it.skipIf(process.platform !== 'linux')('is not used where the system allows no folders', () => {
    expect(cacheIn('/proc/squab/cache')).toBeUndefined();
  });

  it('is the only place to which the command writes compiled code', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'tmp'));
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: join(folder, 'tmp') };
    execFileSync(process.execPath, [join(root, 'dist/cli.cjs'), '--version'], { env });
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
    expect(readdirSync(join(folder, 'cache/squab'))).not.toEqual([]);
    chmodSync(join(folder, 'cache/squab'), 0o777);
    const shared = readdirSync(join(folder, 'cache/squab'));
    execFileSync(process.execPath, [join(root, 'dist/cli.cjs'), '--help'], { env });
    expect(readdirSync(join(folder, 'cache/squab'))).toEqual(shared);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });
});
