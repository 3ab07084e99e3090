/**
 * The envelope in which a published message reaches its subscribers, if they do not want it raw.
 * Source: developer guide, "Parsing message formats"; the members, their order and the white space as observed on the
 * service.
 */

import { sequenceNumber } from '../../queues/fifo.ts';
import type { Subscription, Topic } from '../../storage/topics.ts';
import type { TopicsEnv } from '../env.ts';
import type { Signature, SignatureVersion } from '../signing/signatures.ts';
import { isRaw } from '../subscription-attributes.ts';
import { subscriptionArn, topicArn } from '../topic-arn.ts';
import { type Publication, quotedText, signatureVersionOf, textFor } from './publication.ts';

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
 * Signs the envelopes of a publication, once for all subscriptions whose texts are the same: the signature does not
 * cover what differs between them.
 */
export async function signaturesOf(
  { signatures }: TopicsEnv,
  publication: Publication,
  subscriptions: readonly Subscription[],
): Promise<SignatureFor> {
  const { topic, messageId: MessageId, subject: Subject } = publication;
  if (topic.fifo) return () => undefined;
  /** By the text. A key made of both would be as long as the text, for each subscription. */
  const made = { 1: new Map<string, EnvelopeSignature>(), 2: new Map<string, EnvelopeSignature>() };
  for (const subscription of subscriptions) {
    const [version, Message] = [versionFor(topic, subscription), textFor(publication, subscription)];
    if (isRaw(subscription) || made[version].has(Message)) continue;
    const members = {
      ...{ Type: 'Notification', MessageId, Subject, TopicArn: topicArn(topic) },
      ...{ Message, Timestamp: new Date(publication.publishedAt).toISOString() },
    };
    made[version].set(Message, { version, ...(await signatures.sign(members, version)) });
  }
  return (subscription) => made[versionFor(topic, subscription)].get(textFor(publication, subscription));
}

/** AWS signs the events of functions with version 1, whatever the topic has. */
function versionFor(topic: Topic, { protocol }: Subscription): SignatureVersion {
  return protocol === 'lambda' ? '1' : signatureVersionOf(topic);
}

/** Returns the envelope as JSON, with SNS's white space. */
export function envelopeOf(publication: Publication, subscription: Subscription, parts: EnvelopeParts): string {
  const { messageId, topic, subject, publishedAt, attributes } = publication;
  const { linkBase, sequence, signature } = parts;
  const members: [name: string, json: string | undefined][] = [
    ['Type', '"Notification"'],
    ['MessageId', JSON.stringify(messageId)],
    ['SequenceNumber', sequence === undefined ? undefined : JSON.stringify(sequenceNumber(sequence))],
    ['TopicArn', JSON.stringify(topicArn(topic))],
    ['Subject', JSON.stringify(subject)],
    ['Message', quotedText(publication, subscription)],
    ['Timestamp', JSON.stringify(new Date(publishedAt))],
    ['SignatureVersion', JSON.stringify(signature?.version)],
    ['Signature', JSON.stringify(signature?.signature)],
    ['SigningCertURL', signature && JSON.stringify(`${linkBase}/${signature.certificateName}`)],
    [
      'UnsubscribeURL',
      JSON.stringify(`${linkBase}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn(subscription)}`),
    ],
  ];
  const present = members.flatMap(([name, json]) => (json === undefined ? [] : [[name, json] as const]));
  if (attributes.size === 0) return printedObject(present);
  const entries = [...attributes].map(
    ([name, { dataType, stringValue, binaryValue }]) =>
      [name, JSON.stringify({ Type: dataType, Value: stringValue ?? binaryValue })] as const,
  );
  return printedObject([...present, ['MessageAttributes', printedObject(entries, '  ')]]);
}

/** Returns a JSON object with SNS's white space. The values are JSON; `indent` is that of the line where it begins. */
export function printedObject(members: readonly (readonly [name: string, json: string])[], indent = ''): string {
  const lines = members.map(([name, json]) => `${indent}  ${JSON.stringify(name)} : ${json}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
