/** Parses attributes whose value is a JSON object in a string: the policies. */

import { excessOf } from './json-bounds.ts';

/** Not a Buffer: the console checks the attributes of queues in browsers. */
const encoder = new TextEncoder();

export type JsonObject = Record<string, unknown>;

/**
 * Returns the object that `text` encodes; undefined for anything else, for an object with the same key twice, anywhere
 * in it, and for JSON beyond the limits of json-bounds.ts.
 */
export function parseJsonObject(text: string): JsonObject | undefined {
  if (excessOf(encoder.encode(text))) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && keysIn(value) === keysWrittenIn(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether a value is an object: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns how many keys the objects in a value have. Of two equal keys, `JSON.parse` keeps only the last. */
function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: unknown[] = Object.values(value);
  return members.reduce<number>((sum, member) => sum + keysIn(member), Array.isArray(value) ? 0 : members.length);
}

/** Returns how many keys are written in valid JSON: as many as there are colons outside of its strings. */
function keysWrittenIn(json: string): number {
  return json.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').split(':').length - 1;
}
