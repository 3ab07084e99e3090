/** The limits on the nesting and the size of JSON. */

import { describe, expect, it } from 'vitest';
import { excessOf } from '../../src/queues/json-bounds.ts';
import { parseJsonObject } from '../../src/queues/json-object.ts';
import { overBothWires, setup } from '../helpers.ts';

/** Makes a text long enough to be checked. */
const PADDING = `"${'x'.repeat(140_000)}"`;
const excess = (json: string) => excessOf(Buffer.from(json));
const nested = (depth: number, inside: string) => `${'['.repeat(depth)}${inside}${']'.repeat(depth)}`;

describe('JSON', () => {
  it('may be nested 100 levels deep, but no deeper', () => {
    expect(excess(nested(100, PADDING))).toBeUndefined();
    expect(excess(nested(101, PADDING))).toBe('nests deeper than 100 levels');
    expect(excess(`${nested(100, PADDING)}${nested(100, PADDING)}`)).toBeUndefined();
    expect(excess(`${'{"a":'.repeat(101)}${PADDING}`)).toBe('nests deeper than 100 levels');
  });

  it('may have 10,000 commas and opening brackets, but no more', () => {
    expect(excess(`[${PADDING}${',1'.repeat(9999)}]`)).toBeUndefined();
    expect(excess(`[${PADDING}${',1'.repeat(10_000)}]`)).toBe('has more than 10000 commas and opening brackets');
    expect(excess(`[${'{}'.repeat(10_000)}${PADDING}`)).toBe('has more than 10000 commas and opening brackets');
  });

  it.each([
    ['brackets', '['.repeat(150_000)],
    ['commas', ','.repeat(150_000)],
    ['quotes', '\\"[,'.repeat(50_000)],
    ['backslashes before its end', `${'['.repeat(150_000)}\\\\`],
  ])('may have strings with any number of %s', (_what, text) => {
    expect(excess(`{"a":"${text}","b":[]}`)).toBeUndefined();
    expect(excess(`{"a":"${text}","b":${nested(101, '')}}`)).toBe('nests deeper than 100 levels');
  });

  it.each(['"', '"\\', '{"a":"\\"', '\\"[['])('may be incomplete (%j)', (end) => {
    expect(excess(PADDING + end)).toBeUndefined();
  });

  it('is not checked if it is short', () => {
    expect(excess('['.repeat(128 * 1024))).toBeUndefined();
    expect(parseJsonObject(`{"a":${nested(200, '')}}`)).toBeDefined();
  });
});

it('A request body is rejected before it is parsed', async () => {
  const { squab } = await setup();
  for (const [body, message] of [
    ['['.repeat(8 * 1024 * 1024), 'The request body nests deeper than 100 levels.'],
    [
      `{"QueueUrl":"q","Entries":[${'{},'.repeat(2_500_000)}{}]}`,
      'The request body has more than 10000 commas and opening brackets.',
    ],
  ]) {
    const headers = { 'x-amz-target': 'AmazonSQS.SendMessageBatch' };
    const response = await fetch(squab.url, { method: 'POST', headers, body: body! });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ message });
  }
});

overBothWires('A policy', (fixture) => {
  it('is invalid if it is nested too deeply', async () => {
    const { call, queue } = await fixture();
    const Policy = `{"Statement":${nested(1_000_000, '')}}`;
    const change = call('SetQueueAttributes', { QueueUrl: await queue(), Attributes: { Policy } });
    await expect(change).rejects.toMatchObject({ code: 'InvalidAttributeValue' });
  });
});
