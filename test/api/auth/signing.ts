/** Signs requests as clients do: with the signer of the AWS SDK for JavaScript, which shares no code with src/. */

import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { StartOptions } from '../../../src/index.ts';
import type { Credential } from '../../../src/settings/credentials.ts';
import type { Sign, Unsigned } from '../../helpers.ts';

export const OWNER: Credential = {
  accessKeyId: 'AKIDOWNER',
  secretAccessKey: 'the-secret-of-the-owner',
  accountId: '111122223333',
  principal: 'arn:aws:iam::111122223333:user/owner',
};

export const STRANGER: Credential = {
  accessKeyId: 'AKIDSTRANGER',
  secretAccessKey: 'the-secret-of-a-stranger',
  accountId: '444455556666',
  principal: 'arn:aws:iam::444455556666:user/stranger',
};

/** SHA-256 with the interface that the signer expects. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

export interface SigningOptions {
  region?: string;
  service?: string;
  signingDate?: Date;
  expiresIn?: number;
}

export function signer(credentials: Credential, { region = 'us-east-1', service = 'sqs' }: SigningOptions = {}) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const identity = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  return new SignatureV4({ credentials: identity, region, service, sha256: Sha256, applyChecksum: false });
}

function httpRequest({ url, method, headers, body }: Unsigned) {
  const { authorization: _unsigned, ...others } = headers;
  const query = Object.fromEntries([...url.searchParams.keys()].map((name) => [name, url.searchParams.getAll(name)]));
  const { protocol, hostname, pathname: path, host } = url;
  return { protocol, hostname, method, path, query, headers: { ...others, host }, body };
}

/** Returns a function for a call's option `sign`. */
export function signedBy(credentials: Credential, options: SigningOptions = {}): Sign {
  return async (request) => {
    const { signingDate } = options;
    const signed = await signer(credentials, options).sign(httpRequest(request), {
      ...(signingDate && { signingDate }),
    });
    return signed.headers;
  };
}

/** Returns a URL that contains its signature, for a GET. `expiresIn` is in seconds. */
export async function presigned(url: URL, credentials: Credential, options: SigningOptions = {}): Promise<URL> {
  const { signingDate, expiresIn = 60 } = options;
  const request = httpRequest({ url, method: 'GET', headers: {}, body: '' });
  const { query = {} } = await signer(credentials, options).presign(request, {
    expiresIn,
    ...(signingDate && { signingDate }),
  });
  const escaped = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  const parameters = Object.entries(query).flatMap(([name, values]) =>
    [values ?? ''].flat().map((value) => `${escaped(name)}=${escaped(value)}`),
  );
  return new URL(`${url.origin}${url.pathname}?${parameters.join('&')}`);
}

export const TEMPORARY = { ...OWNER, accessKeyId: 'ASIATEMPORARY', sessionToken: 'the-token' };
export const checked: StartOptions = { auth: 'sigv4', credentials: [OWNER, STRANGER, TEMPORARY] };

export const INVALID_TOKEN = {
  status: 403,
  code: 'InvalidClientTokenId',
  message: 'The security token included in the request is invalid.',
};
export const WRONG_SIGNATURE = {
  status: 403,
  code: 'SignatureDoesNotMatch',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
    'and signing method. Consult the service documentation for details.',
};

export const MINUTE_MS = 60_000;
export const fromNow = (ms: number) => new Date(Date.now() + ms);
