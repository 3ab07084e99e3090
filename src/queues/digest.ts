/**
 * The MD5 digests that SDKs verify, and the message size that counts against `MaximumMessageSize`.
 * Source: developer guide, "Calculating the MD5 message digest for message attributes" and "Amazon SQS message
 * quotas".
 */

import { createHash, hash } from 'node:crypto';
import type { MessageAttribute } from '../storage/store.ts';

/** Returns the MD5 digest of the body's UTF-8 bytes, in lower-case hex. */
export function md5OfBody(body: string): string {
  return hash('md5', body);
}

const STRING_TRANSPORT = 1;
const BINARY_TRANSPORT = 2;

/**
 * Returns the MD5 digest of message attributes, in lower-case hex. The attributes are sorted by the bytes of their
 * names. Each contributes its name, its full data type (including a custom suffix), one byte for the transport type,
 * and its value. Name, data type and value are each preceded by their length in 4 bytes, big-endian.
 */
export function md5OfAttributes(attributes: ReadonlyMap<string, MessageAttribute>): string {
  const md5 = createHash('md5');
  const update = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    md5.update(length).update(bytes);
  };
  const named = [...attributes].map(([name, attribute]) => [Buffer.from(name), attribute] as const);
  for (const [name, attribute] of named.sort(([a], [b]) => a.compare(b))) {
    update(name);
    update(Buffer.from(attribute.dataType));
    md5.update(Uint8Array.of(attribute.binaryValue === undefined ? STRING_TRANSPORT : BINARY_TRANSPORT));
    update(valueBytes(attribute));
  }
  return md5.digest('hex');
}

/** Returns the size of a message in bytes: its body, and each attribute's name, data type and (decoded) value. */
export function messageSize(body: string, attributes: ReadonlyMap<string, Partial<Attribute>> | undefined): number {
  let size = Buffer.byteLength(body);
  if (!attributes) return size;
  for (const [name, attribute] of attributes) {
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.dataType ?? '') + valueBytes(attribute).length;
  }
  return size;
}

/** Returns a size that the message does not exceed. That of a message without attributes takes no time to compute. */
export function messageSizeAtMost(
  body: string,
  attributes: ReadonlyMap<string, Partial<Attribute>> | undefined,
): number {
  return attributes ? messageSize(body, attributes) : body.length * UTF8_BYTES_MAX;
}

/** The bytes that a UTF-16 code unit takes in UTF-8, at most. */
const UTF8_BYTES_MAX = 3;

/** The parts of an attribute that count towards the size. The attribute may not have been validated yet. */
interface Attribute {
  dataType: string | undefined;
  stringValue: string | undefined;
  binaryValue: string | undefined;
}

function valueBytes({ stringValue, binaryValue }: Partial<Attribute>): Buffer {
  return binaryValue === undefined ? Buffer.from(stringValue ?? '') : Buffer.from(binaryValue, 'base64');
}
