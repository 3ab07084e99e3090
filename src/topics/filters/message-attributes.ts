/**
 * Message attributes, as the filter policies of scope `MessageAttributes` look at them.
 * Source: developer guide, "Amazon SNS message filtering", "Amazon SNS message attributes".
 */

import type { MessageAttribute } from '../../storage/store.ts';
import type { Examined, Found, Key, Scalar } from './rules.ts';

const ABSENT: Found = { present: false, values: [] };

export class ExaminedAttributes implements Examined {
  readonly #attributes: ReadonlyMap<string, MessageAttribute> | undefined;
  readonly #found = new Map<string, Found>();

  constructor(attributes: ReadonlyMap<string, MessageAttribute> | undefined) {
    this.#attributes = attributes;
  }

  find({ text: name }: Key): Found {
    const attribute = this.#attributes?.get(name);
    if (!attribute) return ABSENT;
    let found = this.#found.get(name);
    if (!found) {
      found = foundIn(attribute);
      this.#found.set(name, found);
    }
    return found;
  }
}

/** A custom label after the type (`Number.float`) has no effect. Binary values are ignored. */
function foundIn({ dataType, stringValue = '' }: MessageAttribute): Found {
  if (dataType === 'String.Array') return { present: true, values: elementsOf(stringValue) };
  if (/^String\b/.test(dataType)) return { present: true, values: [stringValue] };
  if (/^Number\b/.test(dataType)) return { present: true, values: numbersIn(stringValue) };
  return ABSENT;
}

function numbersIn(text: string): number[] {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(number) ? [] : [number];
}

/** Returns the strings, numbers, booleans and nulls of a JSON array; none for a text that is not a JSON array. */
function elementsOf(text: string): Scalar[] {
  if (!text.trimStart().startsWith('[')) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((one) => typeof one !== 'object' || one === null) : [];
  } catch {
    return [];
  }
}
