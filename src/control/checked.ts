/** Validates input to the control interface, whether it arrives over HTTP or from a program. */

import type { z } from 'zod';
import { ControlError } from './control-error.ts';

/** How many characters of an invalid value an error quotes. */
const QUOTED = 80;

/**
 * Parses a value with its schema, and returns the result. Throws ControlError (400), which names the first invalid
 * member and quotes its value.
 */
export function checked<T>(shape: z.ZodType<T>, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  if (path.length === 0) throw new ControlError(400, `${message}.`);
  const name = path.map(String).join('.');
  const given = path.reduce<unknown>(
    (place, step) => (place as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
  if (given === undefined) throw new ControlError(400, `"${name}" is required.`);
  // Zod begins some of its messages with words that would only repeat "is invalid".
  const problem = message.replace(/^(Invalid (input|option)|Too (small|big)): /, '');
  throw new ControlError(400, `"${name}" is invalid: ${problem} (got ${quoted(given)}).`);
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}
