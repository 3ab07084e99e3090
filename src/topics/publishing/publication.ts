/** A publication: a message as it was published to a topic, before it is delivered to any subscriber. */

import type { MessageAttribute } from '../../storage/store.ts';
import type { Subscription, Topic } from '../../storage/topics.ts';
import type { Millis } from '../../time/clock.ts';
import type { SignatureVersion } from '../signing/signatures.ts';

export interface Publication {
  topic: Topic;
  messageId: string;
  subject: string | undefined;
  /** The message for each protocol. */
  texts: Texts;
  attributes: ReadonlyMap<string, MessageAttribute>;
  groupId: string | undefined;
  /** In a FIFO topic: the publisher's, or else the SHA-256 of the message. */
  deduplicationId: string | undefined;
  publishedAt: Millis;
  /** The trace header of the publisher's request. */
  traceHeader: string | undefined;
}

/** Texts by protocol, and the text for all others. */
export interface Texts {
  byProtocol: ReadonlyMap<string, string>;
  others: string;
}

/** Returns the text for the subscription's protocol. */
export function textFor({ texts }: Publication, { protocol }: Pick<Subscription, 'protocol'>): string {
  return texts.byProtocol.get(protocol) ?? texts.others;
}

/** Counts the characters of all texts of a publication. */
export function charactersOfTexts({ texts }: Publication): number {
  let characters = texts.others.length;
  for (const text of texts.byProtocol.values()) characters += text.length;
  return characters;
}

const quoted = new WeakMap<Texts, Map<string, string>>();

/** Returns the same text as JSON, which is made only once for all subscriptions. */
export function quotedText(publication: Publication, subscription: Pick<Subscription, 'protocol'>): string {
  const { texts } = publication;
  const known = quoted.get(texts) ?? new Map<string, string>();
  quoted.set(texts, known);
  const text = textFor(publication, subscription);
  const json = known.get(text) ?? JSON.stringify(text);
  known.set(text, json);
  return json;
}

/** Returns the version of the signatures of a topic. */
export function signatureVersionOf({ attributes }: Topic): SignatureVersion {
  return attributes.get('SignatureVersion') === '2' ? '2' : '1';
}
