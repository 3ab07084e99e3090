/** The escapes of XML on the Query wire. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { string } from '../../src/api/wires/shape.ts';
import { textElement, xmlOf } from '../../src/api/wires/xml.ts';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#xD;' };

/** Returns what each character becomes: those that XML cannot contain become U+FFFD. */
function expected(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    const isControl = code < 0x20 && !['\t', '\n', '\r'].includes(character);
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    return isControl || isHalf || code === 0xfffe || code === 0xffff ? '\ufffd' : (ESCAPES[character] ?? character);
  }).join('');
}

describe('text in XML', () => {
  it('has each special character escaped, and all others unchanged', () => {
    const special = fc.constantFrom(...'&<>"\'\r\n\t\0\u001f\u007f\u0085\ufffd\ufffe\uffff\ud800\udc00é€');
    const unit = fc.oneof(special, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 30 }), (units) => {
        const text = units.join('');
        expect(xmlOf(string, text)).toBe(expected(text));
        expect(textElement('A', text)).toBe(`<A>${expected(text)}</A>`);
      }),
    );
  });

  it('can have any length', () => {
    const text = '"é<😀'.repeat(100_000);
    expect(xmlOf(string, text) === expected(text)).toBe(true);
  });
});
