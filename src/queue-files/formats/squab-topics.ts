/** Reads topics of Squab's own format, with their subscriptions. */

import { shownEndpoint } from '../../topics/endpoints.ts';
import type { DeclaredSubscription, DeclaredTopic } from '../declared.ts';
import { type Entry, jsonOf, type Located, type Tree } from '../syntax/tree.ts';
import { type Named, type Owner, SHORT_KEYS, type SquabReader, SUBSCRIPTION_KEYS, TOPIC_KEYS } from './squab-reader.ts';

/** Returns the topics in a list, or in a map by name. */
export function topicsIn(tree: Tree, owner: Owner, reader: SquabReader): DeclaredTopic[] {
  return reader.named(tree, 'topic', TOPIC_KEYS).map((named) => topicOf(named, owner, reader));
}

function topicOf({ name, fields }: Named, outer: Owner, reader: SquabReader): DeclaredTopic {
  return {
    ...{ at: name.at, name },
    ...reader.owner(fields, outer),
    attributes: reader.attributes(fields.get('attributes')),
    tags: reader.texts(fields.get('tags'), 'tags'),
    subscriptions: subscriptionsIn(fields.get('subscriptions'), reader),
  };
}

function subscriptionsIn(entry: Entry | undefined, reader: SquabReader): DeclaredSubscription[] {
  if (!entry) return [];
  if (entry.value.kind !== 'list') {
    reader.expected(entry.value, 'subscriptions', 'a list of subscriptions');
    return [];
  }
  return entry.value.items.flatMap((item) => subscriptionOf(item, reader) ?? []);
}

/** The keys that name an endpoint. Of these, a subscription has one. */
const ENDPOINTS = ['queue', 'function', 'url', 'endpoint'];

function subscriptionOf(tree: Tree, reader: SquabReader): DeclaredSubscription | undefined {
  const { at } = tree;
  // Only a name: that of a queue.
  if (tree.kind === 'scalar' && tree.value !== null) {
    const queue = endpointOf('queue', { value: tree.text, at });
    return checkNoUrl(queue, reader) ? { at, ...queue, attributes: new Map() } : undefined;
  }
  const fields = reader.fields(tree, 'A subscription', SUBSCRIPTION_KEYS);
  if (!fields) return undefined;
  const [key, ...others] = ENDPOINTS.filter((one) => fields.has(one));
  if (key === undefined || others.length > 0) {
    const choice = 'queue, function, url, or protocol and endpoint';
    reader.findings.problem(at, `A subscription needs one endpoint: ${choice}.`);
    return undefined;
  }
  const value = reader.text(fields.get(key));
  const protocol = reader.text(fields.get('protocol'));
  if ((key === 'endpoint') !== (protocol !== undefined)) {
    const hint = key === 'endpoint' && value ? hintFor(value.value) : '';
    reader.findings.problem(
      protocol?.at ?? at,
      `protocol and endpoint belong together; other endpoints need neither.${hint}`,
    );
    return undefined;
  }
  if (!value) return undefined;
  const endpoint = endpointOf(key, value, protocol?.value);
  if (!checkNoUrl(endpoint, reader)) return undefined;
  return {
    at,
    ...endpoint,
    attributes: attributesOf(fields, reader),
    deadLetterQueue: reader.text(fields.get('deadLetterQueue')),
  };
}

function endpointOf(key: string, endpoint: Located<string>, protocol = '') {
  const isName = !endpoint.value.startsWith('arn:');
  switch (key) {
    case 'queue':
      return { protocol: 'sqs', endpoint, isName };
    case 'function':
      return { protocol: 'lambda', endpoint, isName };
    case 'url':
      return { protocol: /^https:/i.test(endpoint.value) ? 'https' : 'http', endpoint, isName: false };
    default:
      return { protocol, endpoint, isName: false };
  }
}

/** Suggests the key for an endpoint that was given as `endpoint` without a protocol. */
function hintFor(endpoint: string): string {
  if (QUEUE_URL.test(endpoint)) return queueHint(endpoint);
  if (/^https?:/i.test(endpoint)) return ' Did you mean "url"?';
  const key = { sqs: 'queue', lambda: 'function' }[/^arn:[^:]*:(sqs|lambda):/.exec(endpoint)?.[1] ?? ''];
  return key === undefined ? '' : ` Did you mean "${key}"?`;
}

/** The URL of a queue, which ends with its account and its name. */
const QUEUE_URL = /^https?:.*\/\d{12}\/([^/?#]+)$/i;

function queueHint(url: string): string {
  const name = QUEUE_URL.exec(url)?.[1] ?? 'NAME';
  return ` To subscribe a queue, give its name or its ARN, such as "queue: ${name}".`;
}

/** Returns whether an endpoint that should be a queue is no URL. Reports it otherwise. */
function checkNoUrl(
  { protocol, endpoint }: Pick<DeclaredSubscription, 'protocol' | 'endpoint'>,
  reader: SquabReader,
): boolean {
  const { value, at } = endpoint;
  if (protocol !== 'sqs' || !/^https?:/i.test(value)) return true;
  const isQueue = QUEUE_URL.test(value);
  const hint = isQueue ? queueHint(value) : `${queueHint(value)} To subscribe an HTTP endpoint, use "url".`;
  reader.findings.problem(at, `${JSON.stringify(shownEndpoint(value))} is a URL, not a queue.${hint}`);
  return false;
}

function attributesOf(fields: ReadonlyMap<string, Entry>, reader: SquabReader): Map<string, Located<string>> {
  const attributes = reader.attributes(fields.get('attributes'));
  for (const [key, name] of Object.entries(SHORT_KEYS)) {
    const entry = fields.get(key);
    if (!entry) continue;
    if (attributes.has(name)) {
      reader.findings.problem(
        entry.at,
        `${key} and the attribute ${name} cannot be used together: remove one of them.`,
      );
    }
    if (key === 'deadLetterQueue') continue;
    const { value } = entry;
    if (value.kind !== 'scalar') attributes.set(name, { value: jsonOf(value), at: entry.at });
    else if (value.value !== null) attributes.set(name, { value: value.text, at: value.at });
    else reader.findings.problem(entry.at, `${key} has no value.`);
  }
  return attributes;
}
