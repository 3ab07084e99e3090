/** However odd a request is, it gets a response in the format of its wire, and never an internal error. */

import fc from 'fast-check';
import { it } from 'vitest';
import { operations } from '../../src/api/sqs/index.ts';
import { plain, runs, text, valid } from './arbitrary.ts';
import { ask, FORM, withQueues } from './ask.ts';

/** Several hundred requests, which take a second or two. */
const RUNS = runs(300);

const queues = fc.constantFrom('q', 'q.fifo');
const target = (name: string) => ({ 'x-amz-target': `AmazonSQS.${name}` });
const names = fc.constantFrom(...operations.keys());

/** UTF-16 of every kind, including lone surrogates. */
const anyText = fc.oneof(
  text,
  fc.array(fc.nat(0xffff), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
);

/** JSON whose keys mean something in JavaScript, policies or redrive policies. */
const trickyKeys = fc.oneof(
  anyText,
  fc.constantFrom('toString', 'valueOf', 'toJSON', '__proto__', 'Statement', 'Effect', 'Action', 'Sid', 'Principal'),
  fc.constantFrom('deadLetterTargetArn', 'maxReceiveCount', 'redrivePermission', 'sourceQueueArns'),
);
const { any: json } = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double(), anyText),
    fc.array(tie('any'), { maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(trickyKeys, tie('any')), { maxLength: 4, selector: ([key]) => key })
      .map(Object.fromEntries),
  ),
}));

/** A value of the right type, or any JSON. */
const oddMember = (arbitrary: fc.Arbitrary<unknown>) => fc.oneof(arbitrary.map(plain), json);

it.each([...operations.values()])('$name responds to JSON of any form', async ({ name, input: { members } }) => {
  const made = await withQueues();
  const { QueueUrl, ...others } = Object.fromEntries(
    Object.entries(members).map(([member, { shape }]) => [member, oddMember(valid(shape))]),
  );
  const bodies = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({ ...others, ...(QueueUrl && { QueueUrl: queues }) }, { requiredKeys: [] }),
    },
    { weight: 1, arbitrary: json },
  );
  const property = fc.asyncProperty(bodies, (body) => ask(made, { headers: target(name), body: JSON.stringify(body) }));
  await fc.assert(property, runs(25));
});

it('SetQueueAttributes responds to attributes of any form', async () => {
  const made = await withQueues();
  const attribute = fc.constantFrom('Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'VisibilityTimeout');
  const policy = fc.record(
    {
      ...{ deadLetterTargetArn: oddMember(fc.constant('arn:aws:sqs:us-east-1:000000000000:q')), maxReceiveCount: json },
      ...{ redrivePermission: oddMember(fc.constant('byQueue')), sourceQueueArns: json, Statement: json },
    },
    { requiredKeys: [] },
  );
  const value = fc.oneof(anyText, fc.oneof(policy, json).map(JSON.stringify));
  const property = fc.asyncProperty(fc.dictionary(attribute, value, { minKeys: 1 }), (Attributes) =>
    ask(made, { headers: target('SetQueueAttributes'), body: JSON.stringify({ QueueUrl: 'q', Attributes }) }),
  );
  await fc.assert(property, RUNS);
});

it('a form with any parameter names gets a response', async () => {
  const made = await withQueues();
  const members = [...operations.values()].flatMap(({ input }) => Object.keys(input.members));
  const step = fc.oneof(
    fc.constantFrom(...members, 'Attribute', 'Tag', 'SendMessageBatchRequestEntry', 'MessageAttribute', 'ActionName'),
    fc.constantFrom('1', '2', '0', '-1', '99999999999999999999', 'member', 'entry', 'Name', 'Value', 'Key', 'DataType'),
    anyText,
  );
  const name = fc.array(step, { minLength: 1, maxLength: 10 }).map((steps) => steps.join('.'));
  const forms = fc.tuple(
    names,
    fc.array(fc.tuple(name, anyText), { maxLength: 8 }),
    fc.constantFrom('/', '/000000000000/q.fifo'),
  );
  const property = fc.asyncProperty(forms, ([action, pairs, path]) => {
    const body = new URLSearchParams([['Action', action], ['QueueUrl', 'q'], ...pairs]).toString();
    return ask(made, { path, headers: { 'content-type': FORM }, body });
  });
  await fc.assert(property, RUNS);
});

it('any target, action, method and path gets a response', async () => {
  const made = await withQueues();
  const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
  const header = fc.oneof(
    ascii,
    names,
    names.map((name) => `AmazonSQS.${name}`),
  );
  const property = fc.asyncProperty(
    fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'),
      path: fc
        .oneof(ascii, fc.constantFrom('%', '%zz', '%2', '?Action=%', `${'a'.repeat(3000)}`, '..//q'))
        .map((path) => `/${path}`),
      headers: fc.dictionary(
        fc.constantFrom(
          'x-amz-target',
          'authorization',
          'content-type',
          'accept',
          'x-amzn-trace-id',
          'x-forwarded-host',
        ),
        header,
      ),
    }),
    (request) => ask(made, request),
  );
  await fc.assert(property, RUNS);
});

it('any bytes get a response', async () => {
  const made = await withQueues();
  const headers = fc.oneof(
    names.map(target),
    fc.constantFrom(FORM, 'multipart/form-data', 'text/plain').map((type) => ({ 'content-type': type })),
  );
  const starts = fc.constantFrom('', '{"QueueUrl":"q","MessageBody":"', 'Action=SendMessage&QueueUrl=q&MessageBody=');
  const property = fc.asyncProperty(headers, starts, fc.uint8Array({ maxLength: 60 }), (headers, start, bytes) =>
    ask(made, { headers, body: Buffer.concat([Buffer.from(start), bytes]) }),
  );
  await fc.assert(property, RUNS);
});

it('JSON that cannot be converted back to a string gets a response', async () => {
  const made = await withQueues();
  for (const value of [`${'['.repeat(200_000)}${']'.repeat(200_000)}`, '{"toString":1,"valueOf":1}']) {
    await ask(made, { headers: target('SendMessage'), body: value });
    await ask(made, { headers: target('SendMessage'), body: `{"QueueUrl":"q","MessageBody":${value}}` });
    const policies = [
      ['Policy', `{"Statement":${value}}`],
      ['RedrivePolicy', `{"deadLetterTargetArn":"x","maxReceiveCount":${value}}`],
      ['RedrivePolicy', `{"deadLetterTargetArn":${value},"maxReceiveCount":1}`],
      ['RedriveAllowPolicy', `{"redrivePermission":${value}}`],
      ['RedriveAllowPolicy', `{"redrivePermission":"byQueue","sourceQueueArns":${value}}`],
    ];
    for (const policy of policies) {
      const body = JSON.stringify({ QueueUrl: 'q', Attributes: Object.fromEntries([policy]) });
      await ask(made, { headers: target('SetQueueAttributes'), body });
    }
  }
});
