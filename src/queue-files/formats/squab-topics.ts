/** Reads topics of Squab's own format, with their subscriptions. */

import type { DeclaredSubscription, DeclaredTopic } from '../declared.ts';
import { type Entry, type Located, plain, type Tree } from '../syntax/tree.ts';
import { type Named, type Owner, type SquabReader, SUBSCRIPTION_KEYS, TOPIC_KEYS } from './squab-reader.ts';

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
    return { at, ...endpointOf('queue', { value: tree.text, at }), attributes: new Map() };
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
    reader.findings.problem(protocol?.at ?? at, 'protocol and endpoint belong together; other endpoints need neither.');
    return undefined;
  }
  if (!value) return undefined;
  return {
    at,
    ...endpointOf(key, value, protocol?.value),
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

/** Keys of a subscription, and the attributes that they are short for. */
const SHORT: Readonly<Record<string, string>> = {
  raw: 'RawMessageDelivery',
  filter: 'FilterPolicy',
  filterScope: 'FilterPolicyScope',
  deadLetterQueue: 'RedrivePolicy',
};

function attributesOf(fields: ReadonlyMap<string, Entry>, reader: SquabReader): Map<string, Located<string>> {
  const attributes = reader.attributes(fields.get('attributes'));
  for (const [key, name] of Object.entries(SHORT)) {
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
    if (value.kind !== 'scalar') attributes.set(name, { value: JSON.stringify(plain(value)), at: entry.at });
    else if (value.value !== null) attributes.set(name, { value: value.text, at: value.at });
    else reader.findings.problem(entry.at, `${key} has no value.`);
  }
  return attributes;
}
