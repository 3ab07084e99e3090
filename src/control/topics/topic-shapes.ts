/** The schemas of requests about topics, over HTTP or from a program. */

import { z } from 'zod';
import { waitMembers } from '../events/wait-shapes.ts';
import { TOPIC_KINDS } from '../journal/topic-events.ts';
import { addedAttributes } from '../messages/message-shapes.ts';
import { once } from '../once.ts';
import { countParameter } from '../parameters.ts';
import { bodyText, idText, messageIdText, regionText, text } from '../text.ts';
import { DELIVERY_STATES } from './outcomes.ts';

/** "Topic names must be … between 1 and 256 characters long." */
const nameText = text(256);

/** Where a topic or a subscription is named, its ARN is accepted as well. */
export const topicNameText = text(1000);

export const topicListingShape = once(() =>
  z.object({
    account: text(12).optional().describe('Only topics of this account'),
    region: regionText.optional().describe('Only topics of this region'),
    prefix: nameText.optional().describe('Only topics whose names have this prefix'),
    contains: nameText.optional().describe('Only topics whose names contain this text, in upper or lower case'),
    limit: countParameter(1000, 100),
    after: text(400).optional().describe('The `next` of the previous page'),
  }),
);

export const subscriptionListingShape = once(() =>
  z.object({
    limit: countParameter(1000, 100),
    after: z.coerce
      .number('must be the `next` of a page')
      .int()
      .min(0)
      .optional()
      .describe('The `next` of the previous page'),
  }),
);

export const topicWaitShape = once(() =>
  z.strictObject({
    for: z.enum(TOPIC_KINDS).describe('An event of a topic'),
    messageId: messageIdText.optional().describe('Only an event of this publication'),
    subscription: topicNameText.optional().describe('Only an event about this subscription, by its ID or ARN'),
    ...waitMembers(),
  }),
);

export const deliveryListingShape = once(() =>
  z.object({
    messageId: messageIdText.optional().describe('Only deliveries of this publication'),
    subscription: topicNameText.optional().describe('Only deliveries to this subscription, by its ID or ARN'),
    state: z.enum(DELIVERY_STATES).optional().describe('Only deliveries in this state'),
    limit: countParameter(1000, 100),
  }),
);

export const hypotheticalPublishShape = once(() =>
  z.strictObject({
    message: bodyText,
    subject: idText.optional(),
    structure: text(100).optional().describe('json if the message has a text for each protocol'),
    attributes: addedAttributes().optional(),
    groupId: idText.optional(),
    deduplicationId: idText.optional(),
  }),
);
