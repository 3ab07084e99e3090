/**
 * Signs requests to SQS by Signature Version 4, for a Squab that checks signatures. The access key is kept in memory
 * only: it is gone when the page is.
 */

import { signal } from '@preact/signals';
import { machineNow } from './timing.ts';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials only. */
  sessionToken: string;
}

export const accessKey = signal<AccessKey | undefined>(undefined);

const encoder = new TextEncoder();

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const sha256 = async (text: string): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', encoder.encode(text)));

async function hmac(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return crypto.subtle.sign('HMAC', imported, encoder.encode(text));
}

/** Browsers have cryptography only for pages that nobody can change on their way. */
export const canSign = isSecureContext;

/** Returns these headers of a POST to `/`, with those that its signature adds. Only if `canSign`. */
export async function sign(
  service: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  region: string,
  { accessKeyId, secretAccessKey, sessionToken }: AccessKey,
): Promise<Record<string, string>> {
  const time = new Date(machineNow()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const date = time.slice(0, 8);
  const sent = { ...headers, 'x-amz-date': time, ...(sessionToken && { 'x-amz-security-token': sessionToken }) };
  const signed = Object.entries({ ...sent, host: location.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value.trim()}\n`).join('');
  const canonical = ['POST', '/', '', lines, names, await sha256(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, await sha256(canonical)].join('\n');
  let key: BufferSource = encoder.encode(`AWS4${secretAccessKey}`);
  for (const part of scope.split('/')) key = await hmac(key, part);
  const signature = hex(await hmac(key, text));
  const credential = `Credential=${accessKeyId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...sent, authorization };
}
