/** Requests to the control interface that are too long, too deep or misspelt, on every route that OpenAPI describes. */

import { describe, expect, it } from 'vitest';
import type { Squab } from '../../src/index.ts';
import { suggestion } from '../../src/suggest.ts';
import { setup } from '../helpers.ts';

interface Schema {
  type?: string;
  maxLength?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
}

interface Parameter {
  name: string;
  in: 'path' | 'query';
  schema: Schema;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
}

type Routes = [method: string, path: string, operation: Operation][];

async function routesOf({ url }: Squab): Promise<Routes> {
  const { paths } = (await (await fetch(`${url}/_squab/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Routes[number] => [method.toUpperCase(), path, operation]),
  );
}

/** The names in the paths. */
const NAMES: Record<string, string> = { name: 'q', messageId: 'm', id: 'f' };
const pathOf = (path: string) => path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => NAMES[name]!);

/** A valid body of each route that has required members. */
const BODIES: Record<string, object> = {
  'POST /_squab/counts': { queues: [] },
  'POST /_squab/clock/advance': { by: '1s' },
  'POST /_squab/clock/set': { to: '2030-01-01T00:00:00Z' },
  'POST /_squab/queues/{name}/messages': { body: 'm' },
  'POST /_squab/queues/{name}/explain-send': { body: 'm' },
  'POST /_squab/queues/{name}/wait': { for: 'empty' },
  'POST /_squab/topics/{name}/wait': { for: 'published' },
  'POST /_squab/topics/{name}/explain-publish': { message: 'm' },
  'POST /_squab/faults': { effect: { type: 'drop' } },
  'PUT /_squab/faults/{id}': { effect: { type: 'drop' } },
  'POST /_squab/faults/seed': { seed: 1 },
};

/** Yields the schemas of all strings, lists and objects in a request, each with its place. */
function* parts(schema: Schema, place: string): Generator<[place: string, schema: Schema]> {
  yield [place, schema];
  for (const [name, member] of Object.entries(schema.properties ?? {})) yield* parts(member, `${place}.${name}`);
  for (const member of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) yield* parts(member, place);
  if (schema.items) yield* parts(schema.items, `${place}[]`);
}

describe('a suggestion', () => {
  const known = ['SendMessage', 'SendMessageBatch'];

  it('is the nearest of the known words', () => {
    expect(suggestion('sendmesage', known)).toBe(' Did you mean "SendMessage"?');
    expect(suggestion('SednMessageBacth', known)).toBe(' Did you mean "SendMessageBatch"?');
    expect(suggestion('Receive', known)).toBe('');
  });

  it('is omitted if the word is long', () => {
    expect(suggestion('SendMessage'.repeat(5_000_000), known)).toBe('');
    expect(suggestion('SendMesage', [...known, 'x'.repeat(50_000_000)])).toBe(' Did you mean "SendMessage"?');
  });
});

describe('a request to the control interface', () => {
  it('has no string and no list without a maximum, and no object with other members', async () => {
    const { squab } = await setup();
    const unbounded: string[] = [];
    for (const [method, path, { parameters = [], requestBody }] of await routesOf(squab)) {
      const schemas = parameters.map(({ name, schema }) => [name, schema] as const);
      const body = requestBody?.content['application/json'].schema;
      for (const [name, schema] of [...schemas, ...(body ? [['body', body] as const] : [])]) {
        for (const [place, part] of parts(schema, name)) {
          const isBounded =
            (part.type !== 'string' || part.enum || part.const !== undefined || part.maxLength! <= 2 ** 21) &&
            (part.type !== 'array' || part.maxItems! <= 100) &&
            // A map of attributes has members of any name.
            (part.type !== 'object' || part.additionalProperties !== undefined);
          if (!isBounded) unbounded.push(`${method} ${path}: ${place}`);
        }
      }
    }
    expect(unbounded).toEqual([]);
  });

  it.each([
    ['of more than 8 MiB', 413, ' '.repeat(2 ** 23 + 1), /^The request body is longer than (1048576|8388608) bytes\.$/],
    ['with a string of 1 MB', 400, JSON.stringify({ operation: 'x'.repeat(1_000_000) }), /./],
    ['with another member, whose name has 1 MB', 400, JSON.stringify({ ['x'.repeat(1_000_000)]: 1 }), /./],
    ['with deep lists', 400, '['.repeat(60_000) + ']'.repeat(60_000), 'The request body nests deeper than 100 levels.'],
    ['with deep objects', 400, `${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}`, /nests deeper than 100 levels/],
    ['with many elements', 400, `{"operation":[${'1,'.repeat(200_000)}1]}`, /more than 10000 commas/],
    ['with many members', 400, `{${Array.from({ length: 9000 }, (_, n) => `"m${n}":1`)}}`, /./],
    ['with bytes that are not UTF-8', 400, Buffer.from([0x22, 0xff, 0x22]), 'The request body is not valid UTF-8.'],
    ['that is no object', 400, '[]', /./],
  ])('is refused with a body %s, on every route', async (_what, status, body, error) => {
    const { squab, client } = await setup();
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    const answers = (await routesOf(squab))
      .filter(([method]) => method !== 'GET')
      .map(async ([method, path]) => {
        const response = await fetch(squab.url + pathOf(path), { method, body });
        const answer = (await response.json()) as { error: string };
        expect({ path, status: response.status, ...answer }).toEqual({
          path,
          status,
          error: expect.stringMatching(error),
        });
        expect(answer.error.length).toBeLessThan(1000);
      });
    expect(answers.length).toBeGreaterThan(10);
    await Promise.all(answers);
  });

  it('is refused with a body of more than 1 MiB, unless it adds a message', async () => {
    const { squab } = await setup();
    const statusOf = async (path: string) =>
      (await fetch(`${squab.url}/_squab${path}`, { method: 'POST', body: ' '.repeat(2 ** 20 + 1) })).status;
    expect([await statusOf('/faults'), await statusOf('/queues/q/messages')]).toEqual([413, 400]);
  });

  it('is refused with a member that the route does not have', async () => {
    const { squab, client } = await setup();
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    for (const [method, path] of await routesOf(squab)) {
      if (method === 'GET') continue;
      const body = JSON.stringify({ ...BODIES[`${method} ${path}`], unheardOf: 1 });
      const response = await fetch(squab.url + pathOf(path), { method, body });
      expect([path, response.status, await response.json()]).toEqual([
        path,
        400,
        { error: expect.stringMatching(/^"unheardOf" is unknown\. (Allowed here: \w|None is allowed here)/) },
      ]);
    }
    expect(await (await fetch(`${squab.url}/_squab/faults`)).json()).toMatchObject({ rules: [] });
  });

  it('is refused with a parameter that the route does not have, or one that is too long', async () => {
    const { squab, client } = await setup();
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    for (const [method, path, { parameters = [] }] of await routesOf(squab)) {
      const ask = async (query: string) => {
        const body = method === 'GET' ? null : JSON.stringify(BODIES[`${method} ${path}`] ?? {});
        const response = await fetch(`${squab.url}${pathOf(path)}?${query}`, { method, body });
        return [path, response.status, await response.json()];
      };
      expect(await ask('unheardOf=1')).toEqual([
        path,
        400,
        { error: expect.stringMatching(/^"unheardOf" is unknown\. (Allowed here: \w|None is allowed here)/) },
      ]);
      for (const { name } of parameters.filter((one) => one.in === 'query')) {
        expect(await ask(`${name}=${'x'.repeat(50_000)}`)).toEqual([path, 400, { error: expect.any(String) }]);
      }
    }
  });

  it.each([
    ['/queues/q/wait', { for: 'sent', timout: '1s' }, '"timout" is unknown. Did you mean "timeout"?'],
    ['/queues/q/wait', { for: 'sent', attribute: { nam: 'a' } }, '"attribute": "nam" is unknown. Did you mean "name"?'],
    ['/clock/advance', { bye: '1s' }, '"bye" is unknown. Did you mean "by"?'],
    [
      '/queues/q/wait',
      { for: 'sent', attribute: { name: 'a', valu: 'b' } },
      '"attribute": "valu" is unknown. Did you mean "value"?',
    ],
    ['/clock/advance', { by: '1s', clok: 1 }, '"clok" is unknown. Allowed here: by.'],
    ['/queues/q/explain-send', { body: 'm', groupID: 'g' }, '"groupID" is unknown. Did you mean "groupId"?'],
    ['/messages/m/replay', { queu: 'q' }, '"queu" is unknown. Did you mean "queue"?'],
    ['/queues/q/wait?acount=1', { for: 'empty' }, '"acount" is unknown. Did you mean "account"?'],
    ['/faults', { effect: { type: 'error', code: 'OverLimit', mesage: 'm' } }, /^"effect": "mesage" is unknown\. Did/],
  ])('suggests the name that a misspelt one was meant to be: %s %j', async (path, body, error) => {
    const { squab, client } = await setup();
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    const response = await fetch(`${squab.url}/_squab${path}`, { method: 'POST', body: JSON.stringify(body) });
    expect([response.status, await response.json()]).toEqual([400, { error: expect.stringMatching(error) }]);
  });

  it('is refused if it adds a fault rule to a thousand others', async () => {
    const { squab } = await setup();
    const { faults } = squab.control;
    for (let n = 0; n < 1000; n++) faults.put(`rule ${n}`, { effect: { type: 'drop' } });
    expect(() => faults.add({ effect: { type: 'drop' } })).toThrow('There are already 1000 fault rules');
    expect(faults.put('rule 0', { times: 1, effect: { type: 'drop' } })).toMatchObject({ id: 'rule 0', times: 1 });
  });

  it('from a program has the same limits', async () => {
    const { squab } = await setup();
    const { control } = squab;
    const long = 'x'.repeat(50_000_000);
    const misspelt = { body: 'm', groupID: 'g' };
    expect(() => control.faults.add({ operation: long, effect: { type: 'drop' } })).toThrow('at most 100 characters');
    expect(() => control.faults.add({ effect: { type: 'error', code: long } })).toThrow('at most 100 characters');
    await expect(control.reset({ prefix: long })).rejects.toThrow('at most 80 characters');
    await expect(control.explain.send('q', misspelt)).rejects.toThrow('"groupID" is unknown.');
  });
});

it('an error quotes only the beginning of a long name', async () => {
  const { squab } = await setup();
  for (const [path, text] of [
    ['queues/q/messages', { body: 'm' }],
    ['topics/t/explain-publish', { message: 'm' }],
  ] as const) {
    const body = JSON.stringify({ ...text, attributes: { ['n'.repeat(100_000)]: { unknown: '' } } });
    const response = await fetch(`${squab.url}/_squab/${path}`, { method: 'POST', body });
    const { error } = (await response.json()) as { error: string };
    expect(response.status).toBe(400);
    expect(error).toMatch(/^"attributes\.n+…": "unknown" is unknown\./);
    expect(error.length).toBeLessThan(500);
  }
});
