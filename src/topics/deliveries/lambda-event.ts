/**
 * The event by which a function gets a message. Source: Lambda developer guide, "Invoking Lambda functions with Amazon
 * SNS notifications"; recorded events.
 */

/** The envelope of a message, of which events repeat all but the names of two members. */
interface Envelope {
  Subject?: string;
  SigningCertURL: string;
  UnsubscribeURL: string;
  MessageAttributes?: Readonly<Record<string, { Type: string; Value: string }>>;
  [name: string]: unknown;
}

/**
 * Returns the event for a message, whose envelope has a signature of version 1, even if its topic has version 2: AWS
 * signs events so.
 */
export function lambdaEvent(subscriptionArn: string, envelope: string): string {
  const message = JSON.parse(envelope) as Envelope;
  const event = {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscriptionArn,
        Sns: {
          Type: message.Type,
          MessageId: message.MessageId,
          TopicArn: message.TopicArn,
          Subject: message.Subject ?? null,
          Message: message.Message,
          Timestamp: message.Timestamp,
          SignatureVersion: message.SignatureVersion,
          Signature: message.Signature,
          SigningCertUrl: message.SigningCertURL,
          UnsubscribeUrl: message.UnsubscribeURL,
          MessageAttributes: message.MessageAttributes ?? {},
        },
      },
    ],
  };
  return JSON.stringify(event);
}
