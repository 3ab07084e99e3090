/**
 * `squab/vitest`: a Squab for each test file, as a fixture or using hooks.
 *
 *     import { test } from 'squab/vitest';
 *     test('…', async ({ squab }) => {
 *       const sqs = new SQSClient(squab.sqsConfig);
 */

import { afterAll, beforeAll, type TestAPI, test as vitestTest } from 'vitest';
import { squabForFile } from './hooks.ts';
import { startInThread, type TestSquab, type TestSquabOptions } from './test-squab.ts';

export type { TestSquab, TestSquabOptions } from './test-squab.ts';

/**
 * Vitest's `test` with a `squab` fixture: started for the first test in a file that uses it, stopped after the file.
 */
export const test: TestAPI<{ squab: TestSquab }> = vitestTest.extend<{ squab: TestSquab }>({
  squab: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from this pattern which fixtures it needs: none
    async ({}, use) => {
      const squab = await startInThread();
      await use(squab);
      await squab.stop();
    },
    { scope: 'file' },
  ],
});

export { test as it };

/**
 * Starts a Squab before the tests of this file, or of the `describe` block that contains the call, and stops it after
 * them. Until it has started, the properties of the returned object throw an Error.
 */
export function setupSquab(options: TestSquabOptions = {}): TestSquab {
  return squabForFile({ beforeAll, afterAll }, options);
}
