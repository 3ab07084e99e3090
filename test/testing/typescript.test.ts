/** The types of the package with TypeScript 5, whose settings older projects use, and in ts-jest. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../commands/command.ts';
import { runIn, scratchFolder } from '../docs/snippets.ts';
import { BUILD_MS, lack } from '../sdk/programs.ts';

// TypeScript 7, with which Squab is developed, has no node10.
const npm = ['view', 'ts-jest', 'name', '--fetch-retries=0', '--fetch-timeout=10000'];
const lacking = lack('access to the npm registry, for TypeScript 5 and ts-jest', 'npm', npm);

const setup = (from: string) => `
import { setupSquab, type TestSquab } from '${from}';
const squab: TestSquab = setupSquab({ queues: [{ name: 'orders', attributes: { DelaySeconds: '1' } }], region: 'eu-west-1' });
// @ts-expect-error: a clock cannot be passed to a thread
setupSquab({ clock: { now: () => 0 } });
squab.control.clock.advance('30s').then(({ now }) => now.toUpperCase());
squab.control.queues.purge('orders').catch((error) => error);
// @ts-expect-error: there is no such method
squab.control.close();
`;
const program = `
import { type Control, ControlError, type StartOptions, start } from 'squab';
const options: StartOptions = { port: 0, queues: [{ name: 'orders' }] };
start(options).then(async (squab) => {
  const control: Control = squab.control;
  for await (const event of control.events.follow({ queue: 'orders' })) event.kind.toUpperCase();
  await control.queues.get('none').catch((error) => error instanceof ControlError && error.status === 404);
  // @ts-expect-error: internals are not visible
  control.realTime;
  // @ts-expect-error: internals are not visible
  control.events.listen(() => {});
});
`;
const test = `
import { expect, test } from '@jest/globals';
import { setupSquab } from 'squab/jest';

const squab = setupSquab({ queues: [{ name: 'orders' }] });

test('the queue exists', async () => {
  expect((await squab.control.queues.get('orders')).messages.visible).toBe(0);
});
`;

describe.skipIf(lacking)(`with TypeScript 5${lacking}`, () => {
  let folder: string;

  beforeAll(() => {
    folder = scratchFolder();
    const packing = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const tarball = execFileSync('npm', packing, { cwd: root, encoding: 'utf8' }).trim();
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const packages = [`./${tarball}`, 'typescript@5', 'jest@29', 'ts-jest@29'];
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', ...packages], { cwd: folder });
    symlinkSync(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'));
    for (const suffix of ['ts', 'mts']) {
      for (const name of ['jest', 'vitest']) writeFileSync(join(folder, `${name}.${suffix}`), setup(`squab/${name}`));
      writeFileSync(join(folder, `program.${suffix}`), program);
    }
    mkdirSync(join(folder, 'test'));
    writeFileSync(join(folder, 'test/orders.test.ts'), test);
  }, BUILD_MS);

  it.each([
    ['node10', 'commonjs'],
    ['node16', 'node16'],
    ['bundler', 'esnext'],
  ])('the types of all entries compile with moduleResolution %s', async (moduleResolution, module) => {
    // Node.js's resolution finds ES modules only from a module, which the name says.
    const files = ['program', 'jest', 'vitest'].map((name) => (module === 'node16' ? `${name}.mts` : `${name}.ts`));
    for (const [name, skipLibCheck] of [
      ['own', false],
      ['vitest', true],
    ] as const) {
      const compilerOptions = {
        ...{ module, moduleResolution, target: 'es2022', lib: ['es2022', 'esnext.disposable'], types: ['node'] },
        // Vitest's own declarations do not compile with these settings.
        ...{ strict: true, noEmit: true, skipLibCheck },
      };
      const config = `tsconfig.${moduleResolution}.${name}.json`;
      writeFileSync(
        join(folder, config),
        JSON.stringify({ compilerOptions, files: skipLibCheck ? files.slice(2) : files.slice(0, 2) }),
      );
      const { code: result, stdout } = await runIn(folder, process.execPath, [
        'node_modules/typescript/bin/tsc',
        ...['-p', config],
      ]);
      expect({ name, result, stdout }).toEqual({ name, result: 0, stdout: '' });
    }
  });

  it('squab and squab/jest can be imported by modules that compile to CommonJS, and required', async () => {
    const compilerOptions = {
      ...{ module: 'node16', target: 'es2022', lib: ['es2022', 'esnext.disposable'], types: ['node'] },
      ...{ strict: true, outDir: 'out' },
    };
    const required =
      "import squab = require('squab');\nexport const clock: squab.VirtualClock = new squab.VirtualClock();\n";
    writeFileSync(join(folder, 'required.cts'), required);
    const files = ['program.ts', 'jest.ts', 'required.cts'];
    writeFileSync(join(folder, 'tsconfig.cjs.json'), JSON.stringify({ compilerOptions, files }));
    const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.cjs.json'];
    const { code: result, stdout } = await runIn(folder, process.execPath, tsc);
    expect({ result, stdout }).toEqual({ result: 0, stdout: '' });
    const use = "console.log(typeof require('./required.cjs').clock.advance, typeof require('squab').start)";
    const { stdout: used } = await runIn(join(folder, 'out'), process.execPath, ['-e', use]);
    expect(used).toBe('function function\n');
  });

  it('squab/jest works in ts-jest with its classic settings', async () => {
    const compilerOptions = { module: 'commonjs', moduleResolution: 'node10', target: 'es2022', strict: true };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    writeFileSync(join(folder, 'jest.config.json'), JSON.stringify({ preset: 'ts-jest', testEnvironment: 'node' }));
    const args = ['node_modules/jest/bin/jest.js', '--config', 'jest.config.json', '--rootDir', folder];
    const { code, stderr } = await runIn(folder, process.execPath, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Tests: +1 passed, 1 total$/m) });
  });
});
