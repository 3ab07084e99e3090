/** Functions as users configure them: names and URLs. */

import { z } from 'zod';
import { namesAndValues } from './names-and-values.ts';

/** Where a function is. */
export interface FunctionTarget {
  /** The `http` or `https` URL to which events are posted. `{name}` stands for the function's name. */
  url: string;
  /** How long an invocation may take, in seconds: 1 to 900. Default: 900. */
  timeoutSeconds?: number | undefined;
}

/** "The maximum is 900 seconds (15 minutes)." Lambda developer guide, "Configure Lambda function timeout". */
export const FUNCTION_SECONDS_MAX = 900;

/** A function's name, or `*` for all functions that have no URL of their own. */
export const FUNCTION_NAME = /^(\*|[A-Za-z0-9_-]{1,140})$/;

/** Returns whether events can be posted to a URL. */
export function isFunctionUrl(text: string): boolean {
  const url = URL.parse(text.replaceAll('{name}', 'name'));
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

const message =
  'must be NAME=URL, such as resize=http://localhost:9000/2015-03-31/functions/function/invocations; NAME has up to ' +
  '140 letters, digits, hyphens and underscores, or is * for all other functions';

const url = z.string(message).refine(isFunctionUrl, message);
const timeout = `must have a timeoutSeconds from 1 to ${FUNCTION_SECONDS_MAX}`;

/** Accepts an object, a list of texts `NAME=URL`, or a text with one of them per line. */
export const functionsSchema = z.preprocess(
  namesAndValues,
  z
    .record(
      z.string().regex(FUNCTION_NAME, message),
      z.union(
        [
          url,
          z.strictObject({
            url,
            timeoutSeconds: z.int(timeout).min(1, timeout).max(FUNCTION_SECONDS_MAX, timeout).optional(),
          }),
        ],
        message,
      ),
      message,
    )
    .readonly(),
);
