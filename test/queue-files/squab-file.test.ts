/** Squab's own form of a file of queues: what it says, and what is said of its mistakes. */

import { describe, expect, it } from 'vitest';
import { readDefinitions, readQueueText } from '../../src/queue-files/read.ts';

const deployment = { account: '000000000000', region: 'us-east-1' };
const read = (text: string, name = 'squab.yaml') => readQueueText(text, name, deployment);
const values = (located: ReadonlyMap<string, { value: string }>) =>
  Object.fromEntries([...located].map(([key, { value }]) => [key, value]));

/** The lines that a text is refused with. */
function problems(text: string, name?: string): string[] {
  try {
    read(text, name);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  throw new Error('It was taken.');
}

describe('a file of queues', () => {
  it('names each value with its place', () => {
    const [queue] = read('queues:\n  - name: orders\n    attributes:\n      DelaySeconds: 5\n').queues;
    expect(queue).toMatchObject({
      name: { value: 'orders', at: 'squab.yaml:2:11' },
      attributes: new Map([['DelaySeconds', { value: '5', at: 'squab.yaml:4:21' }]]),
    });
  });

  it('is YAML or JSON, a list of queues or a map by their names', () => {
    const list = 'queues:\n  - name: a\n    tags: { team: shop }\n  - b\n';
    const map = 'queues:\n  a:\n    tags: { team: shop }\n  b:\n';
    const json = '{ "queues": [{ "name": "a", "tags": { "team": "shop" } }, { "name": "b" }] }';
    const said = (text: string) => read(text).queues.map(({ name, tags }) => [name.value, values(tags)]);
    expect(said(list)).toEqual([
      ['a', { team: 'shop' }],
      ['b', {}],
    ]);
    expect(said(map)).toEqual(said(list));
    expect(said(json)).toEqual(said(list));
  });

  it('keeps numbers as they are written: accounts begin with zeros', () => {
    const [queue] = read('account: 000000000042\nregion: eu-west-1\nqueues: [{ name: q, tags: { cost: 007 } }]').queues;
    expect(queue).toMatchObject({ account: '000000000042', region: 'eu-west-1' });
    expect(values(queue!.tags)).toEqual({ cost: '007' });
  });

  it('takes policies as maps, and what several queues share from a key that begins with x-', () => {
    const [queue] = read(`
x-usual: &usual { VisibilityTimeout: 60, DelaySeconds: 1 }
queues:
  - name: q
    attributes: { <<: *usual, DelaySeconds: 2, RedriveAllowPolicy: { redrivePermission: denyAll } }`).queues;
    expect(values(queue!.attributes)).toEqual({
      VisibilityTimeout: '60',
      DelaySeconds: '2',
      RedriveAllowPolicy: '{"redrivePermission":"denyAll"}',
    });
  });

  it('has messages as texts, as JSON, and with all that a message may have', () => {
    const [queue] = read(`
queues:
  - name: q.fifo
    messages:
      - body: { order: 1 }
        attributes: { kind: express, weight: 1.50, raw: { DataType: Binary, BinaryValue: AAEC } }
        groupId: customer-7
        deduplicationId: order-1
        traceHeader: Root=1-5759e988-bd862e3fe1be46a994272793`).queues;
    expect(queue!.messages[0]!.input).toEqual({
      body: '{"order":1}',
      delaySeconds: undefined,
      attributes: new Map(
        Object.entries({
          kind: { dataType: 'String', stringValue: 'express', hasListValue: false },
          weight: { dataType: 'Number', stringValue: '1.50', hasListValue: false },
          raw: { dataType: 'Binary', binaryValue: 'AAEC', hasListValue: false },
        }),
      ),
      systemAttributes: new Map([
        [
          'AWSTraceHeader',
          { dataType: 'String', stringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793', hasListValue: false },
        ],
      ]),
      groupId: 'customer-7',
      deduplicationId: 'order-1',
    });
  });
});

describe('a mistake is told with its line and column, and what should be there:', () => {
  it.each([
    ['queues:\n  - name: q\n    atributes: {}', '3:5: A queue has no "atributes". Did you mean "attributes"?'],
    [
      'queues:\n  - name: q\n    VisibilityTimeout: 5',
      '3:5: A queue has no "VisibilityTimeout". Attributes of SQS stand below attributes.',
    ],
    [
      'queues:\n  - { name: q, colour: red }',
      '2:16: A queue has no "colour". There are: name, account, region, attributes, tags, redrive, messages.',
    ],
    [
      'queues:\n  - { name: q, attributes: { VisibilityTimeoot: 5 } }',
      '2:49: Unknown Attribute VisibilityTimeoot. Did you mean "VisibilityTimeout"?',
    ],
    [
      'queues:\n  - name: q\n    attributes:\n      VisibilityTimeout: 90000',
      '4:26: VisibilityTimeout cannot be "90000": Invalid value for the parameter VisibilityTimeout. ' +
        'It must be a whole number from 0 to 43200.',
    ],
    [
      'queues:\n  - { name: q.fifo, attributes: { DeduplicationScope: group } }',
      '2:55: DeduplicationScope cannot be "group": Invalid value for the parameter DeduplicationScope. ' +
        'It must be queue or messageGroup.',
    ],
    [
      'queues:\n  - name: q.fifo\n    attributes: { FifoThroughputLimit: perMessageGroupId }',
      '3:40: FifoThroughputLimit cannot be "perMessageGroupId": The perMessageGroupId value is allowed only when the ' +
        'value for DeduplicationScope is messageGroup',
    ],
    ['queues:\n  - { name: q, attributes: { Policy: } }', '2:30: Policy has no value.'],
    [
      'queues:\n  - name: two words',
      '2:11: The name cannot be "two words": Can only include alphanumeric characters, hyphens, or underscores. ' +
        '1 to 80 in length',
    ],
    [
      'queues:\n  - { name: q, attributes: { FifoQueue: true } }',
      '2:13: The name cannot be "q": The name of a FIFO queue can only include alphanumeric characters, hyphens, or ' +
        'underscores, must end with .fifo suffix and be 1 to 80 in length',
    ],
    ['queues:\n  - { tags: {} }', '2:5: A queue needs a name.'],
    ['queues:\n  - q\n  - q: {}', '3:5: A queue has no "q". There are: name, account, '],
    ['queues:\n  q: { name: p }', '2:14: The name is "q" already, and cannot also be "p".'],
    ['queues: 7', '1:9: queues cannot be "7": must be a list of queues.'],
    ['queues:\n  - [q]', '2:5: A queue cannot be a list: must be a map with name, account, '],
    ['queue: []', '1:1: A file of queues has no "queue". Did you mean "queues"?'],
    ['account: 42\nqueues: []', '1:10: account cannot be "42": must have twelve digits.'],
    ['region: EU 1\nqueues: []', '1:9: region cannot be "EU 1": must be a region such as us-east-1.'],
    [
      'queues:\n  - { name: q, redrive: { deadLetterQueue: dlq } }',
      '2:16: redrive needs both: deadLetterQueue, the name of a queue, and maxReceiveCount.',
    ],
    [
      'queues:\n  - { name: q, redrive: { deadLetterQueue: dlq, maxReceiveCount: 0 } }',
      '2:66: Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.',
    ],
    [
      'queues:\n  - { name: q, tags: { "aws:x": y } }',
      '2:33: The tag "aws:x" cannot be "y": Tag keys must not begin with aws:, which is reserved for AWS use.',
    ],
    [
      `queues:\n  - { name: q, tags: { ${Array.from({ length: 51 }, (_, n) => `k${n}: v`).join(', ')} } }`,
      '2:13: The tags cannot be these: Too many tags added for queue q.',
    ],
    [
      'queues:\n  - name: q.fifo\n    messages:\n      - hello',
      '4:9: The message cannot be sent: The request must contain the parameter MessageGroupId.',
    ],
    [
      'queues:\n  - name: q\n    messages:\n      - { body: x, delaySeconds: soon }',
      '4:34: delaySeconds cannot be "soon": must be a number of seconds.',
    ],
    [
      'queues:\n  - { name: q, messages: [{ body: x, attributes: { n: { DataType: Number, StringValue: x } } }] }',
      "2:27: The message cannot be sent: Can't cast the value of message (user) attribute 'n' to a number.",
    ],
    ['queues:\n  - name: [q\n', 'is not valid YAML: Flow sequence'],
    ['queues: []\nqueues: []', '2:1: is not valid YAML: Map keys must be unique.'],
    ['queues: [*nobody]', 'nobody'],
  ])('%j', (text, problem) => {
    const [first] = problems(text);
    expect(first).toMatch(/^squab\.yaml:\d+:\d+: /);
    expect(first).toContain(problem);
  });

  it('all mistakes of a file at once, and of very many the first', () => {
    const bad = (count: number) => `queues:\n${Array.from({ length: count }, () => '  - { nam: q }\n').join('')}`;
    expect(problems(bad(2))).toHaveLength(4);
    const many = problems(bad(30));
    expect(many).toHaveLength(21);
    expect(many.at(-1)).toBe('… and 40 more.');
  });

  it('an empty file, and one that says nothing of queues', () => {
    expect(problems('')).toEqual(['squab.yaml: says nothing. It should have queues.']);
    expect(problems('{}')).toEqual(['squab.yaml:1:1: queues is missing: the list of queues.']);
    expect(problems('just words')).toEqual([
      'squab.yaml:1:1: A file of queues cannot be "just words": must be a map with account, region, queues.',
    ]);
  });

  it('files that would take for ever', () => {
    expect(problems(`queues: ${'['.repeat(5000)}${']'.repeat(5000)}`)[0]).toMatch(
      /nests deeper than 100 levels|valid YAML/,
    );
    const laughs = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const name of 'bcdefgh') {
      const before = String.fromCharCode(name.charCodeAt(0) - 1);
      laughs.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join()}]`);
    }
    expect(problems(laughs.join('\n'))[0]).toMatch(/has more than 1000000 parts|Excessive alias count/);
  });
});

describe('queues of a program', () => {
  it('are named by their place in the object', () => {
    const wrong = [{ name: 'a' }, { name: 'q', attributes: { DelaySeconds: 901 } }];
    expect(() => readDefinitions(wrong)).toThrow(
      'queues[1].attributes.DelaySeconds: DelaySeconds cannot be "901": Invalid value for the parameter DelaySeconds. ' +
        'It must be a whole number from 0 to 900.',
    );
    expect(() => readDefinitions([{ name: 'q', tag: {} }] as never)).toThrow(
      'queues[0].tag: A queue has no "tag". Did you mean',
    );
    expect(() => readDefinitions([{ name: 'q', tags: { a: Symbol('x') } }] as never)).toThrow(
      'queues[0].tags.a: cannot be',
    );
  });
});
