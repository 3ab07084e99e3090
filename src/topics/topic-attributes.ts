/**
 * The attributes of topics: which ones can be set, their values, and what GetTopicAttributes reports.
 * Source: API reference, CreateTopic, SetTopicAttributes and GetTopicAttributes; error texts as observed on the
 * service.
 */

import type { Topic } from '../storage/topics.ts';
import { effectiveTopicPolicy, normalTopicDeliveryPolicy } from './deliveries/delivery-policy.ts';
import { InvalidText } from './invalid-text.ts';
import { checkLength, invalid, refusing } from './refusals.ts';
import { topicArn } from './topic-arn.ts';
import { defaultPolicy, normalTopicPolicy } from './topic-policy.ts';

/** "MaximumMessageSize: 1,024 bytes (1 KiB) up to 1,048,576 bytes (1 MiB); the default is 262,144 (256 KiB)." */
export const MESSAGE_BYTES = { min: 1024, max: 1_048_576, default: 262_144 } as const;

/** Kept with the attributes, but it has operations of its own, and is not reported with them. */
export const DATA_PROTECTION_POLICY = 'DataProtectionPolicy';

interface Rule {
  fifoOnly?: true;
  /** Reported even if it is not set. */
  always?: (topic: Topic) => string;
  /**
   * Returns the value in the form in which it is stored; undefined removes the attribute. Throws InvalidText, whose
   * message begins with `prefix`.
   */
  normal(value: string, name: string, prefix: string): string | undefined;
}

const anyText: Rule = { normal: (value) => value };
const textOrNone: Rule = { normal: (value) => value || undefined };

const rules: Readonly<Record<string, Rule>> = {
  DisplayName: { ...anyText, always: () => '' },
  Policy: {
    always: defaultPolicy,
    normal: (value, _name, prefix) => (value === '' ? undefined : normalTopicPolicy(value, prefix)),
  },
  DeliveryPolicy: {
    normal: (value, _name, prefix) => (value === '' ? undefined : normalTopicDeliveryPolicy(value, prefix)),
  },
  SignatureVersion: oneOf('1', '2'),
  TracingConfig: oneOf('PassThrough', 'Active'),
  KmsMasterKeyId: textOrNone,
  MaximumMessageSize: { normal: size },
  FifoTopic: { ...boolean(), fifoOnly: true, always: () => 'true' },
  ContentBasedDeduplication: { ...boolean(), fifoOnly: true, always: () => 'false' },
  FifoThroughputScope: { ...oneOf('Topic', 'MessageGroup'), fifoOnly: true },
  ArchivePolicy: { ...textOrNone, fifoOnly: true },
  BeginningArchiveTime: { ...textOrNone, fifoOnly: true },
  ...Object.fromEntries(
    ['HTTP', 'Firehose', 'Lambda', 'Application', 'SQS'].flatMap((protocol) => [
      [`${protocol}SuccessFeedbackRoleArn`, textOrNone],
      [`${protocol}SuccessFeedbackSampleRate`, { normal: sampleRate }],
      [`${protocol}FailureFeedbackRoleArn`, textOrNone],
    ]),
  ),
};

/** The names of the attributes that can be set. */
export const topicAttributes: readonly string[] = Object.keys(rules);

/** Returns the value of an attribute as SNS reports it; undefined if it is not reported. */
export function topicSetting(topic: Topic, name: string): string | undefined {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (!rule || (rule.fifoOnly && !topic.fifo)) return undefined;
  return topic.attributes.get(name) ?? rule.always?.(topic);
}

/** Returns the largest size of a message, in bytes. */
export function messageBytesMax({ attributes }: Topic): number {
  return Number(attributes.get('MaximumMessageSize') ?? MESSAGE_BYTES.default);
}

/** Returns everything that GetTopicAttributes reports. */
export function reportTopic(topic: Topic, counts: { confirmed: number; pending: number }): Map<string, string> {
  const computed = {
    TopicArn: topicArn(topic),
    Owner: topic.account,
    EffectiveDeliveryPolicy: effectiveTopicPolicy(topic.attributes.get('DeliveryPolicy')),
    SubscriptionsConfirmed: String(counts.confirmed),
    SubscriptionsPending: String(counts.pending),
    SubscriptionsDeleted: '0',
  };
  const settings = Object.keys(rules).flatMap((name): [string, string][] => {
    const value = topicSetting(topic, name);
    return value === undefined ? [] : [[name, value]];
  });
  return new Map([...Object.entries(computed), ...settings]);
}

/**
 * Checks the attributes of a CreateTopic request, and returns them in the form in which they are stored.
 * Throws `InvalidParameter`.
 */
export function checkNewAttributes(given: ReadonlyMap<string, string>, fifo: boolean): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [name, value] of given) {
    const normal = normalAttribute(name, value, fifo, 'Attributes Reason: ');
    // `FifoTopic=false` leaves no trace.
    if (normal !== undefined && name !== 'FifoTopic') attributes.set(name, normal);
  }
  return attributes;
}

/**
 * Checks one attribute of an existing topic, and returns its value as it is stored; undefined removes it.
 * Throws `InvalidParameter`.
 */
export function checkChangedAttribute(topic: Topic, name: string, value: string): string | undefined {
  if (!Object.hasOwn(rules, name) || name === 'FifoTopic') throw invalid('AttributeName');
  const normal = normalAttribute(name, value, topic.fifo, '');
  const isBack = name === 'FifoThroughputScope' && topic.attributes.get(name) === 'MessageGroup';
  if (isBack && normal !== 'MessageGroup') throw invalid(name);
  return normal;
}

function normalAttribute(name: string, value: string, fifo: boolean, inRequest: string): string | undefined {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (!rule) throw invalid(`${inRequest}Unknown attribute ${name}`);
  checkLength(name, value);
  const prefix = `Invalid parameter: ${inRequest}`;
  return refusing(() => {
    if (!rule.fifoOnly || fifo) return rule.normal(value, name, prefix);
    if (/^false$/i.test(value)) return undefined;
    throw new InvalidText(`${prefix}${name}`);
  });
}

function boolean(): Rule {
  return {
    normal(text, name, prefix) {
      const value = text.toLowerCase();
      if (value !== 'true' && value !== 'false') throw new InvalidText(`${prefix}${name}`);
      return value;
    },
  };
}

function oneOf(...words: string[]): Rule {
  return {
    normal(value, name, prefix) {
      if (!words.includes(value)) throw new InvalidText(`${prefix}${name}`);
      return value;
    },
  };
}

function size(text: string, name: string, prefix: string): string {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= MESSAGE_BYTES.min && value <= MESSAGE_BYTES.max)) throw new InvalidText(`${prefix}${name}`);
  return String(value);
}

function sampleRate(text: string, name: string, prefix: string): string {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 100) return String(Number(text));
  throw new InvalidText(`${prefix}${name}: ${text} value provided is not an integer between 0-100`);
}
