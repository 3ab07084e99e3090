/**
 * A self-signed certificate for the key that signs messages. node:crypto reads certificates, but cannot make one.
 * Source: RFC 5280, section 4.1.
 */

import { createHash, type KeyObject, sign } from 'node:crypto';
import { bitString, integer, nothing, objectId, sequence, setOf, utcTime, utf8String } from './der.ts';

const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';

/** Some validators check that the certificate was issued to this name, and is valid now. */
const HOST = 'sns.amazonaws.com';
const [NOT_BEFORE, NOT_AFTER] = [new Date('2020-01-01T00:00:00Z'), new Date('2049-12-31T23:59:59Z')];

/** Returns a certificate of version 1, which has no extensions, in PEM. */
export function selfSigned(privateKey: KeyObject, publicKey: KeyObject): string {
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectId(SHA256_WITH_RSA), nothing());
  const name = sequence(attribute(ORGANIZATION, 'Squab'), attribute(COMMON_NAME, HOST));
  const content = sequence(
    integer(serialNumber(subjectKey)),
    algorithm,
    name,
    sequence(utcTime(NOT_BEFORE), utcTime(NOT_AFTER)),
    name,
    subjectKey,
  );
  const certificate = sequence(content, algorithm, bitString(sign('sha256', content, privateKey)));
  const lines = certificate.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function attribute(id: string, value: string): Buffer {
  return setOf(sequence(objectId(id), utf8String(value)));
}

/** 16 bytes of the key's hash. The first byte is not 0, which the shortest encoding of a number would leave out. */
function serialNumber(subjectKey: Uint8Array): Buffer {
  const bytes = createHash('sha256').update(subjectKey).digest().subarray(0, 16);
  bytes[0]! |= 0x40;
  return bytes;
}
