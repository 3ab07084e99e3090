/**
 * Checks topics from a file by the rules of CreateTopic and Subscribe before any of them is created. Reports each problem
 * with its place in the file, mostly in SNS's own words.
 */

import { functionNameOf } from '../functions/function-names.ts';
import { queueArn } from '../queues/arn.ts';
import { FIFO_SUFFIX } from '../queues/catalog.ts';
import { suggestion } from '../suggest.ts';
import { checkEndpoint, shownEndpoint } from '../topics/endpoints.ts';
import { checkNewSubscription, subscriptionAttributes } from '../topics/subscription-attributes.ts';
import { checkNewAttributes, DATA_PROTECTION_POLICY, topicAttributes } from '../topics/topic-attributes.ts';
import { checkTopicName } from '../topics/topic-catalog.ts';
import { checkTopicTags } from '../topics/topic-tags.ts';
import { quoted, report, sqsRefusal } from './check.ts';
import type { DeclaredSubscription, DeclaredTopic } from './declared.ts';
import type { Findings, Located } from './syntax/tree.ts';

/** Whether the queues exist is checked later. Until then, their names stand for queues of this owner. */
const OWNER = { account: '000000000000', region: 'us-east-1' };

/** Returns the attributes to set. A name that ends with `.fifo` implies `FifoTopic`. */
export function topicAttributesOf({ name, attributes }: DeclaredTopic): Map<string, Located<string>> {
  const own = new Map(attributes);
  own.delete(DATA_PROTECTION_POLICY);
  if (!name.value.endsWith(FIFO_SUFFIX) || own.has('FifoTopic')) return own;
  return new Map([['FifoTopic', { value: 'true', at: name.at }], ...own]);
}

/** Reports problems to `findings`. */
export function checkTopics(topics: readonly DeclaredTopic[], findings: Findings): void {
  for (const topic of topics) checkTopic(topic, findings);
}

function checkTopic(topic: DeclaredTopic, findings: Findings): void {
  const { name, tags } = topic;
  const attributes = topicAttributesOf(topic);
  const fifo = attributes.get('FifoTopic')?.value.toLowerCase() === 'true';
  if (sqsRefusal(() => checkTopicName(name.value, fifo))) {
    findings.problem(
      name.at,
      `Invalid topic name ${quoted(name.value)}: it must have up to 256 letters, digits, hyphens and underscores, and ` +
        'end with .fifo for a FIFO topic only.',
    );
  }
  checkEach(attributes, topicAttributes, findings, (one) => checkNewAttributes(one, fifo));
  for (const [key, { value, at }] of tags) {
    report(findings, at, `Invalid tag ${quoted(key)} with the value ${quoted(value)}`, () =>
      checkTopicTags([{ key, value }]),
    );
  }
  // Only their number: each tag was checked above.
  report(findings, topic.at, 'Invalid tags', () =>
    checkTopicTags([...tags].map((_tag, index) => ({ key: String(index), value: '' }))),
  );
  const seen = new Map<string, DeclaredSubscription>();
  for (const subscription of topic.subscriptions) {
    checkSubscription(subscription, fifo, findings);
    const { at, protocol, endpoint } = subscription;
    const key = JSON.stringify([protocol, endpoint.value]);
    const earlier = seen.get(key);
    if (earlier)
      findings.problem(at, `${quoted(shownEndpoint(endpoint.value))} is already subscribed at ${earlier.at}.`);
    seen.set(key, subscription);
  }
}

function checkSubscription(subscription: DeclaredSubscription, fifo: boolean, findings: Findings): void {
  const { protocol, endpoint, isName, attributes, deadLetterQueue } = subscription;
  const isFunction = isName && protocol === 'lambda';
  const text = isName && !isFunction ? queueArn({ ...OWNER, name: endpoint.value }) : endpoint.value;
  if (isFunction && !functionNameOf(endpoint.value, OWNER)) {
    findings.problem(endpoint.at, `${quoted(endpoint.value)} is not the name or the ARN of a function.`);
  } else {
    const checked = isFunction ? functionNameOf(endpoint.value, OWNER)!.arn : text;
    report(findings, endpoint.at, `${quoted(shownEndpoint(endpoint.value))} cannot be subscribed`, () =>
      checkEndpoint(protocol, checked, fifo),
    );
  }
  const scope = attributes.get('FilterPolicyScope')?.value;
  const of = { protocol, endpoint: text, fifo };
  const all = new Map(attributes);
  if (deadLetterQueue) {
    const { value, at } = deadLetterQueue;
    const arn = value.startsWith('arn:') ? value : queueArn({ ...OWNER, name: value });
    all.set('RedrivePolicy', { value: JSON.stringify({ deadLetterTargetArn: arn }), at });
  }
  checkEach(all, subscriptionAttributes, findings, (one) => {
    const isPolicy = one.has('FilterPolicy') && (scope === 'MessageBody' || scope === 'MessageAttributes');
    checkNewSubscription(of, isPolicy ? new Map([...one, ['FilterPolicyScope', scope]]) : one);
  });
}

/** Checks attributes one by one. Of topics and subscriptions, only a filter policy depends on another attribute. */
function checkEach(
  attributes: ReadonlyMap<string, Located<string>>,
  known: readonly string[],
  findings: Findings,
  check: (one: ReadonlyMap<string, string>) => void,
): void {
  for (const [name, { value, at }] of attributes) {
    const refused = sqsRefusal(() => check(new Map([[name, value]])));
    if (!refused) continue;
    const reason = refused.message.replace(/^Invalid parameter: Attributes Reason: /, '');
    if (!known.includes(name)) findings.problem(at, `${reason}.${suggestion(name, known)}`);
    else findings.problem(at, `${name} cannot be ${quoted(value)}: ${reason}`);
  }
}
