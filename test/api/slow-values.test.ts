/**
 * Values on which a careless search takes practically forever, such as a regular expression that looks for zeros at the
 * end of a text: none of them may hold up other requests, in any place of any operation's input.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueUrlParts } from '../../src/api/names.ts';
import { operations, sqs } from '../../src/api/sqs/index.ts';
import { attributeFilter } from '../../src/api/sqs/receive-message.ts';
import { QueryWire, readCall } from '../../src/api/wires/query.ts';
import { refusalOr } from '../../src/errors.ts';
import { functionNameOf } from '../../src/functions/function-names.ts';
import { parseArn } from '../../src/queues/arn.ts';
import { subscriptionIdIn, topicKeyIn } from '../../src/topics/topic-arn.ts';
import { cpuMs } from '../cpu-time.ts';
import { overBothWires } from '../helpers.ts';
import { contentOf, withQueues } from './ask.ts';
import { complete, jsonWith, placesIn } from './places.ts';

const LENGTH = 100_000;
/** In a time that is proportional to the square of the length, each of these takes several seconds. */
const SLOW_MS = 2000;

const repeated = (text: string) => text.repeat(LENGTH / text.length);
/** The last character keeps a search for the others from succeeding. */
const TEXTS = [
  ...['0', ' ', 'a', '/', ':', '.', '-', '%', '{', '"', '\\', '\n', '${', '1e', '[', '.*', 'a.', 'AQEB'].flatMap(
    (part) => [`1${repeated(part)}1`, `${repeated(part)}!`],
  ),
  ...[`http://${repeated('a.')}`, `http://aa${repeated('-a')}/q`, `arn:aws:sqs:${repeated(':')}`],
  ...[`{"a":"${repeated('\\n')}"}`, `{"redrivePermission":"byQueue","sourceQueueArns":["${repeated('a:')}"]}`],
];

const names = [...operations.keys()];

/** Returns how long the slowest of the texts takes in a place of the input, in milliseconds. */
async function slowest(ask: (json: string) => Promise<unknown>): Promise<number> {
  let most = 0;
  for (const text of TEXTS) {
    const start = cpuMs();
    await ask(JSON.stringify(text));
    most = Math.max(most, cpuMs() - start);
  }
  return most;
}

describe('a text that is slow to search', () => {
  it.each(names)('does not slow down %s in any place of its input', async (name) => {
    const made = await withQueues();
    const headers = { 'x-amz-target': `AmazonSQS.${name}` };
    const sample = complete(name);
    for (const place of placesIn(operations.get(name)!.input, sample)) {
      const time = await slowest((json) => contentOf(made, { headers, body: jsonWith(sample, place, json) }));
      expect(time, place.join('.')).toBeLessThan(SLOW_MS);
    }
  });

  it.each(['String', 'Number', 'Number.x', 'Binary'])(
    'does not slow down a message attribute of type %s',
    async (type) => {
      const made = await withQueues();
      const headers = { 'x-amz-target': 'AmazonSQS.SendMessage' };
      for (const value of ['StringValue', 'BinaryValue']) {
        const body = (json: string) =>
          `{"QueueUrl":"q","MessageBody":"m","MessageAttributes":{"a":{"DataType":"${type}","${value}":${json}}}}`;
        expect(await slowest((json) => contentOf(made, { headers, body: body(json) })), value).toBeLessThan(SLOW_MS);
      }
    },
  );

  it('does not slow down an attribute of a queue', async () => {
    const made = await withQueues();
    const headers = { 'x-amz-target': 'AmazonSQS.SetQueueAttributes' };
    const { Attributes } = await made
      .client('JSON')
      .call('GetQueueAttributes', { QueueUrl: 'q', AttributeNames: ['All'] });
    for (const name of [
      ...Object.keys(Attributes),
      'Policy',
      'RedrivePolicy',
      'RedriveAllowPolicy',
      'KmsMasterKeyId',
    ]) {
      const body = (json: string) => `{"QueueUrl":"q","Attributes":{"${name}":${json}}}`;
      expect(await slowest((json) => contentOf(made, { headers, body: body(json) })), name).toBeLessThan(SLOW_MS);
    }
  });
});

overBothWires('numbers in message attributes', (fixture) => {
  it.each([
    ['1', true],
    ['000', true],
    ['-0.0', true],
    [`0${'0'.repeat(500)}1`, true],
    [`${'1'.repeat(38)}${'0'.repeat(80)}`, true],
    [`1${'0'.repeat(36)}1`, true],
    [`1${'0'.repeat(37)}1`, false],
    [`0.${'0'.repeat(90)}${'9'.repeat(38)}`, true],
    [`0.${'0'.repeat(90)}${'9'.repeat(39)}`, false],
    ['', false],
    ['.', false],
    ['1e126', true],
    ['1e127', false],
  ])('%s is valid: %s', async (StringValue, isValid) => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    const MessageAttributes = { n: { DataType: 'Number', StringValue } };
    const sent = call('SendMessage', { QueueUrl, MessageBody: 'm', MessageAttributes });
    if (isValid) await sent;
    else await expect(sent).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });
});

describe('a form of 8 MiB', () => {
  const BYTES = 8 * 1024 * 1024;
  const costOf = (head: string, part: string) => {
    const body = Buffer.from(head + part.repeat(BYTES / part.length), 'latin1');
    const before = process.cpuUsage();
    const wire = new QueryWire(readCall({ method: 'POST', path: '/', query: '', headers: {}, body }), sqs.query!);
    const { QueueUrl } = wire.decode(operations.get('SendMessage')!.input) as { QueueUrl?: string };
    if (QueueUrl !== undefined) queueUrlParts(QueueUrl);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };

  it.each(['+', '%', '&', '=', ' ', '.', '/', '%2B', '%c3%a9', '%zz', '\xc3\xa9', 'a=b&', 'a/', '\0'])(
    'of the text %j costs not much more than one of letters',
    (part) => {
      for (const head of ['Action=SendMessage&QueueUrl=q&MessageBody=', 'Action=SendMessage&MessageBody=m&QueueUrl=']) {
        costOf(head, 'x');
        expect(costOf(head, part)).toBeLessThan(150 + 3 * costOf(head, 'x'));
      }
    },
  );
});

describe('a name or an ARN of 8 MiB', () => {
  const LETTERS = 8 * 1024 * 1024;
  const costOf = (read: (text: string) => unknown, text: string) => {
    const before = process.cpuUsage();
    refusalOr(() => read(text));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };

  it.each<[string, (text: string) => unknown]>([
    ['a queue URL', queueUrlParts],
    ['the ARN of a queue', parseArn],
    ['the ARN of a topic', (text) => topicKeyIn(text, 'TopicArn', undefined)],
    ['the ARN of a subscription', subscriptionIdIn],
    ['the name of a function', (text) => functionNameOf(text, { account: '000000000000', region: 'us-east-1' })],
  ])('costs nothing to read as %s', (_what, read) => {
    for (const start of ['', 'arn:aws:sns:us-east-1:000000000000:', 'arn:aws:sqs:', 'https://h/']) {
      for (const part of [':', '/', 'a', ':a', '*']) {
        expect(costOf(read, start + part.repeat(LETTERS / part.length)), `${start}${part}`).toBeLessThan(150);
      }
    }
  });
});

describe('the names of the attributes to receive', () => {
  it('select the same attributes as a search through all of them', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'é', '\0'), maxLength: 5 });
    const wanted = fc.array(
      fc.oneof(
        text,
        text.map((prefix) => `${prefix}.*`),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(wanted, text, (names, name) => {
        const naive = names.some((one) => one === name || (one.endsWith('.*') && name.startsWith(one.slice(0, -2))));
        expect(attributeFilter(names)(name)).toBe(naive);
      }),
    );
  });

  it('take little time, however many they are and however many attributes the messages have', () => {
    const long = 'a'.repeat(250);
    const wanted = attributeFilter(Array.from({ length: 10_000 }, (_, index) => `${long}x${index}.*`));
    const names = Array.from({ length: 10_000 }, (_, index) => `${long}y${index}`);
    const start = cpuMs();
    expect(names.filter(wanted)).toEqual([]);
    // To compare each name with each prefix takes several seconds.
    expect(cpuMs() - start).toBeLessThan(SLOW_MS / 4);
  });
});
