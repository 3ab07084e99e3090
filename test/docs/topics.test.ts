/** The examples of docs/topics.md, run as a reader would run them. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort, root } from '../commands/command.ts';
import { setup } from '../helpers.ts';
import { makeVenv } from '../python/venv.ts';
import { environment, KEY, lack } from '../sdk/programs.ts';
import { environmentOf, project, runIn, scratchFolder, snippetsOf } from './snippets.ts';

const snippets = snippetsOf('docs/topics.md');
const noBoto = lack('boto3', 'python3', ['-c', 'import boto3']);
const noCli = lack('AWS CLI', 'aws', ['--version']);

const venv = join(scratchFolder(), 'venv');
const pip = environmentOf({ PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_QUIET: '1' });
const noValidator = await makeVenv(venv, ['aws-sns-message-validator==0.0.5'], pip);

describe('docs/topics.md', () => {
  it('has these examples, each of which is run here', () => {
    expect([...snippets.keys()]).toEqual(['fanout.py', 'fanout.mjs', 'filtered.py', 'endpoint.py']);
  });

  it.skipIf(noBoto)(`has a program in Python that publishes to a queue${noBoto}`, async () => {
    const { squab } = await setup();
    const folder = project({ 'fanout.py': snippets.get('fanout.py')! });
    const ended = await runIn(folder, 'python3', ['fanout.py'], environment(squab.url));
    expect(ended).toMatchObject({ code: 0, stdout: 'order 7\n' });
  });

  it('has one in JavaScript', async () => {
    const { squab } = await setup();
    const packages = ['@aws-sdk/client-sns', '@aws-sdk/client-sqs'];
    const folder = project({ 'fanout.mjs': snippets.get('fanout.mjs')! }, packages);
    const ended = await runIn(folder, process.execPath, ['fanout.mjs'], environment(squab.url));
    expect(ended).toMatchObject({ code: 0, stdout: 'order 7\n' });
  });

  it.skipIf(noCli)(
    `has commands of the AWS CLI${noCli}`,
    async () => {
      const { squab } = await setup();
      const [, commands] = /```sh\n(squab=[\s\S]*?)```/.exec(readFileSync(join(root, 'docs/topics.md'), 'utf8'))!;
      const script = commands!.replace('http://127.0.0.1:9324', squab.url);
      const { code, stdout } = await runIn(root, 'sh', ['-e', '-c', script], environment(squab.url));
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('\\"Message\\" : \\"order 7\\"') });
    },
    120_000,
  );

  it.skipIf(noBoto)(`has a filter policy that one message matches${noBoto}`, async () => {
    const { squab } = await setup();
    const folder = project({ 'filtered.py': snippets.get('filtered.py')! });
    const ended = await runIn(folder, 'python3', ['filtered.py'], environment(squab.url));
    expect(ended).toMatchObject({ code: 0, stdout: `['{"kind": "refund", "total": 250}']\n` });
  });

  it.skipIf(noValidator)(`has an HTTP endpoint that confirms and verifies signatures${noValidator}`, async () => {
    const { squab } = await setup();
    const port = await freePort();
    const program = join(scratchFolder(), 'endpoint.py');
    const text = snippets.get('endpoint.py')!.replace('9324', String(squab.port)).replace('8080', String(port));
    writeFileSync(program, text.replace('server.serve_forever()', 'print("Ready", flush=True)\n$&'));
    const child = spawn(join(venv, 'bin/python3'), [program], { env: { ...process.env, ...pip } });
    let complaints = '';
    child.stderr.on('data', (data) => {
      complaints += data;
    });
    onTestFinished(async () => {
      child.kill();
      await once(child, 'close');
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async () => (await lines.next()).value ?? complaints;
    expect(await next()).toBe('Ready');
    const sns = new SNSClient({ endpoint: squab.url, region: 'us-east-1', credentials: KEY });
    onTestFinished(() => sns.destroy());
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'orders' }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: `http://127.0.0.1:${port}/` }));
    expect(await next()).toBe(`SubscriptionConfirmation You have chosen to subscribe to the topic ${TopicArn}.`);
    await sns.send(new PublishCommand({ TopicArn, Message: 'order 7 🐟', Subject: 'Größe' }));
    expect(await next()).toBe('Notification order 7 🐟');
    expect(complaints).toBe('');
  });
});
