/** Policies and tags in files of other tools, which name queues by ARNs of the account that the tool deploys to. */

import { parseArn } from '../../queues/arn.ts';
import type { DeclaredRedrive, DeclaredSubscription, Deployment } from '../declared.ts';
import { readJson } from '../syntax/json.ts';
import { type Findings, jsonOf, type Located, partOf, QueueFileError, scalar, type Tree } from '../syntax/tree.ts';

/**
 * Returns the redrive policy with its dead-letter queue by name, so that it is found in whatever account the file is
 * applied to: a dead-letter queue has the account and region of its source queue. Returns undefined if the policy is
 * not valid.
 */
export function redriveByName(
  at: string,
  policy: Tree,
  { account, region }: Deployment,
  findings: Findings,
): DeclaredRedrive | undefined {
  const tree = withoutString(policy);
  const target = partOf(tree, 'deadLetterTargetArn');
  const count = partOf(tree, 'maxReceiveCount');
  const arn = target?.kind === 'scalar' ? parseArn(target.text) : undefined;
  if (target?.kind !== 'scalar' || count?.kind !== 'scalar' || arn?.service !== 'sqs') return undefined;
  if (arn.account !== account || arn.region !== region) {
    findings.warn(
      target.at,
      `The dead-letter queue ${arn.name} is expected in the account ${account} and region ${region} of its source queue.`,
    );
  }
  return {
    at,
    deadLetterQueue: { value: arn.name, at: target.at },
    maxReceiveCount: { value: count.text, at: count.at },
    optional: true,
  };
}

/** Returns the text that SQS takes as the value of an attribute: a policy is JSON. */
export function attributeText(value: Tree): string {
  return value.kind === 'scalar' ? value.text : jsonOf(value);
}

/** Returns the text of a queue policy. In YAML, the ID of an account is easily left without quotes: a number. */
export function policyText(policy: Tree): string {
  return attributeText(withoutNumbers(policy));
}

function withoutNumbers(tree: Tree): Tree {
  if (tree.kind === 'list') return { ...tree, items: tree.items.map(withoutNumbers) };
  if (tree.kind === 'map') {
    return { ...tree, entries: tree.entries.map((entry) => ({ ...entry, value: withoutNumbers(entry.value) })) };
  }
  return typeof tree.value === 'number' ? scalar(tree.at, tree.text) : tree;
}

/** A policy may be a string that contains JSON. */
function withoutString(policy: Tree): Tree {
  if (policy.kind !== 'scalar' || !policy.text.trimStart().startsWith('{')) return policy;
  try {
    const at = policy.at;
    return relocated(readJson(policy.text, ''), at);
  } catch (error) {
    // SQS reports what is wrong with it.
    if (error instanceof QueueFileError) return policy;
    throw error;
  }
}

/** Returns the tree with one place for all of its parts: that of the string. */
function relocated(tree: Tree, at: string): Tree {
  if (tree.kind === 'scalar') return { ...tree, at };
  if (tree.kind === 'list') return { ...tree, at, items: tree.items.map((item) => relocated(item, at)) };
  return { ...tree, at, entries: tree.entries.map(({ key, value }) => ({ key, at, value: relocated(value, at) })) };
}

/** Returns the tags in a list of keys and values. */
export function tagsIn(tags: Tree, findings: Findings): Map<string, Located<string>> {
  const found = new Map<string, Located<string>>();
  for (const tag of tags.kind === 'list' ? tags.items : []) {
    const [key, value] = [partOf(tag, 'Key'), partOf(tag, 'Value')];
    if (key?.kind === 'scalar' && value?.kind === 'scalar') found.set(key.text, { value: value.text, at: value.at });
    else findings.problem(tag.at, 'A tag must have a Key and a Value.');
  }
  return found;
}

/** Returns the queue that an ARN names, as the endpoint of a subscription: by name if it is in the deployment's account. */
export function queueEndpoint(
  { value, at }: Located<string>,
  { account, region }: Deployment,
): Pick<DeclaredSubscription, 'endpoint' | 'isName'> {
  const arn = parseArn(value);
  const isNear = arn?.service === 'sqs' && arn.account === account && arn.region === region;
  return isNear ? { endpoint: { value: arn.name, at }, isName: true } : { endpoint: { value, at }, isName: false };
}

/** Sets an attribute of a subscription. In a redrive policy, the queue is named as in `queueEndpoint`. */
export function setSubscriptionAttribute(
  subscription: DeclaredSubscription,
  name: string,
  value: Tree,
  deployment: Deployment,
): void {
  const text = attributeText(value);
  const target = name === 'RedrivePolicy' ? partOf(withoutString(value), 'deadLetterTargetArn') : undefined;
  if (target?.kind === 'scalar') {
    const { endpoint } = queueEndpoint({ value: target.text, at: target.at }, deployment);
    subscription.deadLetterQueue = endpoint;
  } else subscription.attributes.set(name, { value: text, at: value.at });
}
