/** Reads and checks the certificate and the key for HTTPS, and defines which TLS versions and ciphers are accepted. */

import { constants, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { reasonOf } from '../settings/credentials.ts';

export interface Tls {
  /** PEM: the server's certificate, optionally followed by its issuers' certificates. */
  cert: string;
  /** PEM, not encrypted. */
  key: string;
}

/**
 * TLS 1.2 and 1.3, with forward secrecy and authenticated encryption only. By default, Node.js also accepts CBC suites
 * with TLS 1.2, against which there have been several attacks. The TLS libraries of all SDKs support the suites below.
 */
export const tlsSettings = {
  minVersion: 'TLSv1.2',
  // In TLS 1.2, clients could otherwise make the server repeat the costly handshake on the same connection.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const;

/** Reads both files. Throws an error that names the file and says what is wrong with it. */
export function readTls(certFile: string, keyFile: string): Tls {
  const cert = read(certFile, 'certificate');
  const key = read(keyFile, 'key');
  if (!certificateIn(cert, certFile).checkPrivateKey(keyIn(key, keyFile))) {
    throw new Error(`The certificate in ${certFile} does not belong to the key in ${keyFile}.`);
  }
  return { cert, key };
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`Cannot read the ${what} in ${path}: ${reasonOf(error)}.`);
  }
}

function certificateIn(pem: string, path: string): X509Certificate {
  if (pem.includes('-----BEGIN CERTIFICATE-----')) {
    try {
      return new X509Certificate(pem);
    } catch {}
  }
  throw new Error(`${path} contains no certificate: it must be in PEM format, with -----BEGIN CERTIFICATE-----.`);
}

function keyIn(pem: string, path: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) {
    throw new Error(`The key in ${path} is encrypted. Use one without a passphrase (openssl pkey -in KEY -out PLAIN).`);
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error(`${path} contains no key: it must be in PEM format, with -----BEGIN PRIVATE KEY-----.`);
  }
}
