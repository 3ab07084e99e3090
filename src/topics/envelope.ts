/**
 * The envelope in which a published message reaches its subscribers, if they do not want it raw.
 * Source: developer guide, "Parsing message formats"; the members, their order and the white space as observed on the
 * service.
 */

import { sequenceNumber } from '../queues/fifo.ts';
import type { Subscription, Topic } from '../storage/topics.ts';
import type { TopicsEnv } from './env.ts';
import { type Publication, signatureVersionOf, textFor } from './publication.ts';
import type { Signature, SignatureVersion } from './signing/signatures.ts';
import { isRaw } from './subscription-attributes.ts';
import { subscriptionArn, topicArn } from './topic-arn.ts';

export interface EnvelopeSignature extends Signature {
  version: SignatureVersion;
}

/** `linkBase`: the URL of Squab in links. Envelopes of FIFO topics have a sequence number, and no signature. */
export interface EnvelopeParts {
  linkBase: string;
  sequence: number | undefined;
  signature: EnvelopeSignature | undefined;
}

/** Returns the signature for the envelope of a subscription; undefined for one without envelope or signature. */
export type SignatureFor = (subscription: Subscription) => EnvelopeSignature | undefined;

/**
 * Signs the envelopes of a publication, once for all subscriptions whose texts are the same: the signature does not cover
 * what differs between them.
 */
export async function signaturesOf(
  { signatures }: TopicsEnv,
  publication: Publication,
  subscriptions: readonly Subscription[],
): Promise<SignatureFor> {
  const { topic, messageId: MessageId, subject: Subject } = publication;
  const keyOf = (subscription: Subscription) =>
    `${versionFor(topic, subscription)}${textFor(publication, subscription)}`;
  const made = new Map<string, EnvelopeSignature>();
  if (topic.fifo) return () => undefined;
  const wanted = new Map(subscriptions.filter((one) => !isRaw(one)).map((one) => [keyOf(one), one]));
  for (const [key, subscription] of wanted) {
    const version = versionFor(topic, subscription);
    const members = {
      ...{ Type: 'Notification', MessageId, Subject, TopicArn: topicArn(topic) },
      Message: textFor(publication, subscription),
      Timestamp: new Date(publication.publishedAt).toISOString(),
    };
    made.set(key, { version, ...(await signatures.sign(members, version)) });
  }
  return (subscription) => made.get(keyOf(subscription));
}

/** AWS signs the events of functions with version 1, whatever the topic has. */
function versionFor(topic: Topic, { protocol }: Subscription): SignatureVersion {
  return protocol === 'lambda' ? '1' : signatureVersionOf(topic);
}

/** Returns the envelope as JSON, with SNS's white space. */
export function envelopeOf(publication: Publication, subscription: Subscription, parts: EnvelopeParts): string {
  const { messageId, topic, subject, publishedAt, attributes } = publication;
  const { linkBase, sequence, signature } = parts;
  const texts: [name: string, value: string | undefined][] = [
    ['Type', 'Notification'],
    ['MessageId', messageId],
    ['SequenceNumber', sequence === undefined ? undefined : sequenceNumber(sequence)],
    ['TopicArn', topicArn(topic)],
    ['Subject', subject],
    ['Message', textFor(publication, subscription)],
    ['Timestamp', new Date(publishedAt).toISOString()],
    ['SignatureVersion', signature?.version],
    ['Signature', signature?.signature],
    ['SigningCertURL', signature && `${linkBase}/${signature.certificateName}`],
    ['UnsubscribeURL', `${linkBase}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn(subscription)}`],
  ];
  const members = texts.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, JSON.stringify(value)] as const],
  );
  if (attributes.size === 0) return printedObject(members);
  const entries = [...attributes].map(
    ([name, { dataType, stringValue, binaryValue }]) =>
      [name, JSON.stringify({ Type: dataType, Value: stringValue ?? binaryValue })] as const,
  );
  return printedObject([...members, ['MessageAttributes', printedObject(entries, '  ')]]);
}

/** Returns a JSON object with SNS's white space. The values are JSON; `indent` is that of the line where it begins. */
export function printedObject(members: readonly (readonly [name: string, json: string])[], indent = ''): string {
  const lines = members.map(([name, json]) => `${indent}  ${JSON.stringify(name)} : ${json}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
