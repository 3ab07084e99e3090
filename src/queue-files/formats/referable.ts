/** The resources of a template to which Squab knows references: queues and topics. */

import { arnOf, queueArn } from '../../queues/arn.ts';
import { partOf, type Tree } from '../syntax/tree.ts';

export const QUEUE = 'AWS::SQS::Queue';
export const TOPIC = 'AWS::SNS::Topic';

type Kind = 'queue' | 'topic';

export interface Referable {
  kind: Kind;
  name: string;
}

/** Returns the queue or topic with a logical ID, or undefined if there is none. */
export type Find = (logicalId: string) => Referable | undefined;

/** Where the resources of a template are. */
export interface Place {
  account: string;
  region: string;
  /** The value of `AWS::URLSuffix`. */
  suffix: string;
}

/** Returns whether a resource is a queue or a topic; undefined if it is neither. */
export function kindOf(resource: Tree | undefined): Kind | undefined {
  const type = partOf(resource, 'Type');
  if (type?.kind !== 'scalar') return undefined;
  if (type.text === QUEUE) return 'queue';
  return type.text === TOPIC ? 'topic' : undefined;
}

/** Returns the value of `Ref`. */
export function referenceTo(found: Referable, place: Place): string {
  const { QueueUrl, TopicArn } = attributesOf(found, place);
  return (found.kind === 'queue' ? QueueUrl : TopicArn)!;
}

/** Returns the attributes for `Fn::GetAtt`. */
export function attributesOf({ kind, name }: Referable, { suffix, ...owner }: Place): Readonly<Record<string, string>> {
  const { account, region } = owner;
  if (kind === 'topic') return { TopicArn: arnOf('sns', { account, region, name }), TopicName: name };
  const QueueUrl = `https://sqs.${region}.${suffix}/${account}/${name}`;
  return { Arn: queueArn({ account, region, name }), QueueName: name, QueueUrl };
}
