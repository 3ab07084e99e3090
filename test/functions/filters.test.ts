/** The filters of event source mappings. */

import { describe, expect, it } from 'vitest';
import { FilterLine, filtersOf } from '../../src/functions/filters.ts';
import { longestTurn } from '../cpu-time.ts';
import { fed, MAPPINGS } from './fed.ts';

/** Resolves to the bodies that a function with these patterns gets; the others must have been deleted. */
async function passed(patterns: readonly object[], bodies: readonly string[], settings: object = {}) {
  const { functions, feed, send, lambda, clock, counts } = await fed();
  const FilterCriteria = { Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) };
  const { QueueUrl, mapping } = await feed({ FilterCriteria, Enabled: false, ...settings });
  await send(QueueUrl, ...bodies);
  await lambda('PUT', `/2015-03-31/event-source-mappings/${mapping.UUID}`, { Enabled: true });
  await clock.advance(1000);
  expect(await counts(QueueUrl)).toEqual([0, 0]);
  return functions.bodies.flat().sort();
}

const json = (value: object) => JSON.stringify(value);

describe('a message', () => {
  it.each<[string, object, string[], string[]]>([
    ['plain text is compared with a list', { body: ['abc'] }, ['abc', 'abd', '"abc"'], ['abc']],
    ['plain text does not match an object', { body: { a: [1] } }, ['abc', json({ a: 1 })], [json({ a: 1 })]],
    ['JSON does not match a list', { body: [json({ a: 1 })] }, [json({ a: 1 })], []],
    ['without a key body, everything passes that matches the rest', { eventSource: ['aws:sqs'] }, ['abc'], ['abc']],
    ['any member of the record can be filtered', { awsRegion: ['eu-west-1'] }, ['abc'], []],
    [
      'operators of EventBridge are known',
      { body: { size: [{ numeric: ['>', 5, '<=', 10] }], colour: [{ prefix: 'b' }, null], gone: [{ exists: false }] } },
      [json({ size: 7, colour: 'blue' }), json({ size: 11, colour: 'blue' }), json({ size: 7, colour: 'red' })],
      [json({ size: 7, colour: 'blue' })],
    ],
  ])('%s', async (_rule, pattern, bodies, expected) => {
    expect(await passed([pattern], bodies)).toEqual(expected);
  });

  it('may be JSON that is nested as deeply as it fits into a message', async () => {
    const deep = ['['.repeat(500_000) + ']'.repeat(500_000), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`];
    expect(await passed([{ body: { a: [1] } }], [...deep, json({ a: 1 })])).toEqual([json({ a: 1 })]);
  });

  it('passes if it matches one of several filters', async () => {
    expect(await passed([{ body: ['a'] }, { body: ['b'] }], ['a', 'b', 'c'])).toEqual(['a', 'b']);
  });

  it('that does not pass does not count in a batch', async () => {
    const settings = { BatchSize: 2, MaximumBatchingWindowInSeconds: 1 };
    expect(await passed([{ body: [{ 'anything-but': 'x' }] }], ['x', 'a', 'x', 'x', 'b', 'x'], settings)).toEqual([
      'a',
      'b',
    ]);
  });

  it('on which the filters would take too long stays in the queue, and its history says why', async () => {
    const conditions = (list: number) => Array.from({ length: 170 }, (_, i) => ({ cidr: `${list}.0.${i}.0/24` }));
    const { functions, feed, send, squab, clock, counts } = await fed();
    const Filters = [1, 2, 3].map((list) => ({ Pattern: json({ body: { k: conditions(list) } }) }));
    const { QueueUrl } = await feed({ FilterCriteria: { Filters } });
    await send(QueueUrl, json({ k: Array.from({ length: 50_000 }, () => '9.9.9.9') }), json({ k: ['1.0.1.7'] }));
    await clock.advance(0);
    expect(functions.bodies).toEqual([[json({ k: ['1.0.1.7'] })]]);
    expect(await counts(QueueUrl)).toEqual([0, 1]);
    const texts = [];
    for await (const event of squab.control.events.follow({}, 0)) {
      if ('text' in event) texts.push(event.text);
      if (event.kind === 'function-failed') break;
    }
    expect(texts.at(-1)).toContain('the filters of its event source mapping would take more than 2000000 steps');
  });

  it('is compared in a turn of the event loop of its own', async () => {
    // Each takes nearly a tenth of a second.
    const conditions = Array.from({ length: 180 }, () => ({ wildcard: '*z*' }));
    const FilterCriteria = {
      Filters: Array.from({ length: 5 }, () => ({ Pattern: json({ body: { k: conditions } }) })),
    };
    const { feed, call, lambda, clock, counts } = await fed();
    const { QueueUrl, mapping } = await feed({ FilterCriteria, Enabled: false });
    const MessageBody = json({ k: Array.from({ length: 1900 }, () => 'ab') });
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody }));
    await call('SendMessageBatch', { QueueUrl, Entries });
    const longest = await longestTurn(async () => {
      await lambda('PUT', `${MAPPINGS}/${mapping.UUID}`, { Enabled: true });
      await clock.advance(1000);
    });
    expect(await counts(QueueUrl)).toEqual([0, 0]);
    expect(longest).toBeLessThan(300);
  });

  it('shares a turn of the event loop with others on which filters take little time', async () => {
    const line = new FilterLine();
    const filters = filtersOf([json({ body: { k: ['z'] } })]);
    let turns = 0;
    let timer = setImmediate(function next() {
      turns++;
      timer = setImmediate(next);
    });
    const matches = await Promise.all(Array.from({ length: 100 }, () => line.match(filters, { body: '{"k":"y"}' })));
    clearImmediate(timer);
    expect(new Set(matches)).toEqual(new Set([false]));
    expect(turns).toBeLessThan(5);
  });

  it('that does not pass is deleted without an invocation, and its history says why', async () => {
    const { functions, feed, send, squab, clock, counts } = await fed();
    const FilterCriteria = { Filters: [{ Pattern: json({ body: ['never'] }) }] };
    const { QueueUrl } = await feed({ FilterCriteria });
    await send(QueueUrl, 'a');
    await clock.advance(0);
    expect(functions.invocations).toEqual([]);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
    const texts = [];
    for await (const event of squab.control.events.follow({}, 0)) {
      if ('text' in event) texts.push(event.text);
      if (event.kind === 'deleted') break;
    }
    expect(texts.slice(2)).toEqual([
      expect.stringMatching(/^Received for the 1st time, by function f; hidden until/),
      'Function f did not get it: it matches none of its filters.',
      'Deleted from q.',
    ]);
  });
});
