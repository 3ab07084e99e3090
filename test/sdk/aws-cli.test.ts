/** The unmodified AWS CLI, configured only by environment variables. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serve } from '../stores.ts';
import { environment, lack, output, run } from './programs.ts';
import { WatchedClock } from './watched-clock.ts';

const CTRL_C = '\x03';
/** On a busy machine, the CLI takes seconds to start, and a test starts it about eight times. */
const TIMEOUT_MS = 180_000;
const BASE64 = 'AAF/gP8=';
const CONTENT_TYPES = { json: 'application/x-amz-json-1.0', query: 'application/x-www-form-urlencoded' };

/**
 * For the older regions, version 1 of the CLI has a built-in list of SQS host names that takes precedence over
 * AWS_ENDPOINT_URL_SQS, though not over `--endpoint-url`. So these tests use a newer region.
 */
const REGION = { AWS_REGION: 'eu-central-2', AWS_DEFAULT_REGION: 'eu-central-2' };
const OLDER_REGION = { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' };

const noCli = lack('AWS CLI', 'aws', ['--version']);
const lacking = { json: noCli, query: noCli || lack('botocore', 'python3', ['-c', 'import botocore']) };

describe.each(['json', 'query'] as const)('the AWS CLI over %s', (wire) => {
  describe.skipIf(lacking[wire])(`performs everyday operations${lacking[wire]}`, { timeout: TIMEOUT_MS }, () => {
    let squab: Served;
    let clock: WatchedClock;
    let models: string;
    const sqs = (...args: string[]) => ['sqs', ...args, '--output', 'json'];
    const env = (more = {}) => environment(squab.url, { AWS_DATA_PATH: models, ...REGION, ...more });
    /** Returns the JSON that the CLI prints, or undefined if it prints nothing. */
    const aws = async (...args: string[]) => {
      const text = await output('aws', sqs(...args), { env: env() });
      return text === '' ? undefined : JSON.parse(text);
    };

    beforeAll(async () => {
      clock = new WatchedClock();
      squab = await serve({ clock });
      models = await mkdtemp(join(tmpdir(), 'squab-models-'));
      if (wire === 'query') await output('python3', [join(import.meta.dirname, 'query_model.py'), models]);
    });
    afterAll(async () => {
      await squab.stop();
      await rm(models, { recursive: true });
    });

    it('over this wire, and in any region if the endpoint is given on the command line', async () => {
      const args = sqs('list-queues', '--endpoint-url', squab.url, '--debug');
      const { code, stderr } = await run('aws', args, { env: env(OLDER_REGION) });
      expect(code).toBe(0);
      expect(stderr).toContain(CONTENT_TYPES[wire]);
      expect(stderr).not.toContain(CONTENT_TYPES[wire === 'json' ? 'query' : 'json']);
    });

    it('from creating a queue to deleting its message', async () => {
      const { QueueUrl } = await aws('create-queue', '--queue-name', 'orders', '--attributes', 'VisibilityTimeout=10');
      expect(QueueUrl).toBe(`${squab.url}/000000000000/orders`);
      const queue = ['--queue-url', QueueUrl];
      const body = '{"order": 17, "note": "é 🐟 & <more>"}';
      const attributes = {
        customer: { DataType: 'String', StringValue: 'Ærø' },
        digest: { DataType: 'Binary', BinaryValue: BASE64 },
      };
      const sent = await aws(
        'send-message',
        ...queue,
        '--message-body',
        body,
        '--message-attributes',
        JSON.stringify(attributes),
      );
      const names = ['--message-attribute-names', 'All', '--attribute-names', 'All'];
      const received = await aws('receive-message', ...queue, ...names);
      const [message] = received.Messages;
      expect(message).toMatchObject({
        MessageId: sent.MessageId,
        Body: body,
        MD5OfBody: sent.MD5OfMessageBody,
        MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
        MessageAttributes: {
          ...attributes,
          // Version 1 treats the argument as the bytes, version 2 as their base64.
          digest: {
            DataType: 'Binary',
            BinaryValue: expect.toBeOneOf([BASE64, Buffer.from(BASE64).toString('base64')]),
          },
        },
        Attributes: { ApproximateReceiveCount: '1' },
      });
      const handle = ['--receipt-handle', message.ReceiptHandle];
      expect(await aws('change-message-visibility', ...queue, ...handle, '--visibility-timeout', '60')).toBeUndefined();
      await clock.advance(59_999);
      expect(await aws('receive-message', ...queue)).toBeUndefined();
      await clock.advance(1);
      expect(await aws('delete-message', ...queue, ...handle)).toBeUndefined();
      expect(await aws('receive-message', ...queue)).toBeUndefined();
    });

    it('with a long poll', async () => {
      const { QueueUrl } = await aws('create-queue', '--queue-name', 'polled');
      const polled = clock.untilPolled(20);
      const received = aws('receive-message', '--queue-url', QueueUrl, '--wait-time-seconds', '20');
      await polled;
      await aws('send-message', '--queue-url', QueueUrl, '--message-body', 'at last');
      expect((await received).Messages).toMatchObject([{ Body: 'at last' }]);
    });

    it('on batches, and on whole queues', async () => {
      const { QueueUrl } = await aws('create-queue', '--queue-name', 'batches');
      const queue = ['--queue-url', QueueUrl];
      const entries = JSON.stringify([
        { Id: 'good', MessageBody: 'x' },
        { Id: 'late', MessageBody: 'x', DelaySeconds: 901 },
        { Id: 'delayed', MessageBody: 'x', DelaySeconds: 900 },
      ]);
      const { Successful, Failed } = await aws('send-message-batch', ...queue, '--entries', entries);
      expect(Successful).toMatchObject([{ Id: 'good' }, { Id: 'delayed' }]);
      expect(Failed).toMatchObject([{ Id: 'late', SenderFault: true, Code: 'InvalidParameterValue' }]);
      const counts = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed'];
      expect(await aws('get-queue-attributes', ...queue, '--attribute-names', ...counts)).toEqual({
        Attributes: { ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesDelayed: '1' },
      });
      expect(await aws('purge-queue', ...queue)).toBeUndefined();
      expect(await aws('delete-queue', ...queue)).toBeUndefined();
    });

    it('and prints the code of an error', async () => {
      const { code, stderr } = await run('aws', sqs('get-queue-url', '--queue-name', 'batches'), { env: env() });
      expect(code).not.toBe(0);
      expect(stderr).toMatch(
        /\(AWS\.SimpleQueueService\.NonExistentQueue\) when calling the GetQueueUrl operation: The specified queue does not exist/,
      );
    });
  });
});

const noTerminal = noCli || lack('terminal from Python', 'python3', ['-c', 'import pty']);

describe.skipIf(noTerminal)(`the banner of the command${noTerminal}`, { timeout: TIMEOUT_MS }, () => {
  it('shows variables to export and a command to try, and both work', async () => {
    const cli = join(import.meta.dirname, '../../dist/cli.cjs');
    const inTerminal = ['-c', 'import pty, sys; pty.spawn(sys.argv[1:])', process.execPath, cli, '--port', '0'];
    const exported: Record<string, string> = {};
    let tried = '';
    await output('python3', inTerminal, {
      env: environment(''),
      onLine: async (line) => {
        for (const [, name, value] of line.matchAll(/(AWS_\w+)=(\S+)/g)) exported[name!] = value!;
        const [, command] = /Try +(aws .*\S)/.exec(line) ?? [];
        if (command === undefined) return undefined;
        tried = await output('sh', ['-c', command], { env: environment('', exported) });
        return CTRL_C;
      },
    });
    expect(JSON.parse(tried)).toEqual({ QueueUrl: `${exported.AWS_ENDPOINT_URL_SQS}/000000000000/hello` });
  });
});
