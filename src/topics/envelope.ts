/**
 * The envelope in which a published message reaches its subscribers, if they do not want it raw.
 * Source: developer guide, "Parsing message formats"; the members, their order and the white space as observed on the
 * service.
 */

import { sequenceNumber } from '../queues/fifo.ts';
import type { Subscription } from '../storage/topics.ts';
import type { TopicsEnv } from './env.ts';
import { type Publication, textFor } from './publication.ts';
import type { Signature, SignatureVersion } from './signing/signatures.ts';
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

/** Signs the envelope of a publication. The signature is valid for all subscriptions with the same protocol. */
export async function signatureOf(
  { signatures }: TopicsEnv,
  publication: Publication,
  subscription: Subscription,
): Promise<EnvelopeSignature> {
  const version = publication.topic.attributes.get('SignatureVersion') === '2' ? '2' : '1';
  const { messageId: MessageId, subject: Subject, topic } = publication;
  const signed = {
    ...{ Type: 'Notification', MessageId, Subject, TopicArn: topicArn(topic) },
    Message: textFor(publication, subscription),
    Timestamp: new Date(publication.publishedAt).toISOString(),
  };
  return { version, ...(await signatures.sign(signed, version)) };
}

/** Returns the envelope as JSON, with SNS's white space. */
export function envelopeOf(publication: Publication, subscription: Subscription, parts: EnvelopeParts): string {
  const { messageId, topic, subject, publishedAt, attributes } = publication;
  const { linkBase, sequence, signature } = parts;
  const members: [name: string, value: string | undefined][] = [
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
  const lines = members.flatMap(([name, value]) =>
    value === undefined ? [] : [memberOf(name, JSON.stringify(value))],
  );
  if (attributes.size > 0) {
    const entries = [...attributes].map(([name, { dataType, stringValue, binaryValue }]) =>
      memberOf(name, JSON.stringify({ Type: dataType, Value: stringValue ?? binaryValue })),
    );
    lines.push(memberOf('MessageAttributes', `{\n${entries.map((entry) => `  ${entry}`).join(',\n')}\n  }`));
  }
  return `{\n${lines.join(',\n')}\n}`;
}

function memberOf(name: string, json: string): string {
  return `  ${JSON.stringify(name)} : ${json}`;
}
