/** Requests with their signature in the URL. */

import { describe, expect, it } from 'vitest';
import { setup } from '../../helpers.ts';
import {
  checked,
  fromNow,
  INVALID_TOKEN,
  MINUTE_MS,
  OWNER,
  presigned,
  signedBy,
  TEMPORARY,
  WRONG_SIGNATURE,
} from './signing.ts';

describe('a presigned URL', () => {
  const list = (url: string) => new URL(`${url}/?Action=ListQueues`);
  const get = async (url: URL) => {
    const response = await fetch(url);
    const text = await response.text();
    return `${response.status} ${/<Message>(.*)<\/Message>/.exec(text)?.[1] ?? text}`;
  };

  it('is valid for as long as it says', async () => {
    const { squab } = await setup(checked);
    const at = (ms: number) => presigned(list(squab.url), OWNER, { signingDate: fromNow(ms), expiresIn: 3600 });
    expect(await get(await at(-59 * MINUTE_MS))).toMatch(/^200 .*<ListQueuesResult\/>/s);
    expect(await get(await at(-61 * MINUTE_MS))).toMatch(/^403 Signature expired: .* - 3600 sec\.\)$/);
  });

  it('contains the token of temporary credentials', async () => {
    const { squab } = await setup(checked);
    const url = await presigned(list(squab.url), TEMPORARY);
    expect(await get(url)).toMatch(/^200 /);
    url.searchParams.set('X-Amz-Security-Token', 'another');
    expect(await get(url)).toBe(`403 ${INVALID_TOKEN.message}`);
  });

  it('sends a message to a queue, but only the message that was signed', async () => {
    const { squab, client } = await setup(checked);
    const { QueueUrl } = await client('JSON').call('CreateQueue', { QueueName: 'q' }, { sign: signedBy(OWNER) });
    const url = await presigned(new URL(`${QueueUrl}?Action=SendMessage&MessageBody=a%20b+c%27s`), OWNER);
    expect(url.origin).toBe(squab.url);
    expect(await get(url)).toMatch(/^200 /);
    const { Messages } = await client('JSON').call('ReceiveMessage', { QueueUrl }, { sign: signedBy(OWNER) });
    expect(Messages).toMatchObject([{ Body: "a b c's" }]);
    url.searchParams.set('MessageBody', 'other');
    expect(await get(url)).toBe(`403 ${WRONG_SIGNATURE.message}`);
  });

  it('loses no parameter to others that its signature does not cover', async () => {
    const { client } = await setup(checked);
    const { QueueUrl } = await client('JSON').call('CreateQueue', { QueueName: 'q' }, { sign: signedBy(OWNER) });
    const url = await presigned(new URL(`${QueueUrl}?Action=SendMessage&MessageBody=a&DelaySeconds=900`), OWNER);
    const delay = 'DelaySeconds=900';
    const others = url.search
      .slice(1)
      .split('&')
      .filter((parameter) => parameter !== delay);
    for (const empty of ['&'.repeat(6000), '&'.repeat(3000)]) {
      for (const query of [
        [...others, empty, delay],
        [empty, ...others, empty, delay],
      ]) {
        expect(await get(new URL(`${QueueUrl}?${query.join('&')}`))).toMatch(/^200 /);
      }
    }
    const { Messages } = await client('JSON').call('ReceiveMessage', { QueueUrl }, { sign: signedBy(OWNER) });
    expect(Messages).toBeUndefined();
  });

  it.each([
    [{ 'X-Amz-Expires': '0' }, '400 X-Amz-Expires must be a number of seconds from 1 to 604800.'],
    [{ 'X-Amz-Expires': '604801' }, '400 X-Amz-Expires must be a number of seconds from 1 to 604800.'],
    [{ 'X-Amz-Signature': '' }, "400 AWS query-string parameters must include 'X-Amz-Signature'."],
    [
      { 'X-Amz-Algorithm': 'AWS4-ECDSA-P256-SHA256' },
      "400 AWS query-string parameters must include 'X-Amz-Algorithm' with the value 'AWS4-HMAC-SHA256'.",
    ],
  ])('is rejected with %j', async (change, answer) => {
    const { squab } = await setup(checked);
    const url = await presigned(list(squab.url), OWNER);
    for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value);
    expect(await get(url)).toBe(answer);
  });

  it('of Signature Version 2 is rejected', async () => {
    const { squab } = await setup(checked);
    const old = 'AWSAccessKeyId=AKIDOWNER&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=x';
    expect(await get(new URL(`${list(squab.url)}&${old}`))).toBe(
      '403 All requests to this queue must use HTTPS and SigV4.',
    );
  });
});
