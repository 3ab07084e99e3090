/**
 * Receipt handles: opaque text to clients, to us the queue, the message, which receive it was and when that was. So a
 * handle leads to its row without a search, and a foreign or made-up one can be told from one that is merely old.
 *
 * 34 bytes in base64: a version of 3 (which makes it begin with `AQEB`, as AWS's do), queue id and message key of 8 each,
 * receive of 4, instant of the receive of 8, and a checksum of 3 against mistyped ones. Once a snapshot was taken the
 * receipt's era is there too, 8 bytes before the checksum.
 */

import { crc32 } from 'node:zlib';
import type { Receipt } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';

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

/** Undefined when the text is not a handle that `printReceiptHandle` made. */
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
