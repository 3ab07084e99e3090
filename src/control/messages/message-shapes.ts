/** The schemas of requests for lists of messages, over HTTP or from a program. */

import { z } from 'zod';
import { isBase64 } from '../../api/wires/shape.ts';
import { isJsonObject } from '../../queues/json-object.ts';
import { once } from '../once.ts';
import { countParameter } from '../parameters.ts';
import { bodyText, text } from '../text.ts';

export const peekShape = once(() =>
  z.object({
    state: z.enum(['visible', 'in-flight', 'delayed', 'blocked']).optional().describe('Only messages in this state'),
    bodyContains: text(1000).optional().describe('Only messages whose bodies contain this text'),
    bodyCharacters: z.coerce
      .number('must be a number')
      .int()
      .min(0)
      .optional()
      .describe('Cuts bodies off after this many characters; a message whose body is cut has `bodyIsCut`'),
    limit: countParameter(1000, 100),
    after: text(100).optional().describe('The `next` of the previous page'),
  }),
);

/** As SQS's own requests: a message of 1 MiB, of which every character can be escaped. */
export const MESSAGE_BODY_BYTES = 8 * 1024 * 1024;

export const recentShape = once(() => z.object({ limit: countParameter(1000, 100) }));

const addedAttribute = once(() =>
  z.strictObject({
    dataType: text(256),
    stringValue: bodyText.optional(),
    binaryValue: z.base64().refine(isBase64, 'must be base64').optional(),
  }),
);

/** A record of zod would drop an attribute with the name `__proto__`, which SQS allows. */
export const addedAttributes = once(() =>
  z
    .preprocess(
      (given) => (isJsonObject(given) ? new Map(Object.entries(given)) : given),
      z.map(z.string(), addedAttribute(), 'must be an object of attributes by name'),
    )
    .transform((attributes) => Object.fromEntries(attributes))
    .meta({
      type: 'object',
      get additionalProperties() {
        return z.toJSONSchema(addedAttribute());
      },
    }),
);
