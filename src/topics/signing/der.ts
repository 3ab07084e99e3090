/**
 * Encodes the parts of a certificate in DER: each is a tag, a length, and its content.
 * Source: ITU-T X.690, "Basic encoding rules", clauses 8 and 10.
 */

const TAGS = {
  integer: 0x02,
  bitString: 0x03,
  null: 0x05,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

function encoded(tag: keyof typeof TAGS, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(TAGS[tag], length), content]);
  const bytes = unsigned(length);
  return Buffer.concat([Buffer.of(TAGS[tag], 0x80 | bytes.length), bytes, content]);
}

/** Returns the bytes of a number, the most significant first. */
function unsigned(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

/** Encodes a sequence of encoded elements. */
export function sequence(...parts: Uint8Array[]): Buffer {
  return encoded('sequence', Buffer.concat(parts));
}

/** Encodes a set of one element. */
export function setOf(part: Uint8Array): Buffer {
  return encoded('set', part);
}

/** Encodes a number that is not negative; its first bit would otherwise be its sign. */
export function integer(bytes: Uint8Array): Buffer {
  return encoded('integer', bytes[0]! & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** Encodes a whole number of bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return encoded('bitString', Buffer.concat([Buffer.of(0), bytes]));
}

/** Encodes NULL. */
export function nothing(): Buffer {
  return encoded('null', Buffer.alloc(0));
}

/** Encodes a text. */
export function utf8String(text: string): Buffer {
  return encoded('utf8String', Buffer.from(text));
}

/** Encodes a time from 1950 to 2049, in whole seconds. */
export function utcTime(time: Date): Buffer {
  return encoded(
    'utcTime',
    Buffer.from(
      `${time
        .toISOString()
        .replaceAll(/[-:T]|\..*/g, '')
        .slice(2)}Z`,
    ),
  );
}

/** Encodes an object identifier, such as `2.5.4.3`: the first two numbers in one, then each in groups of seven bits. */
export function objectId(text: string): Buffer {
  const [first, second, ...others] = text.split('.').map(Number);
  return encoded('objectId', Buffer.from([first! * 40 + second!, ...others].flatMap(groupsOfSeven)));
}

function groupsOfSeven(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}
