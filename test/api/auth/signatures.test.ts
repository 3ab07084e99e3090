/** `--auth sigv4`: which requests are accepted, and the errors of the others. */

import { request } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { overBothWires, type Sign } from '../../helpers.ts';
import {
  checked,
  fromNow,
  INVALID_TOKEN,
  MINUTE_MS,
  OWNER,
  presigned,
  STRANGER,
  signedBy,
  TEMPORARY,
  WRONG_SIGNATURE,
} from './signing.ts';

const stamp = String.raw`\d{8}T\d{6}Z`;

/** Signs the request, and then changes its headers. */
function signedThen(change: (headers: Record<string, string>) => Record<string, string>): Sign {
  return async (request) => change(await signedBy(OWNER)(request));
}

const authorization = (change: (value: string) => string) =>
  signedThen((headers) => ({ ...headers, authorization: change(headers.authorization!) }));

overBothWires('a Squab that checks signatures', (fixture) => {
  describe('accepts', () => {
    it('a signed request, and takes the account from the credential', async () => {
      const { call, squab } = await fixture(checked);
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { sign: signedBy(OWNER) });
      expect(QueueUrl).toBe(`${squab.url}/111122223333/q`);
      await call('SendMessage', { QueueUrl, MessageBody: 'Ærø & søn' }, { sign: signedBy(OWNER) });
      const { Messages } = await call('ReceiveMessage', { QueueUrl }, { sign: signedBy(OWNER) });
      expect(Messages).toMatchObject([{ Body: 'Ærø & søn' }]);
      expect(await call('ListQueues', {}, { sign: signedBy(STRANGER) })).toEqual({});
    });

    it('a signed path and query string', async () => {
      const { call } = await fixture(checked);
      await call('CreateQueue', { QueueName: 'q' }, { sign: signedBy(OWNER) });
      const path = '/a//b/c%20d/111122223333/q?z=1&a=%2F%20x&a=0';
      expect(await call('GetQueueAttributes', {}, { path, sign: signedBy(OWNER) })).toEqual({});
    });

    it('temporary credentials with their session token', async () => {
      const { call } = await fixture(checked);
      expect(await call('ListQueues', {}, { sign: signedBy(TEMPORARY) })).toEqual({});
    });

    it('a session token that is added after signing', async () => {
      const { call } = await fixture(checked);
      const sign: Sign = async (request) => ({
        ...(await signedBy({ ...TEMPORARY, sessionToken: undefined })(request)),
        'x-amz-security-token': 'the-token',
      });
      expect(await call('ListQueues', {}, { sign })).toEqual({});
    });

    it('a header with the hash of the body', async () => {
      const { call } = await fixture({ ...checked });
      const sign: Sign = async (request) => {
        const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(request.body))).toString('hex');
        return signedBy(OWNER)({ ...request, headers: { ...request.headers, 'x-amz-content-sha256': hash } });
      };
      expect(await call('ListQueues', {}, { sign })).toEqual({});
    });

    it.each([14, -14])('a time that is %d minutes off, whatever the clock of messages shows', async (minutes) => {
      const { call, clock } = await fixture(checked);
      await clock.advance(86_400_000);
      const sign = signedBy(OWNER, { signingDate: fromNow(minutes * MINUTE_MS) });
      expect(await call('ListQueues', {}, { sign })).toEqual({});
    });

    it("the time of the machine's clock, even after it was set back", async () => {
      const { call } = await fixture(checked);
      await call('ListQueues', {}, { sign: signedBy(OWNER) });
      const anHourAgo = Date.now() - 60 * MINUTE_MS;
      const clock = vi.spyOn(Date, 'now').mockReturnValue(anHourAgo);
      try {
        await call('ListQueues', {}, { sign: signedBy(OWNER, { signingDate: new Date(anHourAgo) }) });
      } finally {
        clock.mockRestore();
      }
    });

    it('the region that the host names, otherwise the configured one', async () => {
      const { call, squab } = await fixture({ ...checked, region: 'eu-west-1' });
      expect(await call('ListQueues', {}, { sign: signedBy(OWNER, { region: 'eu-west-1' }) })).toEqual({});
      // `fetch` only sends the Host of its URL.
      const url = new URL(`http://sqs.us-west-2.localhost:${squab.port}/?Action=ListQueues`);
      const { search } = await presigned(url, OWNER, { region: 'us-west-2' });
      expect(await rawGet(squab.port, url.host, `/${search}`)).toContain('<ListQueuesResult/>');
    });
  });

  describe('rejects', () => {
    it('an unsigned request', async () => {
      const { call, squab } = await fixture(checked);
      const sign: Sign = async ({ headers: { authorization: _, ...headers } }) => headers;
      await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject({
        status: 403,
        code: 'AccessDenied',
        message: `Access to the resource ${squab.url}/ is denied.`,
      });
    });

    it.each([
      ['Bearer abc', "requires 'Credential' parameter. Authorization header requires 'Signature' parameter. .*SignedH"],
      ['AWS4-HMAC-SHA256', "requires 'Credential' parameter"],
      ['AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host', "^Authorization header requires 'Signature' param"],
      [
        'AWS4-HMAC-SHA256 Credential=AKID, SignedHeaders=host, Signature=0',
        'exactly 5 slash-delimited elements.*has 1',
      ],
    ])('the header %j', async (value, message) => {
      const { call } = await fixture(checked);
      await expect(call('ListQueues', {}, { sign: authorization(() => value) })).rejects.toMatchObject({
        status: 400,
        code: 'IncompleteSignature',
        message: expect.stringMatching(message),
      });
    });

    it('a signature without a date, or with an invalid one', async () => {
      const { call } = await fixture(checked);
      const dateless = signedThen(({ 'x-amz-date': _, ...headers }) => headers);
      await expect(call('ListQueues', {}, { sign: dateless })).rejects.toMatchObject({
        code: 'IncompleteSignature',
        message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
      });
      const later = signedThen((headers) => ({ ...headers, 'x-amz-date': '20261399T000000Z' }));
      await expect(call('ListQueues', {}, { sign: later })).rejects.toMatchObject({
        code: 'IncompleteSignature',
        message: "Date must be in ISO-8601 'basic format'. Got '20261399T000000Z'.",
      });
    });

    it('an unknown access key', async () => {
      const { call } = await fixture(checked);
      const sign = signedBy({ ...OWNER, accessKeyId: 'AKIDUNKNOWN' });
      await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject(INVALID_TOKEN);
    });

    it.each([
      ['a wrong session token', { ...TEMPORARY, sessionToken: 'another' }],
      ['a missing session token', { ...TEMPORARY, sessionToken: undefined }],
      ['a session token with credentials that have none', { ...OWNER, sessionToken: 'the-token' }],
    ])('%s', async (_what, credential) => {
      const { call } = await fixture(checked);
      await expect(call('ListQueues', {}, { sign: signedBy(credential) })).rejects.toMatchObject(INVALID_TOKEN);
    });

    it('temporary credentials after they have expired, by the clock of messages', async () => {
      const expiration = new Date(Date.UTC(2026, 0, 1, 1));
      const { call, clock } = await fixture({ ...checked, credentials: [{ ...TEMPORARY, expiration }] });
      await clock.advance(3_599_999);
      expect(await call('ListQueues', {}, { sign: signedBy(TEMPORARY) })).toEqual({});
      await clock.advance(1);
      await expect(call('ListQueues', {}, { sign: signedBy(TEMPORARY) })).rejects.toMatchObject({
        status: 403,
        code: 'ExpiredToken',
        message: 'The security token included in the request is expired',
      });
    });

    it('a wrong secret, a changed body, an added query string, another path', async () => {
      const { call } = await fixture(checked);
      const changed: Sign = (request) => signedBy(OWNER)({ ...request, body: `${request.body} ` });
      const elsewhere: Sign = (request) => signedBy(OWNER)({ ...request, url: new URL('/elsewhere', request.url) });
      for (const sign of [signedBy({ ...OWNER, secretAccessKey: 'wrong' }), changed, elsewhere]) {
        await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject(WRONG_SIGNATURE);
      }
      const bare: Sign = (request) => signedBy(OWNER)({ ...request, url: new URL('/', request.url) });
      const added = call('ListQueues', {}, { path: '/?QueueNamePrefix=a', sign: bare });
      await expect(added).rejects.toMatchObject(WRONG_SIGNATURE);
    });

    it.each(['UNSIGNED-PAYLOAD', '0'.repeat(64)])('a body with the stated hash %s', async (hash) => {
      const { call } = await fixture(checked);
      const sign: Sign = (request) =>
        signedBy(OWNER)({ ...request, headers: { ...request.headers, 'x-amz-content-sha256': hash } });
      await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject(WRONG_SIGNATURE);
    });

    it.each(['', 'x', '0'.repeat(64), 'é'.repeat(32)])('the signature %j', async (signature) => {
      const { call } = await fixture(checked);
      const sign = authorization((value) => value.replace(/Signature=.*/, `Signature=${signature}`));
      const refusal = signature === '' ? { code: 'IncompleteSignature' } : WRONG_SIGNATURE;
      await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject(refusal);
    });

    it('a path whose signature is the same as that of another path', async () => {
      const { squab } = await fixture(checked);
      const url = await presigned(new URL(`${squab.url}/111122223333/q?Action=PurgeQueue`), OWNER);
      const answer = await rawGet(squab.port, url.host, `/111122223333/x/../q${url.search}`);
      expect(answer).toContain('<Code>SignatureDoesNotMatch</Code>');
      expect(answer).toContain('The path of a signed request must not contain `.` or `..` segments.');
    });

    it('an unsigned x-amz- header', async () => {
      const { call } = await fixture(checked);
      const sign = signedThen((headers) => ({ ...headers, 'x-amz-extra': 'added' }));
      await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject({
        code: 'SignatureDoesNotMatch',
        message: "'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization.",
      });
    });

    it('an unsigned host', async () => {
      const { call } = await fixture(checked);
      const sign = authorization((value) => value.replace('host;', ''));
      await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject({
        code: 'SignatureDoesNotMatch',
        message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
      });
    });

    // The canonical request has a line for each name, with the header's value: together, that could be gigabytes.
    it.each(['host;a;a', 'host;', 'host;a b', 'host;\u00a0'])('the signed headers %j', async (names) => {
      const { call } = await fixture(checked);
      const sign = authorization((value) => value.replace(/SignedHeaders=[^,]*/, `SignedHeaders=${names}`));
      await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject({
        code: 'IncompleteSignature',
        message: 'SignedHeaders must be a list of different header names, separated by semicolons.',
      });
    });

    it('a credential scope with another region, service, terminator or day', async () => {
      const { call } = await fixture(checked);
      const refusal = (sign: Sign) => call('ListQueues', {}, { sign }).catch(({ code, message }) => [code, message]);
      expect(await refusal(signedBy(OWNER, { region: 'eu-west-1' }))).toEqual([
        'SignatureDoesNotMatch',
        "Credential should be scoped to a valid region, not 'eu-west-1'.",
      ]);
      expect(await refusal(signedBy(OWNER, { service: 'sns' }))).toEqual([
        'SignatureDoesNotMatch',
        "Credential should be scoped to correct service: 'sqs'.",
      ]);
      expect(await refusal(authorization((value) => value.replace('aws4_request', 'aws5_request')))).toEqual([
        'SignatureDoesNotMatch',
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
      ]);
      expect(await refusal(authorization((value) => value.replace(/\/\d{8}\//, '/20150830/')))).toEqual([
        'SignatureDoesNotMatch',
        expect.stringMatching(
          `^Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150830' != `,
        ),
      ]);
    });

    it('a time of signing more than 15 minutes in the past or the future', async () => {
      const { call } = await fixture(checked);
      const at = (ms: number) => call('ListQueues', {}, { sign: signedBy(OWNER, { signingDate: fromNow(ms) }) });
      await expect(at(-16 * MINUTE_MS)).rejects.toMatchObject({
        status: 403,
        code: 'SignatureDoesNotMatch',
        message: expect.stringMatching(
          `^Signature expired: ${stamp} is now earlier than ${stamp} \\(${stamp} - 15 min\\.\\)$`,
        ),
      });
      await expect(at(16 * MINUTE_MS)).rejects.toMatchObject({
        code: 'SignatureDoesNotMatch',
        message: expect.stringMatching(
          `^Signature not yet current: ${stamp} is still later than ${stamp} \\(${stamp} \\+ 15 min\\.\\)$`,
        ),
      });
    });

    it('signatures older than Signature Version 4', async () => {
      const { call } = await fixture(checked);
      const sign = authorization(() => 'AWS AKIDOWNER:c2lnbmF0dXJl');
      await expect(call('ListQueues', {}, { sign })).rejects.toMatchObject({
        status: 403,
        code: 'InvalidSecurity',
        message: 'All requests to this queue must use HTTPS and SigV4.',
      });
    });
  });
});

async function rawGet(port: number, host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers: { host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject).end();
  });
}
