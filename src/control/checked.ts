/** Validates input to the control interface, whether it arrives over HTTP or from a program. */

import { z } from 'zod';
import { suggestion } from '../suggest.ts';
import { ControlError } from './control-error.ts';

/** How many characters of an invalid value, or of the path to it, an error quotes. */
const QUOTED = 80;

/**
 * Parses a value with its schema, and returns the result. Throws ControlError (400), which names an unknown member
 * or else the first invalid one, and quotes its value.
 */
export function checked<T>(shape: z.ZodType<T>, value: unknown): T {
  const parsed = shape.safeParse(value, { error: aboutUnknown });
  if (parsed.success) return parsed.data;
  // A member that is unknown may be a misspelt one that is missing.
  const { issues } = parsed.error;
  const { path, message, code } = issues.find((issue) => issue.code === 'unrecognized_keys') ?? issues[0]!;
  const name = shortened(path.map(String).join('.'));
  if (code === 'unrecognized_keys') throw new ControlError(400, name === '' ? message : `"${name}": ${message}`);
  if (path.length === 0) throw new ControlError(400, `${message}.`);
  const given = path.reduce<unknown>(
    (place, step) => (place as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
  if (given === undefined) throw new ControlError(400, `"${name}" is required.`);
  // Zod begins some of its messages with words that would only repeat "is invalid".
  const problem = message.replace(/^(Invalid (input|option)|Too (small|big)): /, '');
  throw new ControlError(400, `"${name}" is invalid: ${problem} (got ${quoted(given)}).`);
}

/** Returns the message for a member that a strict object does not have; Zod's own for any other problem. */
function aboutUnknown({ code, inst, ...issue }: z.core.$ZodRawIssue): string | undefined {
  if (code !== 'unrecognized_keys' || !(inst instanceof z.ZodObject)) return undefined;
  const [unknown = ''] = issue.keys as string[];
  const known = Object.keys(inst.shape);
  const names = known.length === 0 ? 'None is allowed here.' : `Allowed here: ${known.join(', ')}.`;
  return `${quoted(unknown)} is unknown.${suggestion(unknown, known) || ` ${names}`}`;
}

function quoted(value: unknown): string {
  return shortened(JSON.stringify(value) ?? String(value));
}

function shortened(text: string): string {
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}
