/**
 * Receipt handles. Clients treat them as opaque; to Squab they identify the queue, the message, the number of the
 * receive and its time. That lets the engine find the message without a search, and distinguishes foreign or made-up
 * handles from those that are merely old.
 *
 * A handle is 41 bytes in base64: a version (3 bytes, chosen so that the text begins with `AQEB`, as on AWS), the
 * queue's ID (8), the message's key (8), the number of the receive (4), the time of the receive (8), and the first
 * 10 bytes of an HMAC-SHA-256 of all that, so that only those who have received a message have a handle for it. Once a
 * snapshot has been taken, the receipt's era (8) precedes the HMAC.
 *
 * Earlier versions issued handles that ended with a checksum (3 bytes) in place of the HMAC. Squab accepts them only
 * for messages that it may have handed out then: see `ReceiptSecret`.
 */

import { hash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Receipt, ReceiptSecret } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';

/** The content of a receipt handle; `receivedAt` is in milliseconds since 1970. */
export interface ReceiptHandle {
  queueId: number;
  receipt: Receipt;
  receivedAt: Millis;
}

const VERSION = 0x010101;
const ERA_AT = 31;
const ERA_BYTES = 8;
const TAG_BYTES = 10;
const CHECKSUM_BYTES = 3;
/** The length of the longest handle, in base64. */
const LONGEST = 68;

/** Encodes and decodes the receipt handles of one engine. */
export class ReceiptHandles {
  readonly #secret: ReceiptSecret;
  readonly #hmac: Hmac;

  constructor(secret: ReceiptSecret) {
    this.#secret = secret;
    this.#hmac = hmacOf(secret.key);
  }

  /** Encodes a receipt handle in the form in which clients receive it. */
  print({ queueId, receipt, receivedAt }: ReceiptHandle): string {
    const { era } = receipt;
    const length = era === undefined ? ERA_AT : ERA_AT + ERA_BYTES;
    const bytes = Buffer.allocUnsafe(length + TAG_BYTES);
    bytes.writeUIntBE(VERSION, 0, 3);
    bytes.writeDoubleBE(queueId, 3);
    bytes.writeDoubleBE(receipt.key, 11);
    bytes.writeUInt32BE(receipt.receive, 19);
    bytes.writeDoubleBE(receivedAt, 23);
    if (era !== undefined) bytes.writeDoubleBE(era, ERA_AT);
    bytes.write(this.#hmac(bytes, length), length, TAG_BYTES, 'binary');
    return bytes.toString('base64');
  }

  /** Decodes a receipt handle; returns undefined for a text that `print` did not produce. */
  parse(text: string): ReceiptHandle | undefined {
    if (text.length > LONGEST) return undefined;
    const bytes = Buffer.from(text, 'base64');
    const length = [ERA_AT, ERA_AT + ERA_BYTES].find((end) => [TAG_BYTES, CHECKSUM_BYTES].includes(bytes.length - end));
    if (length === undefined || bytes.readUIntBE(0, 3) !== VERSION || bytes.toString('base64') !== text)
      return undefined;
    const receipt = {
      key: bytes.readDoubleBE(11),
      receive: bytes.readUInt32BE(19),
      ...(length > ERA_AT && { era: bytes.readDoubleBE(ERA_AT) }),
    };
    const isGenuine =
      bytes.length === length + TAG_BYTES
        ? this.#isAuthentic(bytes, length)
        : receipt.key < this.#secret.checksummedBelow && hasChecksum(bytes, length);
    return isGenuine ? { queueId: bytes.readDoubleBE(3), receipt, receivedAt: bytes.readDoubleBE(23) } : undefined;
  }

  #isAuthentic(bytes: Buffer, length: number): boolean {
    const tag = Buffer.from(this.#hmac(bytes, length), 'binary').subarray(0, TAG_BYTES);
    return timingSafeEqual(tag, bytes.subarray(length));
  }
}

function hasChecksum(bytes: Buffer, length: number): boolean {
  return crc32(bytes.subarray(0, length)) >>> 8 === bytes.readUIntBE(length, CHECKSUM_BYTES);
}

/** SHA-256 works on blocks of this size, to which HMAC extends its key. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** Computes the HMAC of the first `length` bytes, as text with a character for each byte. */
type Hmac = (bytes: Buffer, length: number) => string;

/**
 * Returns a function that computes HMAC-SHA-256 (RFC 2104) by two calls of `hash`. That takes half a microsecond; a
 * `createHmac` takes two to nine, and a receive of ten messages needs ten of them.
 */
function hmacOf(key: Uint8Array): Hmac {
  const padded = (pad: number, length: number) => {
    const bytes = Buffer.alloc(BLOCK_BYTES + length).fill(pad, 0, BLOCK_BYTES);
    for (const [index, byte] of key.entries()) bytes[index] = byte ^ pad;
    return bytes;
  };
  const [short, long, outer] = [padded(0x36, ERA_AT), padded(0x36, ERA_AT + ERA_BYTES), padded(0x5c, DIGEST_BYTES)];
  return (bytes, length) => {
    const inner = length === ERA_AT ? short : long;
    bytes.copy(inner, BLOCK_BYTES, 0, length);
    outer.write(hash('sha256', inner, 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outer, 'binary');
  };
}
