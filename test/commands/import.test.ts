/** `squab import`: several files, and values for templates. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { client } from '../helpers.ts';
import { namesAt, root, scratch, squab, squabEnds, squabServes, written } from './command.ts';

const fixtures = join(root, 'test/data/queue-files');

describe('squab import', () => {
  it('imports several files together, whose queues may refer to each other', async () => {
    const { url } = await squabServes();
    const files = [
      written('a.yaml', 'queues: [{ name: a, redrive: { deadLetterQueue: b, maxReceiveCount: 3 } }]'),
      written('b.json', '{ "queues": ["b"] }'),
      join(fixtures, 'elasticmq.conf'),
    ];
    expect(await squabEnds(['import', ...files, '--url', url])).toMatchObject({
      code: 0,
      stdout:
        'a.yaml is a queue file.\nb.json is a queue file.\nelasticmq.conf is an ElasticMQ configuration.\n' +
        'Created 8 queues; changed 0; left 0 unchanged.\n',
    });
    const twice = await squabEnds(['import', files[0]!, written('c.yaml', 'queues: [c, a]'), '--url', url]);
    expect(twice).toMatchObject({
      code: 1,
      stderr: 'squab: c.yaml:1:13: The queue "a" is already declared at a.yaml:1:18.\n',
    });
    expect(await namesAt(url)).toEqual(['a', 'b']);
  });

  it('takes parameters and a stack name for templates, and so does squab serve', async () => {
    const text = [
      'Parameters: { Stage: { Type: String }, Names: { Type: CommaDelimitedList } }',
      'Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Join ["-", [!Ref AWS::StackName, !Ref Stage, !Select [1, !Ref Names]]] } } }',
    ];
    const file = written('template.yaml', text.join('\n'));
    const given = ['--parameter', 'Stage=dev', '--parameter=Names=a,b', '--stack-name', 'shop'];
    const { url } = await squabServes(['--config', file, ...given]);
    expect(await namesAt(url)).toEqual(['shop-dev-b']);
    expect((await squabEnds(['import', file, ...given, '--url', url])).stdout).toContain('left 1 unchanged');
    const env = { SQUAB_CONFIG: file, SQUAB_PARAMETERS: 'Stage=qa\nNames=c,d', SQUAB_STACK_NAME: 'mail' };
    expect(await namesAt((await squabServes([], { env })).url)).toEqual(['mail-qa-d']);
    const missing = await squabEnds(['--port', '0', '--config', file, '--parameter', 'Names=a,b']);
    expect(missing.stderr).toMatch(
      /^squab: template\.yaml:2:\d+: QueueName of Q .* give it with --parameter Stage=VALUE\.\n$/,
    );
    const misspelt = await squabEnds(['import', file, ...given, '--parameter', 'Stge=x', '--url', url]);
    expect(misspelt).toMatchObject({ code: 1, stderr: 'squab: There is no parameter "Stge". Did you mean "Stage"?\n' });
  });

  describe('with a file of many messages', () => {
    const messages = Array.from({ length: 30_000 }, (_, index) => String(index));
    // As many as a queue can have.
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`tag-${index}`, '']));
    const many = () => written('many.json', JSON.stringify({ queues: ['few', { name: 'many', tags, messages }] }));

    /** Stops an import with a signal once it has sent messages, but not all. */
    async function stopped(file: string, url: string, signal: NodeJS.Signals) {
      const { child, ended } = squab(['import', file, '--url', url]);
      const input = { QueueUrl: 'many', AttributeNames: ['ApproximateNumberOfMessages'] };
      const sent = () => client('JSON', url).call('GetQueueAttributes', input);
      await eventually(async () =>
        expect(Number((await sent()).Attributes?.ApproximateNumberOfMessages)).toBeGreaterThan(0),
      );
      child.kill(signal);
      // As npm does.
      if (signal !== 'SIGKILL') child.kill(signal);
      return ended;
    }

    it('deletes what it has created when it is stopped', async () => {
      const { url } = await squabServes();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        expect(await stopped(many(), url, signal)).toMatchObject({
          code: 1,
          stderr:
            'Stopping, and deleting what was created. Press Ctrl+C again to end at once.\n' +
            `squab: The import was stopped (${signal}). The queues and topics that it had created are deleted.\n`,
        });
        expect(await namesAt(url)).toEqual([]);
      }
    });

    it('if it was killed, does not take the queue for a complete one, and neither does a start', async () => {
      const [file, data] = [many(), scratch()];
      const { url, child, ended } = await squabServes(['--data', data]);
      expect(await stopped(file, url, 'SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
      const warning = 'The queue .{1,2}many.{1,2} may have only a part of its messages, .* delete it.';
      expect(await squabEnds(['import', file, '--url', url])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('Created 0 queues; changed 0; left 2 unchanged.'),
        stderr: expect.stringMatching(new RegExp(`many.json:1:\\d+: ${warning}`)),
      });
      child.kill('SIGTERM');
      await ended;
      const again = await squabServes(['--data', data, '--config', file]);
      await again.output(new RegExp(warning));
      await client('JSON', again.url).call('DeleteQueue', { QueueUrl: 'many' });
      const small = written('many.json', JSON.stringify({ queues: [{ name: 'many', messages: ['one'] }] }));
      for (const stdout of ['Created 1 queue with 1 message', 'left 1 unchanged']) {
        const imported = await squabEnds(['import', small, '--url', again.url]);
        expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining(stdout), stderr: '' });
      }
    });
  });
});
