/**
 * Requests that no client sends by mistake: a wrong value in each place of each operation's input, JSON that no
 * serializer writes, requests with changed bytes, and bytes that are hardly HTTP. None of them may affect queues of
 * other accounts.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operations } from '../../src/api/sqs/index.ts';
import { RawConnection } from '../http/raw-http.ts';
import { queryForm } from '../query-client.ts';
import { runs } from './arbitrary.ts';
import { ask, FORM, type Odd, withWitnesses } from './ask.ts';
import { complete, jsonWith, placesIn } from './places.ts';

const target = (name: string) => ({ 'x-amz-target': `AmazonSQS.${name}` });
const all = [...operations.values()];

/** JSON that is invalid in every place, or has surprising properties. */
const WRONG_JSON = [
  ...['null', 'true', '0', '-0', '-1', '1.5', '1e400', '-1e400', '1e-400', '12345678901234567890', '2147483648'],
  ...['""', '" "', '"x"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\uffff"', '"1e3"', '"-1"', '"0x10"', '" 1"'],
  ...['[]', '[[]]', '[null]', '[{}]', '["a","a"]', '{}', '{"":""}', '{"__proto__":{"x":1}}', '{"constructor":null}'],
  ...['{"toString":1,"valueOf":1}', '{"length":-1}', '{"then":1}', '{"StringValue":{"a":1}}', `"${'x'.repeat(3000)}"`],
  ...[`${'['.repeat(90)}${']'.repeat(90)}`, `${'{"a":'.repeat(90)}1${'}'.repeat(90)}`],
];
const WRONG_TEXTS = [
  ...['', ' ', 'x', '0', '-0', '-1', '1.5', '1e400', '12345678901234567890', '2147483648', '0x10', 'NaN', 'null', '{}'],
  ...['\u0000', '\uffff', '\r\n', '__proto__', 'constructor', '=', '&', '.', '%', '%zz', 'x'.repeat(3000)],
];

describe('a wrong value in any place of the input', () => {
  it.each(all.map(({ name }) => name))('of %s gets a response on the JSON wire', async (name) => {
    const made = await withWitnesses();
    const { input } = operations.get(name)!;
    const sample = complete(name);
    for (const place of placesIn(input, sample)) {
      for (const json of WRONG_JSON) {
        await ask(made, { headers: target(name), body: jsonWith(sample, place, json) });
        if (name === 'DeleteQueue') await made.client('JSON').call('CreateQueue', { QueueName: 'q' });
      }
    }
    await made.intact();
  });

  it.each(all.map(({ name }) => name))('of %s gets a response on the Query wire', async (name) => {
    const made = await withWitnesses();
    const form = queryForm(name, complete(name));
    const pairs = [...new URLSearchParams(form.toString())];
    for (const [index, [field]] of pairs.entries()) {
      if (field === 'Action' || field === 'Version') continue;
      for (const text of WRONG_TEXTS) {
        const body = new URLSearchParams(
          pairs.map(([key, value], at): [string, string] => [key, at === index ? text : value]),
        ).toString();
        await ask(made, { headers: { 'content-type': FORM }, body });
        if (name === 'DeleteQueue') await made.client('JSON').call('CreateQueue', { QueueName: 'q' });
      }
    }
    await made.intact();
  });
});

/** JSON whose objects may have a key twice, or keys that mean something in JavaScript. */
const wildJson = (name: string): fc.Arbitrary<string> => {
  const members = Object.keys(operations.get(name)!.input.members);
  const keys = fc.constantFrom(
    ...members,
    'Name',
    'Value',
    'DataType',
    'StringValue',
    'Id',
    '__proto__',
    'constructor',
    'a',
  );
  return fc.letrec<{ value: string; object: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constantFrom(...WRONG_JSON, '"q"', '"q.fifo"', '"All"', '"String"', '1', '10'),
      tie('object'),
      fc.array(tie('value'), { maxLength: 12 }).map((parts) => `[${parts}]`),
    ),
    object: fc
      .array(fc.tuple(keys, tie('value')), { maxLength: 8 })
      .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`)}}`),
  })).object;
};

it('JSON that no serializer writes gets a response', async () => {
  const made = await withWitnesses();
  const requests = fc.constantFrom(...operations.keys()).chain((name) => fc.tuple(fc.constant(name), wildJson(name)));
  const property = fc.asyncProperty(requests, async ([name, body]) => {
    await ask(made, { headers: target(name), body: body.replace(/^\{(?!\})/, '{"QueueUrl":"q",') });
  });
  await fc.assert(property, runs(600));
  await made.intact();
});

/** Valid requests, over either wire. */
const orderly: Odd[] = all.flatMap(({ name }) => {
  const input = complete(name);
  return [
    { headers: target(name), body: JSON.stringify(input) },
    { headers: { 'content-type': FORM }, body: queryForm(name, input).toString() },
  ];
});

interface Change {
  at: number;
  remove: number;
  insert: Uint8Array;
}

const changes = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.constantFrom(0, 0, 1, 1, 4, 1000),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc
        .constantFrom('"', '{', '[', ',', '&', '=', '.1', '.', '%', '\\', '\\u', '\0', 'null')
        .map((text) => Buffer.from(text)),
    ),
  }),
  { minLength: 1, maxLength: 5 },
);

function changed(bytes: Uint8Array, list: readonly Change[]): Buffer<ArrayBuffer> {
  let result = Buffer.from(bytes);
  for (const { at, remove, insert } of list) {
    const place = Math.floor(at * result.length);
    result = Buffer.concat([result.subarray(0, place), insert, result.subarray(place + remove)]);
  }
  return result;
}

it('requests with some bytes changed get a response', async () => {
  const made = await withWitnesses();
  const property = fc.asyncProperty(fc.constantFrom(...orderly), changes, async (request, list) => {
    await ask(made, { ...request, body: changed(Buffer.from(request.body as string), list) });
    await made
      .client('JSON')
      .call('CreateQueue', { QueueName: 'q' })
      .catch(() => {});
  });
  await fc.assert(property, runs(1000));
  await made.intact();
});

it('bytes that are hardly HTTP get a response, or their connection ends', async () => {
  const made = await withWitnesses();
  const { port } = made.squab;
  const wholes = orderly.map(({ headers, body }) => {
    const lines = Object.entries({ host: 'localhost', ...headers, 'content-length': `${(body as string).length}` });
    return `POST /000000000000/q HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
  });
  const chunked =
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n5\r\nActio\r\n0\r\n\r\n';
  const bytes = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...wholes, chunked), changes) },
    { weight: 1, arbitrary: fc.tuple(fc.constant(''), changes) },
  );
  const property = fc.asyncProperty(bytes, async ([whole, list]) => {
    const connection = await RawConnection.open(port);
    const answers: Buffer[] = [];
    connection.socket.on('data', (chunk) => answers.push(chunk));
    connection.socket.end(changed(Buffer.from(whole, 'latin1'), list));
    let open = true;
    void connection.ended.then(() => {
      open = false;
    });
    // The client has ended its side, so the server ends its own after the response; polls need the clock to advance.
    while (open) {
      await Promise.race([connection.ended, new Promise(setImmediate)]);
      if (open) await made.clock.advance(1000);
    }
    connection.socket.destroy();
    const text = Buffer.concat(answers).toString('latin1');
    expect(text).toMatch(/^(HTTP\/1\.1 [124]\d\d |$)/);
    expect(text).not.toMatch(/HTTP\/1\.1 5\d\d|InternalFailure/);
  });
  await fc.assert(property, runs(500));
  await made.intact();
});
