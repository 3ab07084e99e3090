/** Invoke, which passes events on to functions. */

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../eventually.ts';
import { fed } from '../../functions/fed.ts';
import { functionServer } from '../../functions/function-server.ts';

const path = (name: string) => `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;

async function withFunction(options: Parameters<typeof fed>[0] = {}) {
  const f = await fed(options);
  const invoke = async (body = '{"a":1}', headers: Record<string, string> = {}, name = 'f') => {
    const response = await fetch(f.squab.url + path(name), { method: 'POST', body, headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { ...f, invoke };
}

describe('Invoke', () => {
  it('passes the event on, and returns the answer of the function', async () => {
    const { invoke, functions } = await withFunction();
    functions.handle = () => ({ body: { done: true } });
    const headers = { 'x-amz-client-context': 'e30=', 'x-amzn-trace-id': 'Root=1-0' };
    const { status, text, headers: answered } = await invoke('{"a":"é"}', headers);
    expect([status, text]).toEqual([200, '{"done":true}']);
    expect(answered.get('x-amz-executed-version')).toBe('$LATEST');
    expect(answered.get('x-amz-function-error')).toBeNull();
    const { event, headers: sent } = await functions.next();
    expect(event).toEqual({ a: 'é' });
    expect(sent).toMatchObject({ ...headers, 'x-amz-invocation-type': 'RequestResponse' });
  });

  it.each(['f', 'f:live', '000000000000:function:f', 'arn:aws:lambda:us-east-1:000000000000:function:f'])(
    'finds the function %s',
    async (name) => {
      const { invoke, functions } = await withFunction();
      expect((await invoke('', {}, name)).status).toBe(200);
      expect((await functions.next()).event).toEqual({});
    },
  );

  it('reports errors of the function in a header', async () => {
    const { invoke, functions } = await withFunction();
    const error = { errorType: 'TypeError', errorMessage: 'boom' };
    functions.handle = () => ({ body: error });
    const unhandled = await invoke();
    expect([unhandled.status, JSON.parse(unhandled.text)]).toEqual([200, error]);
    expect(unhandled.headers.get('x-amz-function-error')).toBe('Unhandled');
    functions.handle = () => ({ headers: { 'x-amz-function-error': 'Handled' }, body: error });
    expect((await invoke()).headers.get('x-amz-function-error')).toBe('Handled');
    functions.handle = () => ({ breaks: true });
    const broken = await invoke();
    expect(JSON.parse(broken.text)).toMatchObject({ errorType: 'Squab.NoAnswer' });
  });

  it('ends the request to the function if the client has gone', async () => {
    const { squab, functions } = await withFunction();
    functions.handle = () => undefined;
    const client = new AbortController();
    const answer = fetch(squab.url + path('f'), { method: 'POST', body: '{}', signal: client.signal });
    await functions.next();
    client.abort();
    await expect(answer).rejects.toThrow();
    await eventually(async () => expect(functions.running).toBe(0));
  });

  it('keeps up to 64 MiB of events for asynchronous invocations, each of up to 1 MiB', async () => {
    const { invoke, functions } = await withFunction();
    functions.handle = () => undefined;
    const asynchronous = { 'x-amz-invocation-type': 'Event' };
    const event = JSON.stringify('e'.repeat(1024 * 1024 - 2));
    expect((await invoke(JSON.stringify('e'.repeat(1024 * 1024 - 1)), asynchronous)).status).toBe(413);
    for (let count = 0; count < 64; count++) expect((await invoke(event, asynchronous)).status).toBe(202);
    expect((await invoke('{}', asynchronous)).status).toBe(429);
    (await functions.next()).answer();
    await eventually(async () => expect((await invoke('{}', asynchronous)).status).toBe(202));
  });

  it('refuses a client context that is longer than that of Lambda, which asynchronous invocations would keep', async () => {
    const { invoke } = await withFunction();
    const asynchronous = { 'x-amz-invocation-type': 'Event' };
    const withContext = (length: number) =>
      invoke('{}', { ...asynchronous, 'x-amz-client-context': 'e'.repeat(length) });
    expect((await withContext(3583)).status).toBe(202);
    const refused = await withContext(3584);
    expect([refused.status, refused.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException']);
  });

  it('refuses what cannot be invoked, with the errors of Lambda', async () => {
    const { lambda, functions } = await withFunction({ functions: { gone: 'http://127.0.0.1:1/' } });
    const call = (name: string, body: string, headers = {}) => lambda('POST', path(name), body, { headers });
    await expect(call('none', '{}')).rejects.toMatchObject({
      ...{ status: 404, code: 'ResourceNotFoundException' },
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:none',
    });
    await expect(call('f', '{')).rejects.toMatchObject({ status: 400, code: 'InvalidRequestContentException' });
    await expect(call('gone', '{}')).rejects.toMatchObject({
      ...{ status: 429, code: 'TooManyRequestsException' },
      message: 'The function gone cannot be invoked: 127.0.0.1:1 cannot be reached (ECONNREFUSED).',
    });
    const other = call('f', '{}', { 'x-amz-invocation-type': 'Other' });
    await expect(other).rejects.toMatchObject({ status: 400, code: 'ValidationException' });
    const long = call('f', `"${'x'.repeat(6 * 1024 * 1024)}"`);
    await expect(long).rejects.toMatchObject({ status: 413 });
    expect(functions.invocations).toEqual([]);
  });

  it.each(['a\r\nX-Other: b', '€', 'a b', 'x'.repeat(129)])('refuses the qualifier %j', async (qualifier) => {
    const { lambda, functions } = await withFunction();
    const call = lambda('POST', `${path('f')}?Qualifier=${encodeURIComponent(qualifier)}`, '{}');
    await expect(call).rejects.toMatchObject({ status: 400, code: 'ValidationException' });
    expect(functions.invocations).toEqual([]);
  });

  it('passes an event on that takes long to parse, without holding up other requests', async () => {
    const { invoke } = await withFunction({ functions: { gone: 'http://127.0.0.1:1/' } });
    const [deep, wide] = ['['.repeat(5_000_000), `[${'[],'.repeat(2_000_000)}1]`];
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    for (const event of [deep, wide]) expect((await invoke(event, {}, 'gone')).status).toBe(429);
    expect(parse.mock.calls.filter(([text]) => text.length > 1_000_000)).toEqual([]);
  });

  it('only checks, with the type DryRun', async () => {
    const { invoke, functions } = await withFunction();
    expect(await invoke('{}', { 'x-amz-invocation-type': 'DryRun' })).toMatchObject({ status: 204, text: '' });
    expect((await invoke('{}', { 'x-amz-invocation-type': 'DryRun' }, 'none')).status).toBe(404);
    expect(functions.invocations).toEqual([]);
  });

  it('does not wait, with the type Event, and tries twice more if the function fails', async () => {
    const { invoke, functions, clock } = await withFunction();
    functions.handle = () => undefined;
    expect(await invoke('{"a":1}', { 'x-amz-invocation-type': 'Event' })).toMatchObject({ status: 202, text: '' });
    const first = await functions.next();
    expect(first.event).toEqual({ a: 1 });
    functions.handle = () => ({ status: 500 });
    first.answer({ status: 500 });
    await clock.advance(60_000);
    expect(functions.invocations).toHaveLength(2);
    await clock.advance(119_999);
    expect(functions.invocations).toHaveLength(2);
    await clock.advance(1);
    await clock.advance(600_000);
    expect(functions.invocations).toHaveLength(3);
  });
});

it.each([
  ['GET', ''],
  ['POST', ''],
  ['GET', '/f'],
  ['DELETE', '/f'],
  ['PUT', '/f/code'],
])('%s of functions%s is refused, with what to do instead', async (method, rest) => {
  const { squab } = await fed();
  const response = await fetch(`${squab.url}/2015-03-31/functions${rest}`, { method });
  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, 'UnknownOperationException']);
  expect(await response.json()).toEqual({
    Type: 'User',
    message:
      `The action ${method} /2015-03-31/functions${rest} is not valid for this endpoint. Squab has event source mappings ` +
      'and Invoke, but does not manage functions: give each function its URL with --function NAME=URL.',
  });
});

describe('functions', () => {
  it('are given by name, with placeholders in their URLs, and with * for all others', async () => {
    const others = await functionServer();
    const { invoke, functions } = await withFunction({
      functions: { '*': `${others.url}/run/{name}/invocations`, g: { url: `${others.url}/g` } },
    });
    for (const name of ['f', 'g', 'any_thing-2']) expect((await invoke('{}', {}, name)).status).toBe(200);
    expect(functions.invocations.map(({ path: called }) => called)).toEqual(['/f']);
    expect(others.invocations.map(({ path: called }) => called)).toEqual(['/g', '/run/any_thing-2/invocations']);
  });
});
