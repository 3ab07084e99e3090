/** Encodes the XML of the Query wire. Binary values are base64. */

import type { Shape } from './shape.ts';

/** Returns an element whose content is XML already. */
export function element(name: string, content: string): string {
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

/** Returns an element with text, which is escaped. */
export function textElement(name: string, text: string): string {
  return `<${name}>${escaped(text)}</${name}>`;
}

/** Returns the XML of `value`, without an element around it. */
export function xmlOf(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'structure':
      return Object.entries(shape.members)
        .map(([name, member]) => {
          const part = (value as Record<string, unknown>)[name];
          return part === undefined ? '' : memberXml(name, member.shape, part);
        })
        .join('');
    case 'list':
    case 'map':
      // Lists and maps only occur as members of structures, which memberXml encodes.
      throw new Error(`A ${shape.kind} must be a member of a structure.`);
    default:
      return escaped(String(value));
  }
}

function memberXml(name: string, shape: Shape, value: unknown): string {
  if (shape.kind === 'list') {
    const items = (value as unknown[]).map((item) => element(shape.queryName, xmlOf(shape.member, item))).join('');
    return shape.wrapped ? element(name, items) : items;
  }
  if (shape.kind === 'map') {
    const entries = [...(value as ReadonlyMap<string, unknown>)]
      .map(([key, entry]) =>
        element(
          shape.queryName,
          textElement(shape.queryKey, key) + element(shape.queryValue, xmlOf(shape.value, entry)),
        ),
      )
      .join('');
    return shape.wrapped ? element(name, entries) : entries;
  }
  return `<${name}>${xmlOf(shape, value)}</${name}>`;
}

/** Escapes CR too, since parsers would convert it to a line feed; characters that XML cannot contain become U+FFFD. */
function escaped(text: string): string {
  if (!SPECIAL.test(text)) return text.toWellFormed();
  return /[\ufffe\uffff]/.test(text) ? escaped(text.replace(/[\ufffe\uffff]/g, '\ufffd')) : escapedBytes(text);
}

/** Works on bytes: replacing the characters of a string takes ten times as long if a message is full of them. */
function escapedBytes(text: string): string {
  const bytes = Buffer.from(text);
  const result = Buffer.allocUnsafe(bytes.length * LONGEST_ESCAPE);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const longer = ESCAPES[bytes[at]!];
    if (longer) {
      result.set(longer, length);
      length += longer.length;
    } else {
      result[length++] = bytes[at]!;
    }
  }
  return result.toString('utf8', 0, length);
}

const SPECIAL = /[&<>"\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const LONGEST_ESCAPE = 6;
const ESCAPED: Record<string, string> = {
  '\t': '',
  '\n': '',
  '\r': '&#xD;',
  '"': '&quot;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};
/** The escape of each byte of UTF-8, if it has one. Control characters that XML cannot contain become U+FFFD. */
const ESCAPES = Array.from({ length: 256 }, (_, byte) => {
  const text = ESCAPED[String.fromCharCode(byte)] ?? (byte < 0x20 ? '\ufffd' : '');
  return text === '' ? undefined : Buffer.from(text);
});
