/**
 * The MD5s that SDKs verify, and the size that counts against the limit.
 * Source: developer guide, "Calculating the MD5 message digest for message attributes".
 */

import { createHash, hash } from 'node:crypto';
import type { MessageAttribute } from '../storage/store.ts';

/** MD5 of the UTF-8 bytes, in lower-case hex. */
export function md5OfBody(body: string): string {
  return hash('md5', body);
}

const STRING_TRANSPORT = 1;
const BINARY_TRANSPORT = 2;

/**
 * MD5 over attributes in the order of their names: each as length and bytes of name, of full data type (with its custom
 * suffix), a byte for the transport type, length and bytes of the value.
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

/** Bytes that count: the body, and of each attribute its name, its data type and its (decoded) value. */
export function messageSize(body: string, attributes: ReadonlyMap<string, Partial<Attribute>> | undefined): number {
  let size = Buffer.byteLength(body);
  for (const [name, attribute] of attributes ?? []) {
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.dataType ?? '') + valueBytes(attribute).length;
  }
  return size;
}

/** What of an attribute has bytes; it may still be unchecked. */
interface Attribute {
  dataType: string | undefined;
  stringValue: string | undefined;
  binaryValue: string | undefined;
}

function valueBytes({ stringValue, binaryValue }: Partial<Attribute>): Buffer {
  return binaryValue === undefined ? Buffer.from(stringValue ?? '') : Buffer.from(binaryValue, 'base64');
}
