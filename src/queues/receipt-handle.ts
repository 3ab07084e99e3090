/**
 * Receipt handles. Clients treat them as opaque; to Squab they identify the queue, the message, the number of the
 * receive and its time. That lets the engine find the message without a search, and distinguishes foreign or made-up
 * handles from those that are merely old.
 *
 * A handle is 34 bytes in base64: a version (3 bytes, chosen so that the text begins with `AQEB`, as on AWS), the
 * queue's ID (8), the message's key (8), the number of the receive (4), the time of the receive (8), and a checksum
 * that detects typing errors (3). Once a snapshot has been taken, the receipt's era (8) precedes the checksum.
 */

import { crc32 } from 'node:zlib';
import type { Receipt } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';

/** The content of a receipt handle; `receivedAt` is in milliseconds since 1970. */
export interface ReceiptHandle {
  queueId: number;
  receipt: Receipt;
  receivedAt: Millis;
}

const VERSION = 0x010101;
const LENGTH = 34;
const ERA_AT = 31;
const ERA_BYTES = 8;
const CHECKSUM_BYTES = 3;

/** Encodes a receipt handle in the form in which clients receive it. */
export function printReceiptHandle({ queueId, receipt, receivedAt }: ReceiptHandle): string {
  const { era } = receipt;
  const bytes = Buffer.allocUnsafe(era === undefined ? LENGTH : LENGTH + ERA_BYTES);
  bytes.writeUIntBE(VERSION, 0, 3);
  bytes.writeDoubleBE(queueId, 3);
  bytes.writeDoubleBE(receipt.key, 11);
  bytes.writeUInt32BE(receipt.receive, 19);
  bytes.writeDoubleBE(receivedAt, 23);
  if (era !== undefined) bytes.writeDoubleBE(era, ERA_AT);
  bytes.writeUIntBE(checksum(bytes), bytes.length - CHECKSUM_BYTES, CHECKSUM_BYTES);
  return bytes.toString('base64');
}

/** Decodes a receipt handle; returns undefined for a text that `printReceiptHandle` did not produce. */
export function parseReceiptHandle(text: string): ReceiptHandle | undefined {
  const bytes = Buffer.from(text, 'base64');
  const hasEra = bytes.length === LENGTH + ERA_BYTES;
  if (!(hasEra || bytes.length === LENGTH) || bytes.readUIntBE(0, 3) !== VERSION) return undefined;
  const sum = bytes.readUIntBE(bytes.length - CHECKSUM_BYTES, CHECKSUM_BYTES);
  if (sum !== checksum(bytes) || bytes.toString('base64') !== text) return undefined;
  return {
    queueId: bytes.readDoubleBE(3),
    receipt: {
      key: bytes.readDoubleBE(11),
      receive: bytes.readUInt32BE(19),
      ...(hasEra && { era: bytes.readDoubleBE(ERA_AT) }),
    },
    receivedAt: bytes.readDoubleBE(23),
  };
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(0, bytes.length - CHECKSUM_BYTES)) >>> 8;
}
