/** Routes of topics. */

import { z } from 'zod';
import { eventReport, queueReference } from '../journal/report-shapes.ts';
import { MESSAGE_BODY_BYTES } from '../messages/message-shapes.ts';
import { type Route, route } from '../route.ts';
import { regionText, text } from '../text.ts';
import { LISTED_MAX } from './explain-publish.ts';
import { DELIVERY_STATES } from './outcomes.ts';
import {
  deliveryListingShape,
  hypotheticalPublishShape,
  subscriptionListingShape,
  topicListingShape,
  topicNameText,
  topicWaitShape,
} from './topic-shapes.ts';

const instant = () => z.iso.datetime();

const topicParameters = () => ({
  name: topicNameText.describe("The topic's name or ARN"),
  account: text(12).optional().describe("The topic's account; Squab's default account if omitted"),
  region: regionText.optional().describe("The topic's region; Squab's default region if omitted"),
});

const subscriptionParameters = () => ({
  ...topicParameters(),
  id: topicNameText.describe("The subscription's ID, which is the last part of its ARN, or its ARN"),
});

const topicReport = () =>
  queueReference().extend({
    arn: z.string(),
    fifo: z.boolean(),
    createdAt: instant(),
    subscriptions: z.object({ confirmed: z.int(), pending: z.int() }).describe('How many subscriptions it has'),
    attributes: z.record(z.string(), z.string()).describe('As GetTopicAttributes returns them'),
    tags: z.record(z.string(), z.string()),
  });

const shownEndpointText = () => z.string().describe('A URL has *** in the place of its password');

const subscriptionReport = () =>
  z.object({
    id: z.string().describe('The last part of its ARN'),
    arn: z.string(),
    protocol: z.string(),
    endpoint: shownEndpointText(),
    owner: z.string(),
    createdAt: instant(),
    state: z.enum(['confirmed', 'pending']),
    token: z.string().optional().describe('Confirms it; only while it is pending'),
    attributes: z
      .record(z.string(), z.string())
      .describe('As GetSubscriptionAttributes returns them, except for a password in Endpoint'),
    waiting: z
      .int()
      .optional()
      .describe('How many messages wait for an attempt, or for the next one; only of HTTP endpoints and functions'),
  });

const subscriber = () =>
  z.object({
    subscription: z.string().describe('The ARN of the subscription'),
    protocol: z.string(),
    endpoint: shownEndpointText(),
  });

const state = () =>
  z
    .enum(DELIVERY_STATES)
    .describe(
      'waiting: the first attempt has not ended; retrying: an attempt failed, and there will be another one; discarded: ' +
        'it could not be delivered, and no dead-letter queue took it; unsupported: Squab never delivers to such endpoints',
    );

const delivery = () =>
  subscriber().extend({
    messageId: z.string().describe("The publication's ID"),
    publishedAt: instant(),
    subject: z.string().optional(),
    message: z.string().describe('The first 200 characters of the message'),
    state: state(),
    reason: z.string().optional().describe('Why it was not delivered, or not yet'),
    attempts: z.int().optional().describe('How many attempts there have been, of an HTTP endpoint or a function'),
    attemptedAt: instant().optional().describe('When the latest attempt ended'),
    nextAt: instant().optional().describe('When the next attempt is due'),
    text: z.string().describe('The whole outcome as a sentence'),
  });

const publishExplanation = () =>
  z.object({
    topic: queueReference(),
    at: instant(),
    outcome: z.enum(['published', 'deduplicated', 'refused']).describe('What would happen to the message'),
    text: z.string(),
    deliveries: z
      .array(subscriber().extend({ state: state(), reason: z.string().optional(), text: z.string() }))
      .describe(`What would become of it for each subscription, up to ${LISTED_MAX} of them`),
    original: z.object({ messageId: z.string() }).optional().describe('The message that it would duplicate'),
    code: z.string().optional().describe('The error code, if the outcome is refused'),
  });

export const topicRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/topics',
    summary: 'Lists the topics of all accounts and regions, with how many subscriptions they have.',
    parameters: topicListingShape,
    answer: () =>
      z.object({
        topics: z.array(topicReport()),
        total: z.int().describe('How many topics all pages have together'),
        next: z.string().optional(),
      }),
    handle: (control, { parameters }) => control.topics.list(parameters),
  }),
  route({
    method: 'GET',
    path: '/topics/{name}',
    summary: 'Describes one topic.',
    parameters: () => z.object(topicParameters()),
    answer: topicReport,
    handle: (control, { parameters }) => control.topics.get(parameters),
  }),
  route({
    method: 'GET',
    path: '/topics/{name}/subscriptions',
    summary: 'Lists the subscriptions of a topic, the pending ones with the tokens that confirm them.',
    parameters: () => subscriptionListingShape().extend(topicParameters()),
    answer: () => z.object({ subscriptions: z.array(subscriptionReport()), next: z.string().optional() }),
    handle: (control, { parameters: { limit, after, ...topic } }) =>
      control.topics.subscriptions(topic, { limit, ...(after !== undefined && { after: String(after) }) }),
  }),
  route({
    method: 'POST',
    path: '/topics/{name}/subscriptions/{id}/confirm',
    summary: 'Confirms a pending subscription, as if its endpoint had done so.',
    parameters: () => z.object(subscriptionParameters()),
    answer: subscriptionReport,
    handle: (control, { parameters: { id, ...topic } }) => control.topics.confirm(topic, id),
  }),
  route({
    method: 'POST',
    path: '/topics/{name}/subscriptions/{id}/deliver-now',
    summary: 'Attempts the deliveries of a subscription that wait to be retried, without waiting until they are due.',
    parameters: () => z.object(subscriptionParameters()),
    answer: () => z.object({ deliveries: z.int().describe('How many deliveries are attempted') }),
    handle: (control, { parameters: { id, ...topic } }, signal) => control.topics.deliverNow(topic, id, signal),
  }),
  route({
    method: 'GET',
    path: '/topics/{name}/deliveries',
    summary: 'Lists what became of the latest messages for each subscription, and why; the latest message first.',
    parameters: () => deliveryListingShape().extend(topicParameters()),
    answer: () => z.object({ deliveries: z.array(delivery()) }),
    handle: async (control, { parameters: { name, account, region, ...options } }) => ({
      deliveries: await control.topics.deliveries({ name, account, region }, options),
    }),
  }),
  route({
    method: 'POST',
    path: '/topics/{name}/wait',
    summary: 'Waits for an event of a topic: a publication, or what became of one; responds with 408 on timeout.',
    parameters: () => z.object(topicParameters()),
    body: topicWaitShape,
    atOnce: 200,
    answer: () => z.object({ event: eventReport() }),
    handle: (control, { parameters, body }, signal) => control.topics.waitFor(parameters, body, signal),
  }),
  route({
    method: 'POST',
    path: '/topics/{name}/explain-publish',
    line: 'reads',
    summary:
      'Explains what would become of a message if it were published now, for each subscription. Publishes nothing.',
    parameters: () => z.object(topicParameters()),
    body: hypotheticalPublishShape,
    bodyBytes: MESSAGE_BODY_BYTES,
    answer: publishExplanation,
    handle: (control, { parameters, body }) => control.topics.explain(parameters, body),
  }),
];
