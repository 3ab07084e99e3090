/** Parses attributes whose value is a JSON object in a string: the policies. */

import { excessOf } from './json-bounds.ts';

export type JsonObject = Record<string, unknown>;

/**
 * Returns the object that `text` encodes; undefined for anything else, and for JSON beyond the limits of
 * json-bounds.ts.
 */
export function parseJsonObject(text: string): JsonObject | undefined {
  if (excessOf(Buffer.from(text))) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether a value is an object: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
