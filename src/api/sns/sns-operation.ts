/** Defines operations of SNS, which has errors of its own for required members, and looks topics up by their ARNs. */

import type { Topic } from '../../storage/topics.ts';
import { noValueFor, nullAt } from '../../topics/refusals.ts';
import { topicKeyIn } from '../../topics/topic-arn.ts';
import { findTopic } from '../../topics/topic-catalog.ts';
import { resourceDoesNotExist } from '../../topics/topic-tags.ts';
import type { Call, Operation } from '../operation.ts';
import type { StructureShape } from '../wires/shape.ts';

interface Description<I, O> {
  name: string;
  summary: string;
  input: StructureShape<I>;
  output?: StructureShape<O>;
  handle(input: I, call: Call): Promise<O>;
}

/** Members whose absence the service reports; the framework reports that of all others. */
const REPORTED_BY_SERVICE: ReadonlySet<string> = new Set(['TopicArn', 'SubscriptionArn', 'ResourceArn']);

export function snsOperation<I, O>(description: Description<I, O>): Operation {
  const { handle, ...rest } = description;
  const { members } = rest.input;
  const required = Object.keys(members).filter((name) => members[name]!.required);
  return {
    ...rest,
    needs: () => [],
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
    ...rest,
    async handle(input, call) {
      check?.(input);
      return handle(await topicOf(call, input.TopicArn), input, call);
    },
  });
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
