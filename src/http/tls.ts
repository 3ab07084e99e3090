/** The certificate and the key of HTTPS, and what is wrong with them. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { reasonOf } from '../settings/credentials.ts';

export interface Tls {
  /** PEM; the certificates of issuers may follow the server's own. */
  cert: string;
  key: string;
}

/** Throws an error that names the file and says what is wrong with it. */
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
  throw new Error(`There is no certificate in ${path}: it must be in the form PEM, with -----BEGIN CERTIFICATE-----.`);
}

function keyIn(pem: string, path: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) {
    throw new Error(
      `The key in ${path} is encrypted. Take one without a passphrase (openssl pkey -in KEY -out PLAIN).`,
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error(`There is no key in ${path}: it must be in the form PEM, with -----BEGIN PRIVATE KEY-----.`);
  }
}
