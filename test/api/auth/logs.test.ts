/** Squab's log at the default level, while it checks signatures: it must help users, and never reveal secrets. */

import { expect, it } from 'vitest';
import { type CallOptions, overBothWires, type Sign } from '../../helpers.ts';
import { OWNER, presigned, signedBy, TEMPORARY } from './signing.ts';

type Line = Record<string, string>;

overBothWires('the log', (fixture) => {
  async function logged() {
    const lines: Line[] = [];
    const logStream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const credentials = [OWNER, TEMPORARY];
    const made = await fixture({ auth: 'sigv4', credentials, logLevel: 'info', logStream });
    return { ...made, lines };
  }

  it('shows, for a wrong signature, the canonical request and the string to sign', async () => {
    const { call, lines, wire, squab } = await logged();
    let sent: Record<string, string> = {};
    const sign: Sign = async (request) => {
      sent = await signedBy({ ...TEMPORARY, secretAccessKey: 'wrong' })(request);
      return sent;
    };
    await call('ListQueues', {}, { sign }).catch(() => {});
    const { action, level, msg, canonicalRequest, stringToSign } = lines.at(-1)!;
    expect({ action, level, msg }).toEqual({
      action: 'ListQueues',
      level: 40,
      msg: 'Wrong signature. The client should have signed this (messages, tokens and unknown headers are left out).',
    });
    expect(canonicalRequest!.split('\n')).toEqual([
      'POST',
      '/',
      '',
      `content-type:${sent['content-type']}`,
      `host:127.0.0.1:${squab.port}`,
      `x-amz-date:${sent['x-amz-date']}`,
      'x-amz-security-token:(9 characters)',
      ...(wire === 'JSON' ? ['x-amz-target:AmazonSQS.ListQueues'] : []),
      '',
      `content-type;host;x-amz-date;x-amz-security-token${wire === 'JSON' ? ';x-amz-target' : ''}`,
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    expect(stringToSign!.split('\n')).toEqual([
      'AWS4-HMAC-SHA256',
      sent['x-amz-date'],
      `${sent['x-amz-date']!.slice(0, 8)}/us-east-1/sqs/aws4_request`,
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  });

  it('never contains a secret, token, key, signature or message, whatever the outcome of a request', async () => {
    const { call, lines, squab } = await logged();
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { sign: signedBy(OWNER) });
    const send = (options: CallOptions, more = {}) =>
      call('SendMessage', { QueueUrl, MessageBody: 'the-message', ...more }, options).catch(() => {});
    const signatures: string[] = [];
    const watched =
      (sign: Sign): Sign =>
      async (request) => {
        const headers = await sign(request);
        signatures.push(/Signature=(\w+)/.exec(headers.authorization!)![1]!);
        return headers;
      };
    await send({ sign: watched(signedBy(OWNER)) });
    await send({ sign: watched(signedBy(TEMPORARY)) });
    await send({ sign: watched(signedBy(OWNER)) }, { DelaySeconds: 1_000_000 });
    await send({ sign: watched(signedBy({ ...OWNER, secretAccessKey: 'wrong' })) });
    await send({ sign: watched(signedBy({ ...TEMPORARY, secretAccessKey: 'wrong' })) });
    await send({ sign: watched(signedBy({ ...TEMPORARY, sessionToken: 'the-token-of-another' })) });
    await send({ headers: { cookie: 'the-message' } });
    await send({ sign: async () => ({ authorization: 'Bearer the-token' }) });
    const wrong = { ...TEMPORARY, secretAccessKey: 'wrong' };
    const form = 'SendMessage&MessageBody=the-message';
    // The second form is encoded twice, so that all of it is the name of the operation.
    for (const action of [form, encodeURIComponent(form)]) {
      const url = await presigned(new URL(`${QueueUrl}?Action=${action}`), wrong);
      expect((await fetch(url)).status).toBe(403);
      signatures.push(url.searchParams.get('X-Amz-Signature')!);
    }
    await squab.stop();

    const text = JSON.stringify(lines);
    const secrets = [OWNER.secretAccessKey, OWNER.accessKeyId, TEMPORARY.accessKeyId, 'the-token', 'the-message'];
    for (const secret of [...secrets, ...signatures]) expect(text).not.toContain(secret);
    const wrongOnes = lines.filter(({ canonicalRequest }) => canonicalRequest !== undefined);
    expect(wrongOnes).toHaveLength(4);
    expect(signatures).toHaveLength(8);
  });
});

overBothWires('an internal error', (fixture) => {
  it('is logged without the contents of the request', async () => {
    const lines: string[] = [];
    const clock = { now: () => Date.UTC(2026, 0, 1), at: () => () => {} };
    const { call } = await fixture({
      ...{ auth: 'sigv4', credentials: [OWNER], logLevel: 'info', clock },
      logStream: { write: (line) => void lines.push(line) },
    });
    const sign = signedBy(OWNER);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { sign });
    clock.now = () => {
      throw new Error('The clock is broken.');
    };
    const sending = call('SendMessage', { QueueUrl, MessageBody: 'the-message' }, { sign });
    await expect(sending).rejects.toMatchObject({ status: 500, code: 'InternalFailure' });
    clock.now = () => Date.UTC(2026, 0, 1);
    expect(lines.join('')).toContain('The clock is broken.');
    for (const secret of ['the-message', OWNER.secretAccessKey, OWNER.accessKeyId]) {
      expect(lines.join('')).not.toContain(secret);
    }
  });
});
