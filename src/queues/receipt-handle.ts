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

/** The content of a receipt handle. */
export interface ReceiptHandle {
  readonly queueId: number;
  readonly receipt: Readonly<Receipt>;
}

const VERSION = 0x010101;
const ERA_AT = 31;
const ERA_BYTES = 8;
const TAG_BYTES = 10;
const CHECKSUM_BYTES = 3;
/** The length of the longest handle, in base64. */
const LONGEST = 68;

/** How many of the latest handles are remembered, at least. Most messages are deleted soon after they were received. */
const REMEMBERED = 2000;

/** Encodes and decodes the receipt handles of one engine. */
export class ReceiptHandles {
  readonly #checksummedBelow: number;
  readonly #withoutEra: Sealed;
  readonly #withEra: Sealed;
  /** The handles that were encoded last, and those before. Finding one takes a tenth of the time of decoding it. */
  #latest = new Map<string, ReceiptHandle>();
  #earlier = this.#latest;

  constructor({ key, checksummedBelow }: ReceiptSecret) {
    this.#checksummedBelow = checksummedBelow;
    this.#withoutEra = new Sealed(key, ERA_AT);
    this.#withEra = new Sealed(key, ERA_AT + ERA_BYTES);
  }

  /** Encodes a receipt handle in the form in which clients receive it. */
  print(handle: ReceiptHandle): string {
    const text = this.#encode(handle);
    if (this.#latest.size === REMEMBERED) {
      this.#earlier = this.#latest;
      this.#latest = new Map();
    }
    this.#latest.set(text, handle);
    return text;
  }

  #encode({ queueId, receipt }: ReceiptHandle): string {
    const { era } = receipt;
    const sealed = era === undefined ? this.#withoutEra : this.#withEra;
    const { bytes } = sealed;
    bytes.writeUIntBE(VERSION, 0, 3);
    bytes.writeDoubleBE(queueId, 3);
    bytes.writeDoubleBE(receipt.key, 11);
    bytes.writeUInt32BE(receipt.receive, 19);
    bytes.writeDoubleBE(receipt.receivedAt, 23);
    if (era !== undefined) bytes.writeDoubleBE(era, ERA_AT);
    sealed.seal();
    return bytes.toString('base64');
  }

  /** Decodes a receipt handle; returns undefined for a text that `print` did not produce. */
  parse(text: string): ReceiptHandle | undefined {
    if (text.length > LONGEST) return undefined;
    return this.#latest.get(text) ?? this.#earlier.get(text) ?? this.#decode(text);
  }

  #decode(text: string): ReceiptHandle | undefined {
    const bytes = Buffer.from(text, 'base64');
    const hasEra = bytes.length > ERA_AT + TAG_BYTES;
    const isGenuine = hasEra ? this.#isGenuine(bytes, this.#withEra) : this.#isGenuine(bytes, this.#withoutEra);
    if (!isGenuine || bytes.readUIntBE(0, 3) !== VERSION || bytes.toString('base64') !== text) return undefined;
    const receipt = {
      key: bytes.readDoubleBE(11),
      receive: bytes.readUInt32BE(19),
      receivedAt: bytes.readDoubleBE(23),
    };
    return {
      queueId: bytes.readDoubleBE(3),
      receipt: hasEra ? { ...receipt, era: bytes.readDoubleBE(ERA_AT) } : receipt,
    };
  }

  #isGenuine(bytes: Buffer, sealed: Sealed): boolean {
    if (bytes.length === sealed.length + TAG_BYTES) return sealed.matches(bytes);
    const isOld = bytes.length === sealed.length + CHECKSUM_BYTES && bytes.readDoubleBE(11) < this.#checksummedBelow;
    return isOld && hasChecksum(bytes, sealed.length);
  }
}

function hasChecksum(bytes: Buffer, length: number): boolean {
  return crc32(bytes.subarray(0, length)) >>> 8 === bytes.readUIntBE(length, CHECKSUM_BYTES);
}

/** SHA-256 works on blocks of this size, to which HMAC extends its key. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * Handles of one length, and their HMAC-SHA-256 (RFC 2104) by two calls of `hash`. That takes half a microsecond; a
 * `createHmac` takes two to nine, and a receive of ten messages needs ten of them. The same memory is used for all of
 * them: where the handle is written is where the hash reads it, after the key.
 */
class Sealed {
  /** The bytes of a handle before the HMAC. */
  readonly length: number;
  /** The handle, with its HMAC. */
  readonly bytes: Buffer;
  readonly #tag: Buffer;
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  constructor(key: Uint8Array, length: number) {
    const afterKey = (pad: number, bytes: number) => {
      const block = Buffer.alloc(BLOCK_BYTES + bytes).fill(pad, 0, BLOCK_BYTES);
      for (const [index, byte] of key.entries()) block[index] = byte ^ pad;
      return block;
    };
    const inner = afterKey(0x36, length + TAG_BYTES);
    this.length = length;
    this.bytes = inner.subarray(BLOCK_BYTES);
    this.#tag = this.bytes.subarray(length);
    this.#inner = inner.subarray(0, BLOCK_BYTES + length);
    this.#outer = afterKey(0x5c, DIGEST_BYTES);
  }

  /** Adds the HMAC to what `bytes` contains. */
  seal(): void {
    this.#outer.write(hash('sha256', this.#inner, 'binary'), BLOCK_BYTES, 'binary');
    this.#tag.write(hash('sha256', this.#outer, 'binary'), 'binary');
  }

  /** Returns whether a handle of this length has the right HMAC. */
  matches(handle: Buffer): boolean {
    handle.copy(this.bytes, 0, 0, this.length);
    this.seal();
    return timingSafeEqual(this.#tag, handle.subarray(this.length));
  }
}
