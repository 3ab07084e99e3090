/** The checks of options' values. Each message completes "--flag …, not VALUE." */

import { resolve } from 'node:path';
import { z } from 'zod';

/** Accepts strings of digits only: `Number` would also accept an empty string, spaces and `0x10`. */
export const integer = (min: number, max: number) => {
  const readable = (value: unknown) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value);
  return z.preprocess(readable, z.number(`must be a number from ${min} to ${max}`).int().min(min).max(max));
};

/** Accepts a list, or a comma-separated string. */
export const listOf = (part: RegExp, message: string) => {
  const readable = (value: unknown) => (typeof value === 'string' ? value.split(',') : value);
  const schema = z.string(message).trim().toLowerCase().regex(part, message);
  return z.preprocess(readable, z.array(schema, message).readonly());
};

const ORIGIN = /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+)$/;
/** Accepts `*`, or origins as people write them. Returns them as browsers send them: without the default port. */
export const origins = (message: string) =>
  listOf(ORIGIN, message)
    .refine((list) => list.every((origin) => !isOfWeb(origin) || URL.canParse(origin)), message)
    .transform((list) => list.map((origin) => (isOfWeb(origin) ? new URL(origin).origin : origin)));
/** Origins of other schemes, such as `capacitor://localhost`, have no form that `URL` knows. */
const isOfWeb = (origin: string) => /^https?:/.test(origin);

export const HOST_NAME = /^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*)$/;
/** Accepts one port, a list, or a comma-separated string. */
export const ports = () =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((port) => port.trim()) : [value].flat()),
    z
      .array(integer(0, 65_535))
      .min(1, 'must be at least one port')
      .refine(areDistinct, 'must not repeat a port (except 0)')
      .readonly(),
  );

/** Whether all ports are distinct. Only 0 may be repeated: each 0 picks another free port. */
function areDistinct(numbers: readonly number[]): boolean {
  const fixed = numbers.filter((port) => port !== 0);
  return new Set(fixed).size === fixed.length;
}

export const onOrOff = () => z.union([z.boolean(), z.stringbool()], 'must be true or false');

/** `a, b or c`. */
export const oneOf = (words: readonly string[]) => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** Makes a path absolute, so that the log, the banner and errors are unambiguous. */
export const path = (kind: string) =>
  z
    .string(`must be the path of a ${kind}`)
    .min(1)
    .transform((given) => resolve(given));
