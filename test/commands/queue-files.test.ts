/** Queues from a file on the command line: `--config`, `squab export`, `squab import`. */

import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { client } from '../helpers.ts';
import { failure, namesAt, root, run, scratch, squabEnds, squabServes, written } from './command.ts';

const fixtures = join(root, 'test/data/queue-files');
const guide = readFileSync(join(root, 'docs/queues-from-a-file.md'), 'utf8');
/** The complete example in the documentation. */
const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(guide)!;

describe('squab --config', () => {
  it('creates the queues of the example in the documentation', async () => {
    const { url } = await squabServes(['--config', written('squab.yaml', example)]);
    expect(await namesAt(url)).toEqual(['audit', 'orders', 'orders-dlq', 'payments.fifo']);
    expect(await namesAt(url, 'eu-west-1')).toEqual(['orders']);
    const { call } = client('JSON', url);
    const QueueUrl = `${url}/000000000000/orders`;
    expect((await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })).Attributes).toMatchObject({
      VisibilityTimeout: '300',
      MessageRetentionPeriod: '1209600',
      RedrivePolicy: expect.stringContaining('orders-dlq'),
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesDelayed: '1',
    });
    const fifo = { QueueUrl: `${url}/000000000000/payments.fifo`, MaxNumberOfMessages: 10 };
    const { Messages } = await call('ReceiveMessage', fifo);
    expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(['first', 'second']);
  });

  it('reads the file in SQUAB_CONFIG, and logs its format, warnings and the number of queues created', async () => {
    const { output } = await squabServes([], { env: { SQUAB_CONFIG: join(fixtures, 'template.yaml') } });
    await output(
      /"msg":"template\.yaml:18:7: KmsMasterKeyId of OrderQueue is ignored: the parameter KeyArn has no Default: give it with --parameter KeyArn=VALUE\."/,
    );
    await output(
      /"file":"template\.yaml","kind":"a CloudFormation template","created":3,"changed":0,"unchanged":0,"messages":0/,
    );
  });

  it('sends the messages of the file only once, even if it starts several times with the same data folder', async () => {
    const [data, config] = [scratch(), written('squab.yaml', 'queues:\n  - { name: q, messages: [once] }\n')];
    for (const [created, unchanged] of [
      [1, 0],
      [0, 1],
    ]) {
      const { url, child, ended, output } = await squabServes(['--data', data, '--config', config]);
      await output(new RegExp(`"created":${created},"changed":0,"unchanged":${unchanged}`));
      const input = { QueueUrl: `${url}/000000000000/q`, AttributeNames: ['All'] };
      const { Attributes } = await client('JSON', url).call('GetQueueAttributes', input);
      expect(Attributes.ApproximateNumberOfMessages).toBe('1');
      child.kill('SIGTERM');
      await ended;
    }
  });

  it('does not start if the file has mistakes, and prints their lines', async () => {
    const text = 'queues:\n  - name: q\n    atributes: {}\n  - name: p\n    attributes: { VisibilityTimeout: 90000 }\n';
    const { code, stderr } = await squabEnds(['--port', '0', '--config', written('squab.yaml', text)]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'squab: squab.yaml:3:5: A queue has no key "atributes". Did you mean "attributes"?\n' +
        'squab.yaml:5:38: VisibilityTimeout must be a whole number from 0 to 43200, not "90000".\n',
    });
  });
});

describe('squab export and squab import', () => {
  it('copy queues from one Squab to another', async () => {
    const first = await squabServes(['--config', written('squab.yaml', example)]);
    const file = join(scratch(), 'queues.json');
    const exported = await squabEnds(['export', '--url', first.url, '--output', file]);
    expect(exported).toEqual({ code: 0, signal: null, stdout: `Wrote 4 queues to ${file}.\n`, stderr: '' });

    const second = await squabServes();
    const success = (rest: string) => ({
      code: 0,
      signal: null,
      stdout: `queues.json is a queue file. ${rest}\n`,
      stderr: '',
    });
    const importing = ['import', file, '--url', second.url];
    expect(await squabEnds(importing)).toEqual(success('Created 4 queues; changed 0; left 0 unchanged.'));
    expect(await squabEnds(importing)).toEqual(success('Created 0 queues; changed 0; left 4 unchanged.'));
    const [one, other] = await Promise.all([first, second].map(({ url }) => squabEnds(['export', '--url', url])));
    expect(other).toEqual(one);
    expect(one!.stdout).toMatch(/^# Queues for Squab: squab --config FILE\nqueues:\n {2}- name: audit\n/);
  });

  it.each([
    ['9x', 'SQUAB_PORT must be a number from 0 to 65535, not "9x".'],
    ['99999', 'SQUAB_PORT must be a number from 0 to 65535, not "99999".'],
    ['0', 'SQUAB_PORT is 0, so Squab listens on a free port that it chose: give its URL with --url.'],
  ])('exit with 2 for SQUAB_PORT=%s, and name the variable', async (SQUAB_PORT, message) => {
    const file = join(scratch(), 'queues.yaml');
    writeFileSync(file, 'queues: []');
    for (const args of [['export'], ['import', file], ['wait', '--timeout=1ms']]) {
      const expected = failure(2, `${message} See squab ${args[0]} --help.`);
      expect(await squabEnds(args, { env: { SQUAB_PORT } })).toEqual(expected);
    }
    // The variable does not matter if the URL is given.
    const refused = { stderr: expect.not.stringContaining('SQUAB_PORT') };
    for (const args of [['export'], ['import', file], ['wait', '--timeout=1ms']]) {
      const given = [...args, '--url', 'http://127.0.0.1:1'];
      expect(await squabEnds(given, { env: { SQUAB_PORT } })).toMatchObject(refused);
    }
  });

  it('find Squab by SQUAB_PORT, and use its queues in another account and region', async () => {
    const { url } = await squabServes(['--account', '999999999999', '--region', 'eu-north-1']);
    const env = { SQUAB_PORT: new URL(url).port };
    const file = written('squab.yaml', 'queues: [q, { name: p, account: "111111111111" }]');
    expect((await squabEnds(['import', file], { env })).stdout).toContain('Created 2 queues');
    const exported = async (...args: string[]) =>
      (await squabEnds(['export', ...args], { env })).stdout.replace(/^.*\n/, '');
    expect(await exported()).toBe('queues:\n  - name: q\n    account: "999999999999"\n    region: eu-north-1\n');
    expect(await exported('--account', '111111111111')).toBe(
      'queues:\n  - name: p\n    account: "111111111111"\n    region: eu-north-1\n',
    );
    expect(await exported('--region', 'us-east-1')).toBe('queues: []\n');
    env.SQUAB_PORT += ', 4566';
    expect(await exported()).toMatch(/name: q/);
  });

  it('sign their requests if Squab checks credentials', async () => {
    const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret' };
    const env = { SQUAB_ACCESS_KEY_ID: keys.accessKeyId, SQUAB_SECRET_ACCESS_KEY: keys.secretAccessKey };
    const { url } = await squabServes(['--auth', 'sigv4'], { env });
    const file = written('squab.yaml', 'queues: [q]\ntopics: [{ name: t, subscriptions: [q] }]');
    const signed = { env: { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey } };
    const unsigned = { env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } };
    expect(await squabEnds(['import', file, '--url', url], signed)).toMatchObject({ code: 0, stderr: '' });
    expect((await squabEnds(['export', '--url', url], signed)).stdout).toMatch(
      /- name: q\n[\s\S]*subscriptions:\n +- q\n/,
    );
    expect((await squabEnds(['export', '--url', url], unsigned)).code).toBe(1);
  });

  it('read a data folder with its messages, for another Squab to start with', async () => {
    const data = scratch();
    const first = await squabServes(['--data', data, '--config', written('squab.yaml', example)]);
    const inUse = await squabEnds(['export', '--data', data]);
    expect(inUse).toEqual(
      failure(2, `The data folder ${data} is in use by a running Squab. Stop it first. See squab export --help.`),
    );
    first.child.kill('SIGKILL');
    await first.ended;
    const file = join(scratch(), 'all.yaml');
    const { stdout, code } = await squabEnds(['export', '--data', data, '--messages', '--output', file]);
    expect({ stdout, code }).toEqual({ code: 0, stdout: `Wrote 5 queues and 5 messages to ${file}.\n` });
    const copy = await squabServes(['--config', file]);
    await copy.output(/"created":5,"changed":0,"unchanged":0,"messages":5/);
  });

  it('read the messages of a running Squab without receiving them, page by page', async () => {
    const { url } = await squabServes(['--config', written('squab.yaml', example)]);
    const { call } = client('JSON', url);
    const QueueUrl = `${url}/000000000000/audit`;
    for (let sent = 0; sent < 1005; sent++) await call('SendMessage', { QueueUrl, MessageBody: `message ${sent}` });
    await call('ReceiveMessage', { QueueUrl });
    const { stdout } = await squabEnds(['export', '--url', url, '--messages']);
    const messages = parse(stdout).queues.find(({ name }: { name: string }) => name === 'audit').messages;
    expect(messages.slice(-1005)).toEqual(Array.from({ length: 1005 }, (_, sent) => ({ body: `message ${sent}` })));
    expect(parse(stdout).queues.find(({ name }: { name: string }) => name === 'payments.fifo').messages).toHaveLength(
      2,
    );
    const secret = await squabServes(['--no-control', '--auto-create']);
    await client('JSON', secret.url).call('CreateQueue', { QueueName: 'q' });
    const { stderr, code } = await squabEnds(['export', '--url', secret.url, '--messages']);
    expect({ stderr, code }).toEqual({ code: 1, stderr: expect.stringContaining('does not list the messages of q') });
  });

  it('import an ElasticMQ configuration, and print what is ignored', async () => {
    const { url } = await squabServes();
    const { code, stdout, stderr } = await squabEnds(['import', join(fixtures, 'elasticmq.conf'), '--url', url]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'elasticmq.conf is an ElasticMQ configuration. Created 6 queues; changed 0; left 0 unchanged.\n',
    });
    expect(stderr).toContain('elasticmq.conf:32:5: copyTo of the queue queue1 is ignored: SQS has no equivalent.\n');
    expect(await namesAt(url, 'us-west-2')).toHaveLength(6);
  });

  it.each([
    ['an import without a file', ['import'], 2, 'import needs a file: squab import FILE. See squab import --help.'],
    [
      'a parameter without a value',
      ['import', 'a', '--parameter', 'Stage'],
      2,
      '--parameter must be NAME=VALUE, such as Stage=dev, not "Stage". See squab import --help.',
    ],
    [
      'a stack name with blanks',
      ['import', 'a', '--stack-name', 'my stack'],
      2,
      '--stack-name must be a name such as my-stack, not "my stack". See squab import --help.',
    ],
    ['a missing file', ['import', 'no.yaml'], 1, 'Cannot read no.yaml: there is no such file.'],
    ['an unknown option', ['import', 'a', '--data', 'b'], 2, 'Unknown option --data. See squab import --help.'],
    ['a flag without its value', ['export', '--url', '--data'], 2, '--url needs a value. See squab export --help.'],
    [
      'an invalid URL',
      ['export', '--url', 'here'],
      2,
      '--url must be a URL such as http://127.0.0.1:9324, not "here". See squab export --help.',
    ],
    [
      'an invalid account',
      ['export', '--account', '7'],
      2,
      '--account must be a 12-digit account ID, not "7". See squab export --help.',
    ],
    [
      'a folder and a server',
      ['export', '--data', '.', '--url', 'http://a'],
      2,
      '--data and --url cannot be used together: --data reads a whole folder, without a server. See squab export --help.',
    ],
    [
      'a folder without data',
      ['export', '--data', '/nowhere'],
      2,
      'There is no database /nowhere/squab.db. See squab export --help.',
    ],
  ])('refuse %s', async (_what, args, code, message) => {
    expect(await squabEnds(args)).toEqual(failure(code, message));
  });

  it('report that the folder of the output does not exist', async () => {
    const { url } = await squabServes();
    expect(await squabEnds(['export', '--url', url, '--output', '/nowhere/squab.yaml'])).toEqual(
      failure(1, 'Cannot write /nowhere/squab.yaml: there is no folder /nowhere.'),
    );
  });

  it.skipIf(process.platform === 'win32')('report that standard output does not take the whole file', async () => {
    const file = written('squab.yaml', `queues: [{ name: q, messages: ["${'x'.repeat(200_000)}"] }]`);
    const { url } = await squabServes(['--config', file]);
    // The system takes a part of the file, as on a disk that is nearly full. A reader goes away after ten bytes.
    for (const ending of [`> ${join(scratch(), 'cut-off.yaml')}`, '| head -c 10']) {
      const command = `ulimit -f 64; ${process.execPath} dist/cli.cjs export --url ${url} --messages`;
      const { stderr } = await run('bash', ['-c', `(${command}; echo "code $?" >&2) ${ending}`]).ended;
      expect(stderr).toMatch(/^squab: Cannot write to standard output: .*\.\ncode 1\n$/);
    }
  });

  it('report a server that does not respond, or that is not SQS', async () => {
    const unreachable = await squabEnds(['export', '--url', 'http://127.0.0.1:9']);
    expect(unreachable).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^squab: Nothing responds at http:\/\/127\.0\.0\.1:9: .*\.\n$/),
    });
    const { url } = await squabServes();
    const file = written('squab.yaml', 'queues: [q]');
    expect(await squabEnds(['import', file, '--url', `${url}/_squab/nothing`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not SQS: it responded with 404'),
    });
  });

  it('show an error text of the server as one line', async () => {
    const answer = JSON.stringify({ Error: { Code: 'Bad', Message: 'no\nsquab: yes' } });
    const server = createServer((_request, response) => response.writeHead(400).end(answer)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await squabEnds(['export', '--url', url])).toEqual(failure(1, 'no\\nsquab: yes'));
    server.close();
  });

  it('have help texts', async () => {
    for (const name of ['export', 'import']) {
      const { code, stdout } = await squabEnds([name, '--help']);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringMatching(new RegExp(`^squab ${name}: .*\n\nUsage: squab ${name} `)),
      });
      expect((await squabEnds(['--help'])).stdout).toMatch(new RegExp(`\n {2}squab ${name} `));
    }
  });

  // `script` runs a program on a terminal. Not every machine has it.
  it.skipIf(spawnSync('script', ['--version']).status !== 0)('show their progress on a terminal', async () => {
    const data = scratch();
    const { child, ended } = await squabServes(['--data', data, '--config', written('squab.yaml', 'queues: [a, b]')]);
    child.kill('SIGTERM');
    await ended;
    const command = `${process.execPath} dist/cli.cjs export --data ${data}`;
    const output = execFileSync('script', ['-qec', command, '/dev/null'], { cwd: root, encoding: 'utf8' });
    expect(output).toContain('Reading queues [============            ] 1 of 2');
    expect(output).toContain('- name: b');
  });
});
