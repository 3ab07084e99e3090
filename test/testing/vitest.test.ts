/** `squab/vitest`, in projects that have their own Vitest. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, runIn, snippetsOf } from '../docs/snippets.ts';

const snippets = snippetsOf('docs/testing.md');

interface Report {
  testResults: {
    name: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

/** Runs a project's tests. Resolves with the name of each test, followed by its failure messages. */
async function vitest(files: Record<string, string>, ...args: string[]) {
  const folder = project(files, ['@aws-sdk/client-sqs', 'vitest']);
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const command = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args];
  const { code, stdout, stderr } = await runIn(folder, process.execPath, command);
  if (!existsSync(report)) throw new Error(`Vitest ended with ${code} and wrote no report:\n${stdout}${stderr}`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const output = `${stdout}${stderr}`;
  return { code, output, tests: tests.map(({ fullName, failureMessages }) => [fullName, ...failureMessages]).sort() };
}

const parallel = (number: number) => `
import { expect } from 'vitest';
import { test } from 'squab/vitest';

const call = async ({ url }, query) => (await fetch(url + '/?' + query)).text();

test('file ${number} has its own queues', async ({ squab }) => {
  await call(squab, 'Action=CreateQueue&QueueName=of-${number}');
  const list = await call(squab, 'Action=ListQueues');
  expect(list.match(/<QueueUrl>.*?<.QueueUrl>/g)).toEqual([
    '<QueueUrl>' + squab.url + '/' + squab.account + '/of-${number}</QueueUrl>',
  ]);
});

test('file ${number} has its own time', async ({ squab }) => {
  const before = await squab.control.clock.freeze();
  await squab.control.clock.advance('${number} hours');
  const after = await squab.control.clock.read();
  expect(after).toMatchObject({ millis: before.millis + ${number} * 3_600_000, frozen: true });
});
`;

describe('squab/vitest', () => {
  it('does what docs/testing.md shows', async () => {
    const names = ['orders.vitest.test.js', 'fifo.vitest.test.js'];
    const files = Object.fromEntries(names.map((name) => [name, snippets.get(name)!]));
    expect(await vitest(files)).toMatchObject({
      code: 0,
      tests: [['a message is visible again after its visibility timeout'], ['a new Squab has no queues']],
    });
  });

  it('gives each test an account of its own, as docs/testing.md shows', async () => {
    const name = 'accounts.vitest.test.js';
    expect(await vitest({ [name]: snippets.get(name)! })).toMatchObject({
      code: 0,
      tests: [['test one has its own queues'], ['test three has its own queues'], ['test two has its own queues']],
    });
  });

  it('has one Squab for a whole run, as docs/testing.md shows, and stops it', async () => {
    const file = (number: number) => `
import { expect, test } from 'vitest';
test('file ${number}', async () => {
  const url = process.env.AWS_ENDPOINT_URL_SQS;
  expect((await fetch(url + '/?Action=ListQueues')).status).toBe(200);
});
`;
    const { code, output, tests } = await vitest({
      'vitest.global.js': snippets.get('vitest.global.js')!,
      'vitest.config.js': "export default { test: { globalSetup: './vitest.global.js' } };",
      'package.json': '{ "private": true, "type": "module" }',
      ...{ 'one.test.js': file(1), 'two.test.js': file(2) },
    });
    expect({ code, tests, output }).toMatchObject({ code: 0, tests: [['file 1'], ['file 2']] });
    expect(output).not.toMatch(/did not exit|hanging/);
  });

  it.each(['forks', 'threads', 'vmThreads'])('gives each file its own Squab in the %s pool', async (pool) => {
    const files = Object.fromEntries([1, 2, 3].map((number) => [`file-${number}.test.js`, parallel(number)]));
    expect(await vitest(files, `--pool=${pool}`)).toMatchObject({
      code: 0,
      tests: [1, 2, 3].flatMap((number) => [
        [`file ${number} has its own queues`],
        [`file ${number} has its own time`],
      ]),
    });
  });

  it('starts a Squab for a describe block, and stops it after the block', async () => {
    const file = `
import { afterAll, describe, expect, test, vi } from 'vitest';
import { setupSquab } from 'squab/vitest';

let url;
describe('inside', () => {
  const squab = setupSquab({ account: '123456789012', region: 'eu-central-1', stopWithStdin: true });
  expect(() => squab.url).toThrow('This Squab has not started yet.');

  test('it works although timers are fake', async () => {
    vi.useFakeTimers();
    url = squab.url;
    expect((await fetch(url + '/?Action=ListQueues')).status).toBe(200);
    await squab.control.clock.advance('1h');
    vi.useRealTimers();
  });

  test('it has everything that a client needs', () => {
    const credentials = { accessKeyId: '123456789012', secretAccessKey: 'test' };
    expect(squab.sqsConfig).toEqual({ endpoint: squab.url, region: 'eu-central-1', credentials });
    expect(squab).toMatchObject({ region: 'eu-central-1', credentials, account: '123456789012' });
    expect(squab.url).toBe('http://127.0.0.1:' + squab.port);
    expect(squab.env).toEqual({
      AWS_ENDPOINT_URL_SQS: squab.url,
      AWS_ENDPOINT_URL_SNS: squab.url,
      AWS_ENDPOINT_URL_LAMBDA: squab.url,
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: '123456789012',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
  });

  test('clients with other keys see the same queues', async () => {
    await fetch(squab.url + '/?Action=CreateQueue&QueueName=q');
    const text = await (await fetch(squab.url + '/?Action=GetQueueUrl&QueueName=q')).text();
    expect(text).toContain('/123456789012/q<');
  });

  test('a failed call rejects with an error that has a status', async () => {
    const refused = squab.control.clock.advance('soon');
    await expect(refused).rejects.toThrow('"soon" is not a valid duration.');
    await expect(refused).rejects.toMatchObject({ name: 'ControlError', status: 400 });
  });
});

test('it has stopped', async () => {
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});
`;
    const { code, tests } = await vitest({ 'one.test.js': file });
    expect({ code, failed: tests.filter((test) => test.length > 1), passed: tests.length }).toEqual({
      ...{ code: 0, failed: [], passed: 5 },
    });
  });

  it('fails the tests with the reason if Squab cannot start', async () => {
    const file = `
import { test } from 'vitest';
import { setupSquab } from 'squab/vitest';
setupSquab({ account: '12' });
test('does not run', () => {});
`;
    const { code, output } = await vitest({ 'one.test.js': file });
    expect(code).toBe(1);
    expect(output).toContain('account must be a 12-digit account ID, not "12".');
  });
});
