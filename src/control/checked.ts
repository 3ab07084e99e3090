/** The check of what comes from outside, over HTTP or from a program. */

import type { z } from 'zod';
import { ControlError } from './control-error.ts';

/** The value in its shape. Throws ControlError (400), which names the member that is wrong. */
export function checked<T>(shape: z.ZodType<T>, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new ControlError(400, path.length > 0 ? `${path.map(String).join('.')}: ${message}.` : `${message}.`);
}
