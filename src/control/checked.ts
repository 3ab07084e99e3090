/** The check of what comes from outside, over HTTP or from a program. */

import type { z } from 'zod';
import { ControlError } from './control-error.ts';

/** Of a value that cannot be, so many characters are quoted. */
const QUOTED = 80;

/** The value in its shape. Throws ControlError (400), which names the member that is wrong, and its value. */
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
  if (given === undefined) throw new ControlError(400, `${name} is missing.`);
  throw new ControlError(400, `${name}: ${message}. It is ${quoted(given)}.`);
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}
