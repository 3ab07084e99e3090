/** Checks the functions that users configure. Apart from the types, since the package's own types do not need zod. */

import { z } from 'zod';
import { FUNCTION_NAME, FUNCTION_SECONDS_MAX, isFunctionUrl } from './functions.ts';
import { namesAndValues } from './names-and-values.ts';

const message =
  'must be NAME=URL, such as resize=http://localhost:9000/2015-03-31/functions/function/invocations; NAME has up to ' +
  '140 letters, digits, hyphens and underscores, or is * for all other functions';

const url = () => z.string(message).refine(isFunctionUrl, message);
const timeout = `must have a timeoutSeconds from 1 to ${FUNCTION_SECONDS_MAX}`;

/** Accepts an object, a list of texts `NAME=URL`, or a text with one of them per line. */
export const functionsSchema = () =>
  z.preprocess(
    namesAndValues,
    z
      .record(
        z.string().regex(FUNCTION_NAME, message),
        z.union(
          [
            url(),
            z.strictObject({
              url: url(),
              timeoutSeconds: z.int(timeout).min(1, timeout).max(FUNCTION_SECONDS_MAX, timeout).optional(),
            }),
          ],
          message,
        ),
        message,
      )
      .readonly(),
  );
