/** ElasticMQ configurations. */

import { describe, expect, it } from 'vitest';
import { contentsOf, fixture, read } from './contents.ts';

describe('an ElasticMQ configuration', () => {
  it('declares queues, with warnings for ignored settings', async () => {
    const { kind, queues, warnings } = await fixture('elasticmq.conf');
    expect(kind).toBe('an ElasticMQ configuration');
    const region = 'us-west-2';
    expect(queues.map(contentsOf)).toEqual([
      {
        ...{ name: 'queue1', region, VisibilityTimeout: '10', DelaySeconds: '5', ReceiveMessageWaitTimeSeconds: '0' },
        ...{ tags: { tag1: 'tagged1', tag2: 'tagged2' }, redrive: 'queue1-dead-letters after 3' },
      },
      { name: 'queue1-dead-letters', region },
      { name: 'audit-queue-name', region, DelaySeconds: '2' },
      { name: 'redirect-queue-name', region, ReceiveMessageWaitTimeSeconds: '2' },
      { name: 'jobs.fifo', region, ContentBasedDeduplication: 'true', redrive: 'jobs-dlq.fifo after 5' },
      { name: 'jobs-dlq.fifo', region },
    ]);
    expect(warnings.map((warning) => warning.replace(/:\d+:\d+/, ''))).toEqual([
      'elasticmq.conf: The queues exist only in the region us-west-2; ElasticMQ shows its queues in every region.',
      expect.stringContaining('node-address is ignored'),
      'elasticmq.conf: rest-sqs is ignored: --host and --port set the address that Squab listens on.',
      expect.stringContaining('generate-node-address is ignored'),
      'elasticmq.conf: copyTo of the queue queue1 is ignored: SQS has no equivalent.',
      'elasticmq.conf: moveTo of the queue queue1 is ignored: SQS has no equivalent.',
      'elasticmq.conf: receiveMessageWait is rounded up to 2 seconds: SQS has whole seconds only.',
    ]);
    expect(warnings[4]).toMatch(/^elasticmq\.conf:32:5: copyTo/);
  });

  it.each([
    ['queues { q { delay = soon } }', '1:22: delay must be a duration such as 10 seconds, not "soon".'],
    ['queues { q { delay = 901s } }', '1:22: DelaySeconds must be a whole number from 0 to 900, not "901".'],
    ['queues { q { fifo = maybe } }', '1:21: fifo must be true or false, not "maybe".'],
    ['queues { q { deadLettersQueue { name = d } } }', '1:14: deadLettersQueue needs both name (of a queue) and'],
    ['queues { q = 3 }', '1:14: q must be an object: { … }.'],
    ['queues { q {', '1:13: the brace opened at q.conf:1:12 is never closed'],
    ['queues { q { delay 5 } }', '1:22: "delay 5" must be followed by =, :, += or {'],
    ['queues { q { tags += { a = 1 } } }', '1:14: tags must be an object: { … }.'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: HOCON's
    ['queues { q { delay = ${nothing.here} } }', '1:22: nothing.here is defined neither in this file nor in'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: HOCON's
    ['a = ${b}, b = ${a}\nqueues {}', 'refers to itself'],
    ['include url("http://a/b.conf")\nqueues {}', '1:1: include url("http://a/b.conf") is not supported: save it'],
    ['include required(file("b.conf"))\nqueues {}', '1:1: There is no file "b.conf".'],
    ['queues { q { delay = "5 } }', '1:22: the string is never closed'],
    ['queues {} }', '1:11: expected a key, but found "}"'],
    ['rest-sqs { bind-port = 9324 }', '1:1: queues is missing'],
  ])('%j is rejected with its place', (text, problem) => {
    expect(() => read(text, 'q.conf')).toThrow(problem);
  });

  it('may consist of several files, and share settings by substitutions', async () => {
    const { queues, warnings } = await fixture('elasticmq-includes/elasticmq.conf');
    const slow = { VisibilityTimeout: '300', DelaySeconds: '1' };
    expect(queues.map(contentsOf)).toEqual([
      { name: 'invoices', DelaySeconds: '3' },
      { name: 'reminders', DelaySeconds: '3', ReceiveMessageWaitTimeSeconds: '20' },
      { name: 'orders', ...slow, tags: { team: 'shop', purpose: 'orders' }, redrive: 'orders-dlq after 3' },
      { name: 'orders-dlq' },
      { name: 'jobs.fifo', ...slow, redrive: 'failed-jobs.fifo after 2' },
      { name: 'visits' },
      {
        name: 'archive',
        ...{ MessageRetentionPeriod: '1209600', MaximumMessageSize: '65536', ReceiveMessageWaitTimeSeconds: '1' },
      },
      { name: 'failed-jobs.fifo', tags: { team: 'shop' } },
    ]);
    expect(warnings).toEqual([
      'elasticmq.conf:4:1: The include is ignored: there is no file "missing.conf".',
      'elasticmq.conf:6:1: rest-stats is ignored: Squab serves /statistics/queues at its own --port, and metrics with --metrics.',
      'elasticmq.conf:7:1: auto-create-queues is ignored: --auto-create creates queues when they are first used.',
      'elasticmq.conf:23:12: visibilityTimeout of the queue visits is ignored: ElasticMQ has no such setting. Did you mean "defaultVisibilityTimeout"?',
      'elasticmq.conf:23:44: deadLetterQueue of the queue visits is ignored: ElasticMQ has no such setting. Did you mean "deadLettersQueue"?',
      'elasticmq.conf:24:97: receiveMessageWait is rounded up to 1 second: SQS has whole seconds only.',
      'elasticmq.conf:21:3: failed-jobs becomes the FIFO queue failed-jobs.fifo, because it is the dead-letter queue of the FIFO queue jobs.fifo.',
    ]);
  });

  it.each([
    ['VisibilityTimeout', 'defaultVisibilityTimeout'],
    ['DelaySeconds', 'delay'],
    ['RedrivePolicy', 'deadLettersQueue'],
    ['contentBasedDeduplicaton', 'contentBasedDeduplication'],
  ])('has a warning for the setting %s that names %s', (wrong, right) => {
    const { warnings } = read(`queues { q { ${wrong} = 1 } }`, 'q.conf');
    expect(warnings[0]).toContain(`ElasticMQ has no such setting. Did you mean "${right}"?`);
  });

  it.each([
    ['500 ns', '1'],
    ['2000000 micros', '2'],
    ['3000', '3'],
    ['4 s', '4'],
    ['1.5 minutes', '90'],
    ['0.1h', '360'],
    ['1d', '86400'],
    ['1 week', '604800'],
  ])('takes the duration %s', (duration, seconds) => {
    const [setting, attribute] =
      Number(seconds) > 900 ? ['messageRetentionPeriod', 'MessageRetentionPeriod'] : ['delay', 'DelaySeconds'];
    const { queues } = read(`queues { q { ${setting} = ${duration} } }`, 'q.conf');
    expect(contentsOf(queues[0]!)).toEqual({ name: 'q', [attribute!]: seconds });
  });

  it.each([
    ['2000', '2000'],
    ['2kB', '2000'],
    ['2 K', '2048'],
    ['64 KiB', '65536'],
    ['1 mebibyte', '1048576'],
    ['1 MB', '1000000'],
    ['2000 bytes', '2000'],
  ])('takes the size %s', (size, bytes) => {
    const { queues } = read(`queues { q { maximumMessageSize = ${size} } }`, 'q.conf');
    expect(contentsOf(queues[0]!)).toEqual({ name: 'q', MaximumMessageSize: bytes });
  });
});

describe('the dead-letter queue of an ElasticMQ configuration', () => {
  const declared = (text: string) => {
    const { queues, warnings } = read(`queues { ${text} }`, 'q.conf');
    return { queues: queues.map(contentsOf), warnings };
  };

  it('of a FIFO queue is a FIFO queue, even if it is declared without fifo', () => {
    const { queues, warnings } = declared(
      'jobs { fifo = true, deadLettersQueue { name = d, maxReceiveCount = 3 } }, d { delay = 1s }',
    );
    expect(queues).toEqual([
      { name: 'jobs.fifo', redrive: 'd.fifo after 3' },
      { name: 'd.fifo', DelaySeconds: '1' },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/^q\.conf:1:84: d becomes the FIFO queue d\.fifo/)]);
  });

  it('is made for both types if queues of both types share it', () => {
    const dlq = 'deadLettersQueue { name = d, maxReceiveCount = 3 }';
    const { queues, warnings } = declared(`jobs { fifo = true, ${dlq} }, plain { ${dlq} }, d { tags { a = b } }`);
    expect(queues).toEqual([
      { name: 'jobs.fifo', redrive: 'd.fifo after 3' },
      { name: 'plain', redrive: 'd after 3' },
      { name: 'd', tags: { a: 'b' } },
      { name: 'd.fifo', tags: { a: 'b' } },
    ]);
    expect(warnings).toEqual([expect.stringContaining('d is created twice, also as d.fifo: jobs.fifo uses it')]);
  });

  it('of a standard queue is a standard queue, even if it is declared with fifo', () => {
    const { queues } = declared(
      'plain { deadLettersQueue { name = d, maxReceiveCount = 3 } }, d { fifo = true, contentBasedDeduplication = true }',
    );
    expect(queues).toEqual([
      { name: 'plain', redrive: 'd after 3' },
      { name: 'd.fifo', ContentBasedDeduplication: 'true' },
      { name: 'd' },
    ]);
  });

  it('that becomes a FIFO queue has a FIFO queue as its own dead-letter queue', () => {
    const { queues } = declared(
      'a { fifo = true, deadLettersQueue { name = b, maxReceiveCount = 1 } }, ' +
        'b { deadLettersQueue { name = c, maxReceiveCount = 2 } }, c {}',
    );
    expect(queues).toEqual([
      { name: 'a.fifo', redrive: 'b.fifo after 1' },
      { name: 'b.fifo', redrive: 'c.fifo after 2' },
      { name: 'c.fifo' },
    ]);
  });

  it('may be the queue itself, and may be named with .fifo', () => {
    const { queues, warnings } = declared(
      'a { fifo = true, deadLettersQueue { name = a, maxReceiveCount = 1 } }, ' +
        'b { fifo = true, deadLettersQueue { name = "a.fifo", maxReceiveCount = 1 } }',
    );
    expect(queues).toEqual([
      { name: 'a.fifo', redrive: 'a.fifo after 1' },
      { name: 'b.fifo', redrive: 'a.fifo after 1' },
    ]);
    expect(warnings).toEqual([]);
  });
});
