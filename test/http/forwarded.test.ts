/** `--trust-proxy`: the headers by which a proxy describes a request. */

import { describe, expect, it } from 'vitest';
import { forwarded } from '../../src/api/headers.ts';
import { overBothWires } from '../helpers.ts';

overBothWires('a queue URL behind a proxy', (fixture) => {
  const urlFor = async (headers: Record<string, string>, options = {}) => {
    const { call, squab } = await fixture(options);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { headers });
    return QueueUrl.replace(squab.url, 'SQUAB');
  };
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'sqs.example.com' };

  it('begins with the protocol and the host that the proxy received', async () => {
    expect(await urlFor(headers, { trustProxy: true })).toBe('https://sqs.example.com/000000000000/q');
  });

  it('begins with the last values, which the proxy added to those of the client', async () => {
    const forged = { 'x-forwarded-proto': 'gopher, https', 'x-forwarded-host': 'evil.example,sqs.example.com' };
    expect(await urlFor(forged, { trustProxy: true })).toBe('https://sqs.example.com/000000000000/q');
  });

  it('has nothing from these headers unless proxies are trusted', async () => {
    expect(await urlFor(headers)).toBe('SQUAB/000000000000/q');
  });
});

describe('a forwarded header', () => {
  it.each([
    ['https', 'https'],
    [' http , https ', 'https'],
    ['http,https, ', 'https'],
    ['', undefined],
    [' , ', undefined],
    [undefined, undefined],
    [['http', 'https'], 'https'],
  ])('%j counts as %j', (header, expected) => {
    expect(forwarded({ 'x-forwarded-proto': header }, 'x-forwarded-proto', true)).toBe(expected);
    expect(forwarded({ 'x-forwarded-proto': header }, 'x-forwarded-proto', false)).toBeUndefined();
  });
});
