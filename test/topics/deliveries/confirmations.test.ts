/** The bodies of confirmation messages, and that their signatures are valid. */

import { verify, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { subscriptionConfirmation, unsubscribeConfirmation } from '../../../src/topics/deliveries/confirmations.ts';
import { Signatures } from '../../../src/topics/signing/signatures.ts';

const input = {
  messageId: 'm1',
  topicArn: 'arn:aws:sns:us-east-1:000000000000:t',
  token: '0123abcd',
  sentAt: Date.UTC(2026, 0, 1),
  linkBase: 'http://localhost:9324',
  signatureVersion: '2',
} as const;

const url =
  'http://localhost:9324/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=0123abcd';

it('is a JSON text like that of AWS, whose signature is valid', async () => {
  const signatures = new Signatures((await openEngine()).topics);
  const body = await subscriptionConfirmation(signatures, input);
  const { Signature, SigningCertURL, ...message } = JSON.parse(body);
  expect(message).toEqual({
    Type: 'SubscriptionConfirmation',
    MessageId: 'm1',
    Token: '0123abcd',
    TopicArn: 'arn:aws:sns:us-east-1:000000000000:t',
    Message:
      'You have chosen to subscribe to the topic arn:aws:sns:us-east-1:000000000000:t.\n' +
      'To confirm the subscription, visit the SubscribeURL included in this message.',
    SubscribeURL: url,
    Timestamp: '2026-01-01T00:00:00.000Z',
    SignatureVersion: '2',
  });
  expect(body.split('\n').map((line) => /^ {2}"(\w+)" : "/.exec(line)?.[1] ?? line)).toEqual([
    '{',
    'Type',
    'MessageId',
    'Token',
    'TopicArn',
    'Message',
    'SubscribeURL',
    'Timestamp',
    'SignatureVersion',
    'Signature',
    'SigningCertURL',
    '}',
  ]);
  const [base, name] = SigningCertURL.split(/\/(?=[^/]*$)/);
  expect(base).toBe('http://localhost:9324');
  const certificate = new X509Certificate((await signatures.certificate(name))!);
  const text = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
    .map((member) => `${member}\n${message[member]}\n`)
    .join('');
  expect(verify('sha256', Buffer.from(text), certificate.publicKey, Buffer.from(Signature, 'base64'))).toBe(true);
});

it('says how to undo that a subscription has ended', async () => {
  const signatures = new Signatures((await openEngine()).topics);
  const arn = `${input.topicArn}:5`;
  expect(JSON.parse(await unsubscribeConfirmation(signatures, input, arn))).toMatchObject({
    Type: 'UnsubscribeConfirmation',
    Message:
      `You have chosen to deactivate subscription ${arn}.\n` +
      'To cancel this operation and restore the subscription, visit the SubscribeURL included in this message.',
    SubscribeURL: url,
  });
});
