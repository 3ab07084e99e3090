/** `squab/jest`, in a project where npm has installed the package and Jest. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../commands/command.ts';
import { runIn, scratchFolder, snippetsOf } from '../docs/snippets.ts';
import { BUILD_MS, lack } from '../sdk/programs.ts';

// Jest would add 200 packages to this project, and these tests need two versions of it.
const npm = ['view', 'jest', 'name', '--fetch-retries=0', '--fetch-timeout=10000'];
const lacking = lack('access to the npm registry, for Jest', 'npm', npm);

const modules = `
import { expect, jest, test } from '@jest/globals';
import { setupSquab } from 'squab/jest';

const squab = setupSquab({ region: 'eu-central-1' });

test('it works although timers are fake', async () => {
  jest.useFakeTimers();
  const { millis } = await squab.control.clock.freeze();
  await squab.control.clock.set(new Date(millis + 1000));
  expect(await squab.control.clock.advance('1s')).toMatchObject({ millis: millis + 2000, frozen: true });
  expect(squab.sqsConfig.region).toBe('eu-central-1');
  jest.useRealTimers();
});
`;

const stopped = `
const { setupSquab } = require('squab/jest');

let squab;
describe('inside', () => {
  squab = setupSquab({ queues: [{ name: 'orders', attributes: { DelaySeconds: '7' } }] });

  test('the queue exists', async () => {
    expect((await squab.control.queues.get('orders')).attributes.DelaySeconds).toBe('7');
  });
});

test('it has stopped', async () => {
  const call = squab.control.queues.list();
  await expect(call).rejects.toMatchObject({ name: 'ControlError', status: 409, message: 'This Squab has stopped.' });
});
`;

describe.skipIf(lacking)(`squab/jest${lacking}`, () => {
  let folder: string;

  beforeAll(() => {
    folder = scratchFolder();
    const packing = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const tarball = execFileSync('npm', packing, { cwd: root, encoding: 'utf8' }).trim();
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const packages = [`./${tarball}`, 'jest-29@npm:jest@29', 'jest-30@npm:jest@30'];
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', ...packages], { cwd: folder });
    symlinkSync(join(root, 'node_modules/@aws-sdk'), join(folder, 'node_modules/@aws-sdk'));
    const snippets = snippetsOf('docs/testing.md');
    const test = snippets.get('orders.jest.test.js')!;
    for (const name of ['one.test.js', 'two.test.js']) writeFileSync(join(folder, name), test);
    writeFileSync(join(folder, 'modules.test.mjs'), modules);
    mkdirSync(join(folder, 'reset'));
    writeFileSync(join(folder, 'reset/reset.test.js'), snippets.get('reset.jest.test.js')!);
    mkdirSync(join(folder, 'shared'));
    for (const name of ['jest.global.js', 'jest.teardown.js']) {
      writeFileSync(join(folder, 'shared', name), snippets.get(name)!);
    }
    for (const name of ['one', 'two']) {
      writeFileSync(join(folder, `shared/${name}.test.js`), snippets.get('shared.jest.test.js')!);
    }
    writeFileSync(join(folder, 'stopped.test.js'), stopped);
  }, BUILD_MS);

  describe.each(['jest-29', 'jest-30'])('with %s', (jest) => {
    const run = (...args: string[]) => {
      const flags = args.includes('**/*.mjs') ? ['--experimental-vm-modules'] : [];
      return runIn(folder, process.execPath, [...flags, `node_modules/${jest}/bin/jest.js`, ...args]);
    };

    it('does what docs/testing.md shows, in parallel files, and leaves nothing running', async () => {
      const { code, stderr } = await run('--detectOpenHandles', '--testMatch', '<rootDir>/{one,two}.test.js');
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Tests: +2 passed, 2 total$/m) });
      expect(stderr).not.toMatch(/open handle|did not exit/);
    });

    it('resets Squab before each test, as docs/testing.md shows', async () => {
      const { code, stderr } = await run('--testMatch', '<rootDir>/reset/*.test.js');
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Tests: +2 passed, 2 total$/m) });
    });

    it('has one Squab for a whole run, as docs/testing.md shows, and stops it', async () => {
      const setup = ['--globalSetup', './shared/jest.global.js', '--globalTeardown', './shared/jest.teardown.js'];
      const { code, stderr } = await run(...setup, '--testMatch', '<rootDir>/shared/*.test.js');
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Tests: +2 passed, 2 total$/m) });
      expect(stderr).not.toMatch(/did not exit/);
    });

    it('says that Squab has stopped, when a test outside of its describe block still uses it', async () => {
      const { code, stderr } = await run('--testMatch', '<rootDir>/stopped.test.js');
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Tests: +2 passed, 2 total$/m) });
    });

    it('works in ES modules, and without globals', async () => {
      const { code, stderr } = await run('--injectGlobals=false', '--testMatch', '**/*.mjs');
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Tests: +1 passed, 1 total$/m) });
    });
  });
});
