/** Attributes whose value is a JSON object (policies) come as text. */

import { excessOf } from './json-bounds.ts';

export type JsonObject = Record<string, unknown>;

/** The object that a text holds; undefined when it holds anything else, or more than a policy can have. */
export function parseJsonObject(text: string): JsonObject | undefined {
  if (excessOf(Buffer.from(text))) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
