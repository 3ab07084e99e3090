/** Receipt handles: their contents, and that no one can forge one without the secret. */

import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReceiptHandle, ReceiptHandles } from '../../src/queues/receipt-handle.ts';

const key = Buffer.alloc(32, 'secret');
const handles = new ReceiptHandles({ key, checksummedBelow: 0 });

const handle: fc.Arbitrary<ReceiptHandle> = fc.record({
  queueId: fc.maxSafeNat(),
  receipt: fc.record(
    { key: fc.maxSafeNat(), receive: fc.nat(0xffffffff), receivedAt: fc.maxSafeNat(), era: fc.maxSafeNat() },
    { requiredKeys: ['key', 'receive', 'receivedAt'], noNullPrototype: true },
  ),
});

/** Encodes a handle as earlier versions did, with a checksum. */
function checksummed(one: ReceiptHandle): string {
  const content = Buffer.from(handles.print(one), 'base64').subarray(0, -10);
  const sum = Buffer.alloc(3);
  sum.writeUIntBE(crc32(content) >>> 8, 0, 3);
  return Buffer.concat([content, sum]).toString('base64');
}

describe('a receipt handle', () => {
  it('is read as it was printed, by any Squab with the secret, and begins as on AWS', () => {
    const others = new ReceiptHandles({ key, checksummedBelow: 0 });
    fc.assert(
      fc.property(handle, (one) => {
        const text = handles.print(one);
        expect(text).toMatch(/^AQEB/);
        expect(handles.parse(text)).toEqual(one);
        expect(others.parse(text)).toEqual(one);
        expect(handles.print(one)).toBe(text);
      }),
    );
  });

  it('is read however many others were printed since', () => {
    const one = (receive: number) => ({ queueId: 1, receipt: { key: 2, receive, receivedAt: 3 } });
    const texts = Array.from({ length: 7000 }, (_, receive) => handles.print(one(receive)));
    for (const [receive, text] of texts.entries()) expect(handles.parse(text)).toEqual(one(receive));
  });

  it('ends with an HMAC of its content', () => {
    fc.assert(
      fc.property(handle, fc.uint8Array({ minLength: 32, maxLength: 32 }), (one, secret) => {
        const bytes = Buffer.from(new ReceiptHandles({ key: secret, checksummedBelow: 0 }).print(one), 'base64');
        const hmac = createHmac('sha256', secret).update(bytes.subarray(0, -10)).digest();
        expect(bytes.subarray(-10)).toEqual(hmac.subarray(0, 10));
      }),
    );
  });

  it('is invalid under another secret', () => {
    const others = new ReceiptHandles({ key: randomBytes(32), checksummedBelow: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(handle, (one) => {
        expect(others.parse(handles.print(one))).toBeUndefined();
      }),
    );
  });

  it('is invalid once any of its bits, or its length, is changed', () => {
    fc.assert(
      fc.property(handle, fc.nat(), fc.nat(7), (one, at, bit) => {
        const bytes = Buffer.from(handles.print(one), 'base64');
        bytes[at % bytes.length]! ^= 1 << bit;
        expect(handles.parse(bytes.toString('base64'))).toBeUndefined();
        const text = handles.print(one);
        for (const odd of [text.slice(4), text.slice(0, -4), `${text}AAAA`, `${text}=`, ` ${text}`, `${text}\n`]) {
          expect(handles.parse(odd)).toBeUndefined();
        }
      }),
    );
  });

  it('is invalid if it is any other text, however long', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ minLength: 40, maxLength: 70 })), (text) => {
        expect(handles.parse(text)).toBeUndefined();
        expect(handles.parse(`AQEB${text}`)).toBeUndefined();
      }),
    );
    expect(handles.parse('AQEB'.repeat(1_000_000))).toBeUndefined();
  });

  it('with only a checksum is accepted for messages from before there was a secret, and for no others', () => {
    fc.assert(
      fc.property(handle, (one) => {
        const text = checksummed(one);
        const { key: messageKey } = one.receipt;
        const below = (checksummedBelow: number) => new ReceiptHandles({ key, checksummedBelow });
        expect(handles.parse(text)).toBeUndefined();
        expect(below(messageKey).parse(text)).toBeUndefined();
        expect(below(messageKey + 1).parse(text)).toEqual(one);
        const bytes = Buffer.from(text, 'base64');
        bytes[12]! ^= 1;
        expect(below(Number.MAX_SAFE_INTEGER).parse(bytes.toString('base64'))).toBeUndefined();
      }),
    );
  });
});
