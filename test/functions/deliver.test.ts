/** Events of topics are passed on to functions, and the answers decide what becomes of the deliveries. */

import { describe, expect, it } from 'vitest';
import { FunctionTable } from '../../src/functions/function-table.ts';
import { Invocations } from '../../src/functions/invoke.ts';
import { Invoker } from '../../src/functions/invoker.ts';
import { systemClock } from '../../src/time/clock.ts';
import { freePort } from '../commands/command.ts';
import { eventually } from '../eventually.ts';
import { type Answer, EMULATOR_PATH, functionServer } from './function-server.ts';

const arnOf = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
const EVENT = '{"Records":[{"EventSource":"aws:sns"}]}';

/** Invocations of the functions `f`, which is a server, `emulator`, which is the same as an emulator, and `gone`. */
async function invocations() {
  const server = await functionServer();
  const gone = `http://127.0.0.1:${await freePort()}`;
  const functions = new FunctionTable({ f: `${server.url}/f`, emulator: server.emulator, gone });
  const invoker = new Invoker({ machine: systemClock, track() {} });
  const log = { info() {}, warn() {}, error() {} };
  const made = new Invocations({ functions, invoker, clock: systemClock, log });
  const deliver = (name: string, signal = new AbortController().signal) => made.deliver(arnOf(name), EVENT, signal);
  const invoke = (functionName: string, event: string, signal: AbortSignal) =>
    made.invoke(
      { account: '000000000000', region: 'us-east-1' },
      { functionName, type: undefined, payload: Buffer.from(event), headers: {}, signal: () => signal },
    );
  return { server, gone, deliver, invoke };
}

describe('an event of a topic', () => {
  it('is posted to the URL of the function, as an asynchronous invocation', async () => {
    const { server, deliver } = await invocations();
    expect(await deliver('f')).toEqual({ kind: 'delivered' });
    const [{ path, headers, event }] = server.invocations as [(typeof server.invocations)[0]];
    expect(path).toBe('/f');
    expect(headers).toMatchObject({ 'x-amz-invocation-type': 'Event', 'content-type': 'application/json' });
    expect(event).toEqual(JSON.parse(EVENT));
  });

  it('goes to the function whatever version or alias its ARN names', async () => {
    const { server, deliver } = await invocations();
    expect(await deliver('f:live')).toEqual({ kind: 'delivered' });
    expect(server.invocations).toHaveLength(1);
  });

  it('for a function without a URL is refused', async () => {
    const { server, deliver } = await invocations();
    const reason = `Squab has no URL for the function ${arnOf('unknown')}; give it one with --function NAME=URL`;
    expect(await deliver('unknown')).toEqual({ kind: 'refused', reason });
    expect(server.invocations).toEqual([]);
  });

  it.each<[string, Answer]>([
    ['a result', { body: { any: 'thing' } }],
    ['status 202, as Lambda does', { status: 202 }],
    ['an error of the function', { body: { errorType: 'TypeError', errorMessage: 'x is not a function' } }],
    ['the header of an error', { headers: { 'X-Amz-Function-Error': 'Unhandled' }, body: {} }],
    ['a timeout of the function', { body: 'Task timed out after 3.00 seconds' }],
  ])('is delivered if the function answers with %s', async (_what, answer) => {
    const { server, deliver } = await invocations();
    server.handle = () => answer;
    expect(await deliver('f')).toEqual({ kind: 'delivered' });
  });

  it.each<[string, Answer, string | RegExp]>([
    ['status 429', { status: 429 }, 'its server answered with status 429'],
    ['status 502', { status: 502 }, 'its server answered with status 502'],
    ['status 503', { status: 503 }, 'its server answered with status 503'],
    ['status 500', { status: 500 }, 'the endpoint answered with status 500'],
    ['a broken connection', { breaks: true }, /^the connection to 127\.0\.0\.1:\d+ broke \(ECONNRESET\)$/],
  ])('has failed, and can be tried again, after %s', async (_what, answer, reason) => {
    const { server, deliver } = await invocations();
    server.handle = () => answer;
    const expected = reason instanceof RegExp ? expect.stringMatching(reason) : reason;
    expect(await deliver('f')).toEqual({ kind: 'failed', reason: expected });
  });

  it('has failed, and can be tried again, if the function cannot be reached', async () => {
    const { gone, deliver } = await invocations();
    const reason = `${new URL(gone).host} cannot be reached (ECONNREFUSED)`;
    expect(await deliver('gone')).toEqual({ kind: 'failed', reason });
  });

  it('has failed, and can be tried again, if an emulator is busy', async () => {
    const { server, deliver } = await invocations();
    server.handle = () => ({ status: 400 });
    expect(await deliver('emulator')).toEqual({ kind: 'failed', reason: 'it is busy' });
    expect(server.invocations[0]!.path).toBe(EMULATOR_PATH);
  });

  it.each([400, 404])('is refused by status %i', async (status) => {
    const { server, deliver } = await invocations();
    server.handle = () => ({ status, body: 'no' });
    expect(await deliver('f')).toEqual({ kind: 'refused', reason: `the endpoint answered with status ${status}` });
  });

  it('is refused by a redirect, which is not followed', async () => {
    const { server, deliver } = await invocations();
    server.handle = () => ({ status: 302, headers: { location: `${server.url}/other` } });
    expect(await deliver('f')).toMatchObject({ kind: 'refused' });
    expect(server.invocations).toHaveLength(1);
  });

  it('has no outcome if it is aborted', async () => {
    const { server, deliver } = await invocations();
    server.handle = () => undefined;
    const gone = new AbortController();
    const outcome = deliver('f', gone.signal);
    await server.next();
    gone.abort();
    expect(await outcome).toBeUndefined();
    expect(await deliver('f', gone.signal)).toBeUndefined();
    expect(server.invocations).toHaveLength(1);
  });

  it('waits for its turn at an emulator, which handles one at a time', async () => {
    const { server, deliver } = await invocations();
    server.handle = () => undefined;
    const outcomes = [deliver('emulator'), deliver('emulator')];
    (await server.next()).answer();
    (await server.next()).answer();
    expect(await Promise.all(outcomes)).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }]);
    expect(server.most).toBe(1);
  });

  it('waits while an emulator works for a client that has gone, and skips clients that went before it had their events', async () => {
    const { server, deliver, invoke } = await invocations();
    server.handle = () => undefined;
    const [first, second] = [new AbortController(), new AbortController()];
    const begun = invoke('emulator', '1', first.signal);
    const { answer } = await server.next();
    const waiting = invoke('emulator', '2', second.signal);
    const outcome = deliver('emulator');
    first.abort();
    second.abort();
    await waiting;
    answer({ body: 'done' });
    // The emulator has worked on the event to the end.
    expect(String((await begun).answer?.body)).toBe('done');
    (await server.next()).answer();
    expect(await outcome).toEqual({ kind: 'delivered' });
    expect(server.invocations.map(({ event }) => event)).toEqual([1, JSON.parse(EVENT)]);
  });
});

it('long answers that arrive at once are judged with other work in between', async () => {
  const { server, deliver } = await invocations();
  server.handle = () => undefined;
  const endedIn: number[] = [];
  let turns = 0;
  const deliveries = Array.from({ length: 20 }, async () => {
    const outcome = await deliver('f');
    endedIn.push(turns);
    return outcome;
  });
  await eventually(() => expect(server.invocations).toHaveLength(20));
  let timer = setImmediate(function next() {
    turns++;
    timer = setImmediate(next);
  });
  for (const invocation of server.invocations) invocation.answer({ body: 'x'.repeat(70_000) });
  for (const outcome of await Promise.all(deliveries)) expect(outcome).toEqual({ kind: 'delivered' });
  clearImmediate(timer);
  expect(new Set(endedIn).size).toBe(20);
});
