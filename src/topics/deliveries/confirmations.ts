/**
 * The messages with which SNS asks an endpoint to confirm a subscription, and says that one has ended.
 * Source: developer guide, "HTTP/HTTPS subscription confirmation JSON format" and "Unsubscribe confirmation".
 */

import type { Millis } from '../../time/clock.ts';
import { printedObject } from '../publishing/envelope.ts';
import type { Signatures, SignatureVersion } from '../signing/signatures.ts';

export interface ConfirmationInput {
  messageId: string;
  topicArn: string;
  /** Confirms the subscription, again if it has ended. */
  token: string;
  sentAt: Millis;
  /** The URL of Squab for the subscriber, without a slash at its end. */
  linkBase: string;
  signatureVersion: SignatureVersion;
}

/** Returns the body of a request that asks to confirm a subscription. */
export function subscriptionConfirmation(signatures: Signatures, input: ConfirmationInput): Promise<string> {
  const { topicArn } = input;
  return confirmation(signatures, input, 'SubscriptionConfirmation', [
    `You have chosen to subscribe to the topic ${topicArn}.`,
    'To confirm the subscription, visit the SubscribeURL included in this message.',
  ]);
}

/** Returns the body of a request that says that a subscription has ended. */
export function unsubscribeConfirmation(
  signatures: Signatures,
  input: ConfirmationInput,
  subscriptionArn: string,
): Promise<string> {
  return confirmation(signatures, input, 'UnsubscribeConfirmation', [
    `You have chosen to deactivate subscription ${subscriptionArn}.`,
    'To cancel this operation and restore the subscription, visit the SubscribeURL included in this message.',
  ]);
}

async function confirmation(
  signatures: Signatures,
  { messageId, topicArn, token, sentAt, linkBase, signatureVersion }: ConfirmationInput,
  type: string,
  sentences: readonly string[],
): Promise<string> {
  const members = {
    Type: type,
    MessageId: messageId,
    Token: token,
    TopicArn: topicArn,
    Message: sentences.join('\n'),
    SubscribeURL: `${linkBase}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`,
    Timestamp: new Date(sentAt).toISOString(),
  };
  const { signature, certificateName } = await signatures.sign(members, signatureVersion);
  const signed = {
    ...members,
    SignatureVersion: signatureVersion,
    Signature: signature,
    SigningCertURL: `${linkBase}/${certificateName}`,
  };
  return printedObject(Object.entries(signed).map(([name, value]) => [name, JSON.stringify(value)]));
}
