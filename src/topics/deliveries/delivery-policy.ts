/**
 * Delivery policies: how often, and after which delays, SNS tries again to reach an HTTP endpoint. A topic and a
 * subscription can each have one, in different forms; they are stored and reported as texts.
 * Source: developer guide, "Amazon SNS message delivery retries"; stored forms and texts as observed on the service.
 */

import { isJsonObject, type JsonObject, parseJsonObject } from '../../queues/json-object.ts';
import { InvalidText } from '../invalid-text.ts';
import { checkContentType, DEFAULT_CONTENT_TYPE } from './content-types.ts';
import { backoffFunctions, type RetryPolicy } from './retries.ts';

/** The policy of a topic, after `http`. */
interface TopicPolicy {
  defaultHealthyRetryPolicy: RetryPolicy;
  disableSubscriptionOverrides: boolean;
  defaultThrottlePolicy?: ThrottlePolicy;
  defaultRequestPolicy: RequestPolicy;
}

/** The policy of a subscription. `sicklyRetryPolicy` and `guaranteed` have no effect, but SNS reports them. */
export interface SubscriptionPolicy {
  healthyRetryPolicy: RetryPolicy | null;
  sicklyRetryPolicy: RetryPolicy | null;
  throttlePolicy: ThrottlePolicy | null;
  requestPolicy: RequestPolicy | null;
  guaranteed: boolean;
}

interface ThrottlePolicy {
  maxReceivesPerSecond: number;
}

interface RequestPolicy {
  headerContentType: string;
}

/** The order of members is that in which SNS reports them. */
const DEFAULT: TopicPolicy = {
  defaultHealthyRetryPolicy: {
    minDelayTarget: 20,
    maxDelayTarget: 20,
    numRetries: 3,
    numMaxDelayRetries: 0,
    numNoDelayRetries: 0,
    numMinDelayRetries: 0,
    backoffFunction: 'linear',
  },
  disableSubscriptionOverrides: false,
  defaultRequestPolicy: { headerContentType: DEFAULT_CONTENT_TYPE },
};

const UNSET: RetryPolicy = {
  ...DEFAULT.defaultHealthyRetryPolicy,
  minDelayTarget: 0,
  maxDelayTarget: 0,
  numRetries: 0,
};

/** "Up to 3,600 seconds", "up to 100 retries". */
const [DELAY_SECONDS_MAX, RETRIES_MAX] = [3600, 100];

/** Checks the value of a member, whose path from the outermost object is `path`. Throws InvalidText. */
type Check = (value: unknown, path: string) => void;

const retryPolicy: Check = objectOf(
  {
    minDelayTarget: integer(1, DELAY_SECONDS_MAX),
    maxDelayTarget: integer(1, DELAY_SECONDS_MAX),
    numRetries: integer(0, RETRIES_MAX),
    numMaxDelayRetries: integer(0, RETRIES_MAX),
    numNoDelayRetries: integer(0, RETRIES_MAX),
    numMinDelayRetries: integer(0, RETRIES_MAX),
    backoffFunction: oneOf(backoffFunctions),
  },
  checkRetries,
);
const throttlePolicy = objectOf({ maxReceivesPerSecond: integer(1, Number.MAX_SAFE_INTEGER) });
const requestPolicy = objectOf({ headerContentType: contentType });

const topicPolicy = objectOf({
  http: objectOf({
    defaultHealthyRetryPolicy: retryPolicy,
    defaultSicklyRetryPolicy: retryPolicy,
    disableSubscriptionOverrides: boolean,
    defaultThrottlePolicy: throttlePolicy,
    defaultRequestPolicy: requestPolicy,
  }),
});
const subscriptionPolicy = objectOf({
  healthyRetryPolicy: retryPolicy,
  sicklyRetryPolicy: retryPolicy,
  throttlePolicy,
  requestPolicy,
  guaranteed: boolean,
});

/**
 * Returns the policy of a topic in the form in which it is stored. `prefix` is how the operation begins its errors,
 * such as `Invalid parameter: `. Throws InvalidText.
 */
export function normalTopicDeliveryPolicy(text: string, prefix: string): string {
  const { http = {} } = checked(text, topicPolicy, prefix) as { http?: JsonObject };
  return JSON.stringify({
    http: { ...http, disableSubscriptionOverrides: http.disableSubscriptionOverrides ?? false },
  });
}

/** The same for the policy of a subscription. */
export function normalSubscriptionDeliveryPolicy(text: string, prefix: string): string {
  const given = checked(text, subscriptionPolicy, prefix) as Partial<SubscriptionPolicy>;
  const { healthyRetryPolicy, sicklyRetryPolicy, throttlePolicy = null, requestPolicy = null } = given;
  const normal: SubscriptionPolicy = {
    healthyRetryPolicy: healthyRetryPolicy ? { ...UNSET, ...healthyRetryPolicy } : null,
    sicklyRetryPolicy: sicklyRetryPolicy ? { ...UNSET, ...sicklyRetryPolicy } : null,
    ...{ throttlePolicy, requestPolicy },
    guaranteed: given.guaranteed ?? false,
  };
  return JSON.stringify(normal);
}

/** Returns what applies to a topic: its stored policy, if any, and defaults for what it lacks. */
export function effectiveTopicPolicy(stored: string | undefined): string {
  return JSON.stringify({ http: effectiveOfTopic(stored) });
}

/** Returns what applies to a subscription, given its stored policy and that of its topic. */
export function effectiveSubscriptionPolicy(own: string | undefined, ofTopic: string | undefined): string {
  return JSON.stringify(effectiveOfSubscription(own, ofTopic));
}

/** The parsed form of `effectiveSubscriptionPolicy`. */
export type EffectivePolicy = SubscriptionPolicy & { healthyRetryPolicy: RetryPolicy; requestPolicy: RequestPolicy };

/** Returns what applies to a subscription, given its stored policy and that of its topic. Delays are in seconds. */
export function effectiveOfSubscription(own: string | undefined, ofTopic: string | undefined): EffectivePolicy {
  const topic = effectiveOfTopic(ofTopic);
  const isOverridden = own !== undefined && !topic.disableSubscriptionOverrides;
  const given = isOverridden ? (JSON.parse(own) as SubscriptionPolicy) : undefined;
  return {
    healthyRetryPolicy: completed(given?.healthyRetryPolicy ?? undefined, topic.defaultHealthyRetryPolicy),
    sicklyRetryPolicy: given?.sicklyRetryPolicy ?? null,
    throttlePolicy: given?.throttlePolicy ?? topic.defaultThrottlePolicy ?? null,
    requestPolicy: { ...topic.defaultRequestPolicy, ...given?.requestPolicy },
    guaranteed: given?.guaranteed ?? false,
  };
}

function effectiveOfTopic(stored: string | undefined): TopicPolicy {
  const { http } = (stored === undefined ? { http: {} } : JSON.parse(stored)) as { http: Partial<TopicPolicy> };
  return {
    ...DEFAULT,
    ...http,
    defaultHealthyRetryPolicy: completed(http.defaultHealthyRetryPolicy, DEFAULT.defaultHealthyRetryPolicy),
    defaultRequestPolicy: { ...DEFAULT.defaultRequestPolicy, ...http.defaultRequestPolicy },
  };
}

/** Takes the members that a retry policy lacks from another one. A delay of 0 was not given. */
function completed(given: Partial<RetryPolicy> | undefined, others: RetryPolicy): RetryPolicy {
  const minDelayTarget = given?.minDelayTarget || others.minDelayTarget;
  const maxDelayTarget = given?.maxDelayTarget || Math.max(minDelayTarget, others.maxDelayTarget);
  return { ...others, ...given, minDelayTarget: Math.min(minDelayTarget, maxDelayTarget), maxDelayTarget };
}

/** Parses and checks a policy, and drops members that are null. Throws InvalidText. */
function checked(text: string, check: Check, prefix: string): JsonObject {
  const policy = parseJsonObject(text);
  if (!policy) throw new InvalidText(`${prefix}DeliveryPolicy: failed to parse JSON.`);
  const filled = withoutNulls(policy);
  try {
    check(filled, '');
  } catch (error) {
    throw error instanceof InvalidText ? new InvalidText(`${prefix}DeliveryPolicy: ${error.message}`) : error;
  }
  return filled;
}

/** A delivery policy is three levels deep. What is deeper is not valid, and stays as it is. */
function withoutNulls(object: JsonObject, levels = 3): JsonObject {
  const members = Object.entries(object).filter(([, value]) => value !== null);
  return Object.fromEntries(
    members.map(([name, value]) => [name, isJsonObject(value) && levels > 1 ? withoutNulls(value, levels - 1) : value]),
  );
}

function objectOf(members: Readonly<Record<string, Check>>, checkTogether: Check = () => {}): Check {
  return (value, path) => {
    if (!isJsonObject(value)) throw new InvalidText(`${path} must be a JSON object`);
    for (const [name, member] of Object.entries(value)) {
      if (!Object.hasOwn(members, name)) throw new InvalidText(`Unexpected JSON member: ${name}`);
      members[name]!(member, path === '' ? name : `${path}.${name}`);
    }
    checkTogether(value, path);
  };
}

function integer(min: number, max: number): Check {
  return (value, path) => {
    if (!Number.isInteger(value)) throw new InvalidText(`${path} must be an integer`);
    if ((value as number) < min) throw new InvalidText(`${path} must be greater than or equal to ${min}`);
    if ((value as number) > max) throw new InvalidText(`${path} must be less than or equal to ${max}`);
  };
}

function oneOf(values: readonly string[]): Check {
  return (value, path) => {
    if (!values.some((one) => one === value)) throw new InvalidText(`${path} must be one of: ${values.join(', ')}`);
  };
}

function boolean(value: unknown, path: string): void {
  if (typeof value !== 'boolean') throw new InvalidText(`${path} must be true or false`);
}

function contentType(value: unknown, path: string): void {
  const problem = checkContentType(value);
  if (problem !== undefined) throw new InvalidText(`${path} ${problem}`);
}

/** Checks the members of a retry policy that depend on each other; what is not given is not compared. */
function checkRetries(value: unknown, path: string): void {
  const { minDelayTarget, maxDelayTarget, ...retries } = value as Partial<RetryPolicy>;
  if (minDelayTarget !== undefined && maxDelayTarget !== undefined && maxDelayTarget < minDelayTarget) {
    throw new InvalidText(`${path}.maxDelayTarget must be greater than or equal to minDelayTarget`);
  }
  const { numRetries, numMaxDelayRetries = 0, numNoDelayRetries = 0, numMinDelayRetries = 0 } = retries;
  const phases = numMaxDelayRetries + numNoDelayRetries + numMinDelayRetries;
  if (phases > (numRetries ?? DEFAULT.defaultHealthyRetryPolicy.numRetries)) {
    throw new InvalidText(
      `${path}.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and ` +
        'numMaxDelayRetries',
    );
  }
}
