/** The schema of a message that would be sent, over HTTP or from a program. */

import { z } from 'zod';
import { addedAttributes } from '../messages/message-shapes.ts';
import { once } from '../once.ts';
import { bodyText, idText } from '../text.ts';

export const hypotheticalSendShape = once(() =>
  z.strictObject({
    body: bodyText,
    groupId: idText.optional(),
    deduplicationId: idText.optional(),
    delaySeconds: z.int().optional(),
    attributes: addedAttributes().optional(),
  }),
);
