/** Defines operations of SNS, which has errors of its own for required members, and looks topics up by their ARNs. */

import { refusalOr, SqsError } from '../../errors.ts';
import type { Need, Needs } from '../../queues/policies/access.ts';
import type { Topic } from '../../storage/topics.ts';
import { invalid, noValueFor, nullAt } from '../../topics/refusals.ts';
import { subscriptionIdIn, topicKeyIn } from '../../topics/topic-arn.ts';
import { findTopic } from '../../topics/topic-catalog.ts';
import { resourceDoesNotExist } from '../../topics/topic-tags.ts';
import type { Call, Operation } from '../operation.ts';
import type { StructureShape } from '../wires/shape.ts';

interface Description<I, O> {
  name: string;
  summary: string;
  input: StructureShape<I>;
  output?: StructureShape<O>;
  /** Set if requests need no signature, even if signatures are checked. */
  unsigned?: true;
  /** Returns the permissions that the request requires; by default, one that only the caller's own account has. */
  needs?(input: I, call: Call): Needs;
  handle(input: I, call: Call): Promise<O>;
}

/** Members whose absence the service reports; the framework reports that of all others. */
const REPORTED_BY_SERVICE: ReadonlySet<string> = new Set(['TopicArn', 'SubscriptionArn', 'ResourceArn']);

/**
 * Defines an operation. When it runs, it throws `InvalidParameter` or `ValidationError` for a required member that is
 * missing, and otherwise what `handle` throws.
 */
export function snsOperation<I, O>(description: Description<I, O>): Operation {
  const { handle, needs, ...rest } = description;
  const { members } = rest.input;
  const required = Object.keys(members).filter((name) => members[name]!.required);
  return {
    ...rest,
    needs: (input, call) => needs?.(input as I, call) ?? [{ action: rest.name, topic: { ...call.caller, name: '' } }],
    run(input, call) {
      for (const name of required) {
        if ((input as Record<string, unknown>)[name] !== undefined) continue;
        throw REPORTED_BY_SERVICE.has(name) ? noValueFor(name) : nullAt(`${name[0]!.toLowerCase()}${name.slice(1)}`);
      }
      return handle(input as I, call);
    },
  };
}

/** Defines an operation on the topic that `TopicArn` names. */
export function topicOperation<I extends { TopicArn: string }, O>(
  description: Omit<Description<I, O>, 'handle'> & {
    /** What is checked before the topic is looked up. Throws SqsError. */
    check?(input: I): void;
    handle(topic: Topic, input: I, call: Call): Promise<O>;
  },
): Operation {
  const { check, handle, ...rest } = description;
  return snsOperation<I, O>({
    needs: ({ TopicArn }, call) => needsOn(rest.name.replace(/Batch$/, ''), TopicArn, call),
    ...rest,
    async handle(input, call) {
      check?.(input);
      return handle(await topicOf(call, input.TopicArn), input, call);
    },
  });
}

/**
 * Returns the permission for an action on the topic that an ARN names; none if it names no topic, which is an error.
 */
export function needsOn(action: string, arn: string | undefined, call: Call): Need[] {
  const topic = refusalOr(() => topicKeyIn(arn ?? '', 'TopicArn', regionOf(call)));
  return topic instanceof SqsError ? [] : [{ action, topic }];
}

/** Returns the permission for an action on a subscription, which the account that subscribed needs not have. */
export async function* needsOnSubscription(action: string, arn: string | undefined, call: Call): AsyncGenerator<Need> {
  const id = refusalOr(() => subscriptionIdIn(arn ?? ''));
  const subscription = id instanceof SqsError ? undefined : await call.env.topics.findSubscription(id);
  if (!subscription) return;
  const { owner, topic } = subscription;
  if (call.identity?.principal?.account !== owner) yield { action, topic };
}

/**
 * Returns the ID of the subscription that an ARN names. Throws `InvalidParameter`, also if the caller signed the request for
 * a region other than the subscription's.
 */
export async function subscriptionOf(call: Call, arn: string): Promise<string> {
  const id = subscriptionIdIn(arn);
  const { isSigned, region } = call.caller;
  const subscription = isSigned && (await call.env.topics.findSubscription(id));
  if (subscription && subscription.topic.region !== region) throw invalid('SubscriptionArn');
  return id;
}

/** Returns the topic that an ARN names. Throws `InvalidParameter`, `NotFound`. */
export function topicOf(call: Call, arn: string, parameter = 'TopicArn'): Promise<Topic> {
  return findTopic(call.env, topicKeyIn(arn, parameter, regionOf(call)));
}

/** Returns the topic that the tag operations refer to. Throws `InvalidParameter`, `ResourceNotFound`. */
export async function resourceOf(call: Call, arn: string): Promise<Topic> {
  const topic = await call.env.topics.findTopic(topicKeyIn(arn, 'ResourceArn', regionOf(call)));
  if (!topic) throw resourceDoesNotExist();
  return topic;
}

/** Returns the region of the endpoint; undefined for a link without signature, which may lead to any region. */
export function regionOf({ caller }: Call): string | undefined {
  return caller.isAnonymous ? undefined : caller.region;
}
