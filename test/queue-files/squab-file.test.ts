/** Squab's own format of queue files, and the errors for mistakes in it. */

import { describe, expect, it } from 'vitest';
import { readDefinitions, readQueueText } from '../../src/queue-files/read.ts';

const deployment = { account: '000000000000', region: 'us-east-1' };
const read = (text: string, name = 'squab.yaml') => readQueueText(text, name, deployment);
const values = (located: ReadonlyMap<string, { value: string }>) =>
  Object.fromEntries([...located].map(([key, { value }]) => [key, value]));

/** Returns the lines of the error for an invalid text. */
function problems(text: string, name?: string): string[] {
  try {
    read(text, name);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  throw new Error('The text was accepted.');
}

describe('a queue file', () => {
  it('is read with the place of each value', () => {
    const [queue] = read('queues:\n  - name: orders\n    attributes:\n      DelaySeconds: 5\n').queues;
    expect(queue).toMatchObject({
      name: { value: 'orders', at: 'squab.yaml:2:11' },
      attributes: new Map([['DelaySeconds', { value: '5', at: 'squab.yaml:4:21' }]]),
    });
  });

  it('is YAML or JSON, with a list of queues or a map of queues by name', () => {
    const list = 'queues:\n  - name: a\n    tags: { team: shop }\n  - b\n';
    const map = 'queues:\n  a:\n    tags: { team: shop }\n  b:\n';
    const json = '{ "queues": [{ "name": "a", "tags": { "team": "shop" } }, { "name": "b" }] }';
    const contents = (text: string) => read(text).queues.map(({ name, tags }) => [name.value, values(tags)]);
    expect(contents(list)).toEqual([
      ['a', { team: 'shop' }],
      ['b', {}],
    ]);
    expect(contents(map)).toEqual(contents(list));
    expect(contents(json)).toEqual(contents(list));
  });

  it('keeps numbers as they are written, because account IDs may start with zeros', () => {
    const [queue] = read('account: 000000000042\nregion: eu-west-1\nqueues: [{ name: q, tags: { cost: 007 } }]').queues;
    expect(queue).toMatchObject({ account: '000000000042', region: 'eu-west-1' });
    expect(values(queue!.tags)).toEqual({ cost: '007' });
  });

  it('may have policies as maps, and shared values under keys that start with x-', () => {
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

  it('may have messages with JSON bodies and all other members of a message', () => {
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
          kind: { dataType: 'String', stringValue: 'express' },
          weight: { dataType: 'Number', stringValue: '1.50' },
          raw: { dataType: 'Binary', binaryValue: 'AAEC' },
        }),
      ),
      systemAttributes: new Map([
        ['AWSTraceHeader', { dataType: 'String', stringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793' }],
      ]),
      groupId: 'customer-7',
      deduplicationId: 'order-1',
    });
  });

  it('has JSON with the keys and numbers that it is written with, as far as JSON has such numbers', () => {
    const { queues, topics } = read(`
queues:
  - name: q
    messages: [{ body: { b: [12345678901234567890, 1.50, -0, 1e400], 1: { "1": 0x10 }, c: +1, d: .5, e: null } }]
    functions: [{ name: f, filters: [{ body: { id: [12345678901234567890] } }] }]
topics: [{ name: t, subscriptions: [{ queue: q, filter: { price: [{ numeric: [">=", 1.50] }] } }] }]`);
    expect(queues[0]!.messages[0]!.input.body).toBe(
      '{"b":[12345678901234567890,1.50,-0,1e400],"1":{"1":16},"c":1,"d":0.5,"e":null}',
    );
    expect(queues[0]!.functions![0]!.settings).toMatchObject({
      FilterCriteria: { Filters: [{ Pattern: '{"body":{"id":[12345678901234567890]}}' }] },
    });
    expect(values(topics[0]!.subscriptions[0]!.attributes)).toEqual({
      FilterPolicy: '{"price":[{"numeric":[">=",1.50]}]}',
    });
  });
});

describe('a mistake is reported with its line and column, and what is expected:', () => {
  it.each([
    ['queues:\n  - name: q\n    atributes: {}', '3:5: A queue has no key "atributes". Did you mean "attributes"?'],
    [
      'queues:\n  - name: q\n    VisibilityTimeout: 5',
      '3:5: A queue has no key "VisibilityTimeout". SQS attributes belong under "attributes".',
    ],
    [
      'queues:\n  - { name: q, colour: red }',
      '2:16: A queue has no key "colour". The keys are: name, account, region, attributes, tags, redrive, functions, messages.',
    ],
    [
      'queues:\n  - { name: q, attributes: { VisibilityTimeoot: 5 } }',
      '2:49: Unknown Attribute VisibilityTimeoot. Did you mean "VisibilityTimeout"?',
    ],
    [
      'queues:\n  - name: q\n    attributes:\n      VisibilityTimeout: 90000',
      '4:26: VisibilityTimeout must be a whole number from 0 to 43200, not "90000".',
    ],
    [
      'queues:\n  - { name: q.fifo, attributes: { DeduplicationScope: group } }',
      '2:55: DeduplicationScope must be queue or messageGroup, not "group".',
    ],
    [
      'queues:\n  - name: q.fifo\n    attributes: { FifoThroughputLimit: perMessageGroupId }',
      '3:40: FifoThroughputLimit cannot be "perMessageGroupId": The perMessageGroupId value is allowed only when the ' +
        'value for DeduplicationScope is messageGroup',
    ],
    ['queues:\n  - { name: q, attributes: { Policy: } }', '2:30: Policy has no value.'],
    [
      'queues:\n  - name: two words',
      '2:11: Invalid queue name "two words": Can only include alphanumeric characters, hyphens, or underscores. ' +
        '1 to 80 in length',
    ],
    [
      'queues:\n  - { name: q, attributes: { FifoQueue: true } }',
      '2:13: Invalid queue name "q": The name of a FIFO queue can only include alphanumeric characters, hyphens, or ' +
        'underscores, must end with .fifo suffix and be 1 to 80 in length',
    ],
    ['queues:\n  - { tags: {} }', '2:5: A queue needs a name.'],
    ['queues:\n  - q\n  - q: {}', '3:5: A queue has no key "q". The keys are: name, account, '],
    ['queues:\n  q: { name: p }', '2:14: The queue is named "q" by its key, so its name cannot be "p".'],
    ['queues: 7', '1:9: queues must be a list of queues, not "7".'],
    ['queues:\n  - [q]', '2:5: A queue must be a map (keys: name, account, '],
    ['queue: []', '1:1: A queue file has no key "queue". Did you mean "queues"?'],
    ['account: 42\nqueues: []', '1:10: account must be a 12-digit account ID, not "42".'],
    ['region: EU 1\nqueues: []', '1:9: region must be a region such as us-east-1, not "EU 1".'],
    [
      'queues:\n  - { name: q, redrive: { deadLetterQueue: dlq } }',
      '2:16: redrive needs both deadLetterQueue (the name of a queue) and maxReceiveCount.',
    ],
    [
      'queues:\n  - { name: q, redrive: { deadLetterQueue: dlq, maxReceiveCount: 0 } }',
      '2:66: Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.',
    ],
    [
      'queues:\n  - { name: q, tags: { "aws:x": y } }',
      '2:33: Invalid tag "aws:x" with the value "y": Tag keys must not begin with aws:, which is reserved for AWS use.',
    ],
    [
      `queues:\n  - { name: q, tags: { ${Array.from({ length: 51 }, (_, n) => `k${n}: v`).join(', ')} } }`,
      '2:13: Invalid tags: Too many tags added for queue q.',
    ],
    [
      'queues:\n  - name: q.fifo\n    messages:\n      - hello',
      '4:9: The message cannot be sent: The request must contain the parameter MessageGroupId.',
    ],
    [
      'queues:\n  - name: q\n    messages:\n      - { body: x, delaySeconds: soon }',
      '4:34: delaySeconds must be a number of seconds, not "soon".',
    ],
    [
      'queues:\n  - { name: q, messages: [{ body: x, attributes: { n: { DataType: Number, StringValue: x } } }] }',
      "2:27: The message cannot be sent: Can't cast the value of message (user) attribute 'n' to a number.",
    ],
    [
      'queues:\n  - { name: q, messages: [{ body: x, attributes: { n: { DataType: Binary, BinaryValue: "?" } } }] }',
      '2:88: BinaryValue must be base64, not "?".',
    ],
    [
      'queues:\n  - { name: q, messages: [{ body: x, deadLetterSource: q.fifo }] }',
      '2:27: deadLetterSource must be the name of a standard queue, as this queue is, not "q.fifo": Can only include',
    ],
    [
      'queues:\n  - { name: q, messages: [{ body: x, deadLetterSource: two words }] }',
      '2:27: deadLetterSource must be the name of a standard queue, as this queue is, not "two words": Can only include',
    ],
    ['queues:\n  - name: [q\n', 'Invalid YAML: Flow sequence'],
    ['queues: []\nqueues: []', '2:1: Invalid YAML: Map keys must be unique.'],
    ['queues: [*nobody]', 'nobody'],
  ])('%j', (text, problem) => {
    const [first] = problems(text);
    expect(first).toMatch(/^squab\.yaml:\d+:\d+: /);
    expect(first).toContain(problem);
  });

  it('all mistakes in a file at once, up to a limit', () => {
    const bad = (count: number) => `queues:\n${Array.from({ length: count }, () => '  - { nam: q }\n').join('')}`;
    expect(problems(bad(2))).toHaveLength(4);
    const many = problems(bad(30));
    expect(many).toHaveLength(21);
    expect(many.at(-1)).toBe('… and 40 more.');
  });

  it('an empty file, and one without queues', () => {
    expect(problems('')).toEqual(['squab.yaml is empty. It should list queues.']);
    expect(problems('{}')).toEqual(['squab.yaml:1:1: queues is missing: it should list the queues.']);
    expect(problems('just words')).toEqual([
      'squab.yaml:1:1: A queue file must be a map (keys: account, region, functions, queues, topics), not "just words".',
    ]);
  });

  it.each([
    ['{ "queues": ["a",] }', '1:18: Invalid JSON: expected a value, but found "]".'],
    ['{\n  "queues": [\n    a\n  ] }', '3:5: Invalid JSON: expected a value, but found "a".'],
    ['{ "queues": [] "x": 1 }', '1:16: Invalid JSON: expected a comma or }, but found "\\"".'],
    ['{ queues: [] }', '1:3: Invalid JSON: expected a key in double quotes, but found "queues".'],
    ['{ "queues" [] }', '1:12: Invalid JSON: expected a colon after the key, but found "[".'],
    ['{ "queues": ["a\nb"] }', '1:14: Invalid JSON: the string is never closed, or has a line break'],
    ['{ "queues": [007] }', '1:14: Invalid JSON: expected a value, but found "007".'],
    ['{ "queues": [] } x', '1:18: Invalid JSON: expected nothing after the value, but found "x".'],
    ['{ "queues": [], "queues": [] }', '1:17: Invalid JSON: the key "queues" is already in this object.'],
    ['{ "queues": [', '1:14: Invalid JSON: expected a value, but found the end of the file.'],
    ['', '1:1: Invalid JSON: expected a value, but found the end of the file.'],
    ['{ "queues": [{ "nam": "q" }] }', '1:16: A queue has no key "nam". Did you mean "name"?'],
  ])('in a JSON file: %s', (text, problem) => {
    expect(problems(text, 'squab.json')[0]).toContain(`squab.json:${problem}`);
  });

  it('an alias that contains itself, and a repeated key in a merged map', () => {
    expect(problems('queues: &a [*a]')[0]).toBe('squab.yaml:1:13: the alias *a contains itself.');
    expect(problems('queues: [{ name: a, name: b }]')[0]).toBe(
      'squab.yaml:1:21: Invalid YAML: Map keys must be unique.',
    );
  });

  it('files that are deeply nested or expand excessively', () => {
    for (const name of ['squab.yaml', 'squab.json']) {
      const nested = `{"queues": ${'['.repeat(5000)}${']'.repeat(5000)}}`;
      expect(problems(nested, name)[0]).toContain('more than 100 levels of nesting');
    }
    const rising = Array.from({ length: 200 }, (_, index) => `x-${index + 1}: &v${index + 1} [*v${index}]`);
    expect(problems(['x-0: &v0 x', ...rising].join('\n'))[0]).toContain('more than 100 levels of nesting');
    const laughs = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const name of 'bcdefgh') {
      const before = String.fromCharCode(name.charCodeAt(0) - 1);
      laughs.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join()}]`);
    }
    expect(problems(laughs.join('\n'))[0]).toContain('the aliases up to here stand for more than 1000000 values.');
  });
});

describe('an invalid queue of a program', () => {
  it('is reported with its path in the object', () => {
    const wrong = [{ name: 'a' }, { name: 'q', attributes: { DelaySeconds: 901 } }];
    expect(() => readDefinitions({ queues: wrong })).toThrow(
      'queues[1].attributes.DelaySeconds: DelaySeconds must be a whole number from 0 to 900, not "901".',
    );
    expect(() => readDefinitions({ queues: [{ name: 'q', tag: {} }] } as never)).toThrow(
      'queues[0].tag: A queue has no key "tag". Did you mean',
    );
    expect(() => readDefinitions({ queues: [{ name: 'q', tags: { a: Symbol('x') } }] } as never)).toThrow(
      'queues[0].tags.a: must be a string, a number, a boolean, a list or an object, not Symbol(x).',
    );
  });
});
