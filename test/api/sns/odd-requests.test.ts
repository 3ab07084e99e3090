/** Requests to SNS that no client sends by mistake: each gets a response, and never an internal error. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routeOf } from '../../../src/api/services.ts';
import { sns as service, snsOperations } from '../../../src/api/sns/table.ts';
import type { Input } from '../../helpers.ts';
import { type Sns, snsForm, withSns } from '../../sns-client.ts';
import { plain, runs, valid } from '../arbitrary.ts';
import { ask, FORM } from '../ask.ts';

const all = [...snsOperations.values()];

const WRONG_TEXTS = [
  ...['', ' ', 'x', '0', '-1', '1e400', 'null', '{}', '[]', '{', '{"a":1}', '{"a":[{"a":[]}]}', 'true', '[[[]]]'],
  ...['\u0000', '\uffff', '\r\n', '__proto__', 'constructor', '=', '&', '.', '%zz', ':::::', 'arn:aws:sns:::', 'é'],
  ...['{"__proto__":["x"]}', '{"a":[{"numeric":[]}]}', '{"$or":[{},{}]}', '{"default":{}}', 'x'.repeat(3000)],
  ...[`${'['.repeat(3000)}${']'.repeat(3000)}`, `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`],
];

/** Input for an operation, with a topic and a subscription that exist. */
async function completeInput({ sns, topic, queue, subscribed }: Sns, name: string): Promise<Input> {
  const TopicArn = await topic();
  const SubscriptionArn = await subscribed(TopicArn, await queue());
  await sns('PutDataProtectionPolicy', { ResourceArn: TopicArn, DataProtectionPolicy: '{}' });
  const { input } = snsOperations.get(name)!;
  const everything = valid(input).filter(
    (made) => Object.keys(made as object).length === Object.keys(input.members).length,
  );
  const [sample] = fc.sample(everything, { numRuns: 1, seed: 1 });
  const known: Input = {
    TopicArn,
    SubscriptionArn,
    ResourceArn: TopicArn,
    Protocol: 'sqs',
    Endpoint: 'x',
    Message: '{}',
  };
  const given = Object.entries(known).filter(([member]) => member in input.members);
  return { ...(plain(sample) as object), ...Object.fromEntries(given) };
}

describe('a wrong value in any place of the input', () => {
  it.each(all.map(({ name }) => name))('of %s gets a response', async (name) => {
    const made = await withSns();
    const pairs = [...new URLSearchParams(snsForm(name, await completeInput(made, name)))];
    const names = ['FilterPolicy', 'Policy', 'DeliveryPolicy', 'RedrivePolicy', 'MaximumMessageSize', 'FifoTopic'];
    for (const [index, [field]] of pairs.entries()) {
      if (field === 'Action' || field === 'Version') continue;
      const texts = /^(AttributeName|.*\.key)$/.test(field) ? [...WRONG_TEXTS, ...names] : WRONG_TEXTS;
      for (const text of texts) {
        const changed = pairs.map(([key, value], at): [string, string] => [key, at === index ? text : value]);
        await ask(made, { headers: { 'content-type': FORM }, body: new URLSearchParams(changed).toString() });
      }
    }
    expect(await made.sns('ListTopics')).toHaveProperty('Topics');
  });

  it.each(['FilterPolicy', 'RedrivePolicy', 'DeliveryPolicy', 'RawMessageDelivery', 'FilterPolicyScope'])(
    'of the attribute %s gets a response, and messages go on',
    async (AttributeName) => {
      const made = await withSns();
      const [TopicArn, target] = [await made.topic(), await made.queue()];
      const SubscriptionArn = await made.subscribed(TopicArn, target);
      for (const AttributeValue of WRONG_TEXTS) {
        const input = { SubscriptionArn, AttributeName, AttributeValue };
        await ask(made, { headers: { 'content-type': FORM }, body: snsForm('SetSubscriptionAttributes', input) });
        await made.sns('Publish', { TopicArn, Message: '{"a":[[{}],null]}' });
      }
    },
  );
});

describe.each(all)('input of $name', ({ name, input: shape }) => {
  it('arrives unchanged in a form', () => {
    const raw = { method: 'POST', path: '/', query: '', headers: {}, body: Buffer.alloc(0) };
    fc.assert(
      fc.property(valid(shape) as fc.Arbitrary<Input>, (input) => {
        const form = snsForm(name, plain(input) as Input);
        for (const request of [
          { ...raw, body: Buffer.from(form) },
          { ...raw, method: 'GET', query: form },
        ]) {
          const route = routeOf(request)!;
          expect(route.service).toBe(service);
          expect(route.wire.decode(shape)).toEqual(input);
        }
      }),
      runs(60),
    );
  });
});

it('refuses the operations for text messages and mobile devices, and has nothing of them to list', async () => {
  const { sns } = await withSns();
  await expect(sns('CreatePlatformApplication', { Name: 'a' })).rejects.toMatchObject({
    ...{ status: 400, code: 'InvalidAction' },
    message: 'Squab does not support pushes to mobile devices, and therefore not CreatePlatformApplication.',
  });
  await expect(sns('SetSMSAttributes')).rejects.toThrow('Squab does not support text messages (SMS)');
  for (const [operation, list] of [
    ['ListPlatformApplications', 'PlatformApplications'],
    ['ListEndpointsByPlatformApplication', 'Endpoints'],
    ['ListPhoneNumbersOptedOut', 'phoneNumbers'],
    ['GetSMSAttributes', 'attributes'],
  ] as const) {
    expect(await sns(operation)).toEqual({ [list]: '' });
  }
});
