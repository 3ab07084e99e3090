/**
 * `squab/jest`: a Squab for each test file, by jest's hooks. It is built as CommonJS, since that is what jest loads.
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

/** Starts a Squab for the tests of this file, or of the `describe` that it is called in, and stops it after them. */
export function setupSquab(options: TestSquabOptions = {}): TestSquab {
  return squabForFile({ beforeAll, afterAll }, options);
}
