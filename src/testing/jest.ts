/**
 * `squab/jest`: a Squab for each test file, using Jest's hooks. It is built as CommonJS, which is what Jest loads.
 *
 *     const { setupSquab } = require('squab/jest');
 *     const squab = setupSquab();
 *     test('…', async () => {
 *       const sqs = new SQSClient(squab.sqsConfig);
 */

import { afterAll, beforeAll } from '@jest/globals';
import { squabForFile } from './hooks.ts';
import type { TestSquab, TestSquabOptions } from './test-squab.ts';

export type { TestSquab, TestSquabOptions } from './test-squab.ts';

/**
 * Starts a Squab before the tests of this file, or of the `describe` block that contains the call, and stops it after
 * them. Until it has started, the properties of the returned object throw an Error.
 */
export function setupSquab(options: TestSquabOptions = {}): TestSquab {
  return squabForFile({ beforeAll, afterAll }, options);
}
