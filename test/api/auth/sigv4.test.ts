/** The computation of signatures, compared with AWS's own test suite and the signer of its JavaScript SDK. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signatureIn } from '../../../src/api/auth/signature.ts';
import {
  canonicalRequest,
  readableCanonicalRequest,
  type SignedRequest,
  signatureOf,
  signingKey,
  stringToSign,
} from '../../../src/api/auth/sigv4.ts';
import { OWNER, presigned, signer } from './signing.ts';

interface Case {
  signedRequest: string;
  canonicalRequest: string;
  stringToSign: string;
  authorization: string;
}

const file = join(import.meta.dirname, '../../data/sigv4-test-suite.json');
const suite = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Case>);
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

/** Parses a request as Node.js does: one character for each byte, and folded header lines joined. */
function parsed(text: string): SignedRequest & { headers: Record<string, string> } {
  const bytes = Buffer.from(text).toString('latin1');
  const [head = '', body = ''] = bytes.split(/\n\n([\s\S]*)/);
  const [first = '', ...lines] = head.replace(/\n[ \t]+/g, ' ').split('\n');
  const [, method = '', path = '', query = ''] = /^(\S+) ([^?]*)\??(.*) HTTP\/1\.1$/.exec(first)!;
  const headers = lines.filter(Boolean).map((line) => /^([^:]+):(.*)$/.exec(line)!.slice(1) as [string, string]);
  return {
    ...{ method, path, query, body: Buffer.from(body, 'latin1'), rawHeaders: headers.flat() },
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value.trim()])),
  };
}

const bytes = (text: string) => Buffer.from(text).toString('latin1');

describe("AWS's test suite", () => {
  it('is complete', () => expect(suite).toHaveLength(34));

  it.each(suite)('%s', (_name, wanted) => {
    const { headers, ...request } = parsed(wanted.signedRequest);
    const raw = { rawHeaders: request.rawHeaders, socket: {} };
    const signature = signatureIn({ ...request, headers: { ...headers, authorization: wanted.authorization }, raw })!;
    const canonical = canonicalRequest(request, signature.signedHeaders);
    expect(canonical).toBe(bytes(wanted.canonicalRequest));
    const text = stringToSign(signature.timestamp, signature.scope, canonical);
    expect(text).toBe(wanted.stringToSign);
    expect(signatureOf(signingKey(SECRET, signature.scope), text).toString('hex')).toBe(signature.signature);
  });
});

describe('the signer of the AWS SDK', () => {
  // Encoded as in a URL: the SDK encodes a path once more, and Node.js provides the path as received.
  const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((text) => encodeURIComponent(text));
  const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => text.isWellFormed());
  const query = fc.dictionary(
    word.filter((name) => name !== '__proto__'),
    word,
    { maxKeys: 5 },
  );
  // UTF-8 is received as Latin-1, in which the byte 0xA0 looks like whitespace.
  const value = fc.string({ unit: fc.constantFrom('a', 'B', '7', ' ', '  ', ',', '"', '=', 'à', 'Ġ') });
  const headers = fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), value, { maxKeys: 4 });
  const body = fc.string({ unit: 'grapheme' });

  it("agrees with Squab's, whatever the request", async () => {
    await fc.assert(
      fc.asyncProperty(path, query, headers, body, async (path, query, extra, body) => {
        const given = { method: 'POST', protocol: 'http:', hostname: 'sqs', path, query, body };
        const signed = await signer(OWNER).sign({ ...given, headers: { host: 'sqs:9324', ...extra } });
        const asBytes = (text: string) => Buffer.from(text).toString('latin1');
        const raw = { rawHeaders: Object.entries(signed.headers).flat().map(asBytes), socket: {} };
        const request = {
          ...{ method: 'POST', path, body: Buffer.from(body), raw, headers: signed.headers },
          query: Object.entries(query)
            .map((pair) => pair.map(encodeURIComponent).join('='))
            .join('&'),
        };
        const signature = signatureIn(request)!;
        const signedRequest = { ...request, rawHeaders: raw.rawHeaders };
        const text = stringToSign(
          signature.timestamp,
          signature.scope,
          canonicalRequest(signedRequest, signature.signedHeaders),
        );
        const key = signingKey(OWNER.secretAccessKey, signature.scope);
        expect(signatureOf(key, text).toString('hex')).toBe(signature.signature);
      }),
    );
  });
});

it('shows only the length of values that may be messages or tokens', async () => {
  const url = new URL('http://sqs:9324/111122223333/q?Action=SendMessage&MessageBody=top%20secret');
  const { pathname, search } = await presigned(url, { ...OWNER, sessionToken: 'the-token' });
  const request = { method: 'GET', path: pathname, query: search.slice(1), body: Buffer.alloc(0) };
  const rawHeaders = ['Host', 'sqs:9324', 'X-Custom', 'classified'];
  const shown = readableCanonicalRequest({ ...request, rawHeaders }, ['host', 'x-custom']);
  const [method, path, query, ...rest] = shown.split('\n');
  expect([method, path]).toEqual(['GET', '/111122223333/q']);
  expect(query).toMatch(
    /^Action=SendMessage&MessageBody=\(12 characters\)&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\(\d+ characters\)&X-Amz-Date=\d+T\d+Z&X-Amz-Expires=60&X-Amz-Security-Token=\(9 characters\)&X-Amz-SignedHeaders=host$/,
  );
  const hashOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  expect(rest).toEqual(['host:sqs:9324', 'x-custom:(10 characters)', '', 'host;x-custom', hashOfNothing]);
});
