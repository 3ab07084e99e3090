/**
 * The policies of topics, and the permissions that are added to them.
 * Source: API reference, AddPermission and RemovePermission; error texts as observed on the service.
 */

import { accountArn } from '../queues/arn.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '../queues/json-object.ts';
import { compilePolicy, statementsOf } from '../queues/policies/evaluation.ts';
import type { Topic, TopicKey } from '../storage/topics.ts';
import type { TopicsEnv } from './env.ts';
import { InvalidText } from './invalid-text.ts';
import { checkLength, invalid, topicDoesNotExist } from './refusals.ts';
import { topicArn } from './topic-arn.ts';

/** The actions that the policy of a topic can allow or deny, in lower case. */
const actions: ReadonlyMap<string, string> = new Map(
  [
    'AddPermission',
    'DeleteTopic',
    'GetDataProtectionPolicy',
    'GetTopicAttributes',
    'ListSubscriptionsByTopic',
    'ListTagsForResource',
    'Publish',
    'PutDataProtectionPolicy',
    'Receive',
    'RemovePermission',
    'SetTopicAttributes',
    'Subscribe',
  ].map((action) => [action.toLowerCase(), action]),
);

/** Those that the default policy allows the owner. */
const OWNERS_ACTIONS = [
  'SNS:GetTopicAttributes',
  'SNS:SetTopicAttributes',
  'SNS:AddPermission',
  'SNS:RemovePermission',
  'SNS:DeleteTopic',
  'SNS:Subscribe',
  'SNS:ListSubscriptionsByTopic',
  'SNS:Publish',
];

const FOREIGN_ACTION = 'Policy statement action out of service scope!';

/** Returns the policy of a topic whose policy was never set. */
export function defaultPolicy(topic: TopicKey): string {
  const statement = {
    Sid: '__default_statement_ID',
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: OWNERS_ACTIONS,
    Resource: topicArn(topic),
    Condition: { StringEquals: { 'AWS:SourceOwner': topic.account } },
  };
  return JSON.stringify({ Version: '2008-10-17', Id: '__default_policy_ID', Statement: [statement] });
}

/**
 * Validates a policy, and returns it as compact JSON. Throws InvalidText, also for what is not in the grammar of IAM: such a
 * part could not mean what its author expects.
 */
export function normalTopicPolicy(text: string, prefix: string): string {
  const policy = parseJsonObject(text);
  if (!policy) throw new InvalidText(`${prefix}Policy Error: null`);
  const statements = statementsOf(policy);
  if (!statements.every(isJsonObject)) throw new InvalidText(`${prefix}Policy Error: null`);
  for (const { Action, NotAction } of statements) {
    const named = [Action, NotAction].flatMap((one) => one ?? []);
    if (!named.every(isInScope)) throw new InvalidText(`${prefix}${FOREIGN_ACTION}`);
  }
  if (!compilePolicy(text).isSound) throw new InvalidText(`${prefix}Policy Error: null`);
  return JSON.stringify(policy);
}

function isInScope(action: unknown): boolean {
  if (action === '*') return true;
  const name = typeof action === 'string' ? /^sns:(.+)$/i.exec(action)?.[1]?.toLowerCase() : undefined;
  return name !== undefined && (/[*?]/.test(name) || actions.has(name));
}

export interface TopicPermission {
  /** The `Sid` of the statement. */
  label: string;
  /** The IDs of the accounts that receive the permission. */
  accounts: readonly string[];
  /** SNS's names of the actions. */
  actions: readonly string[];
}

/** Adds a statement to the topic's policy, which may be the default one. Throws `InvalidParameter`, `NotFound`. */
export async function addTopicPermission(env: TopicsEnv, topic: Topic, permission: TopicPermission): Promise<void> {
  const { label, accounts } = permission;
  const names = permission.actions.map((action) => (action === '*' ? '*' : actions.get(action.toLowerCase())));
  if (names.includes(undefined)) throw invalid(FOREIGN_ACTION);
  if (!accounts.every((account) => /^\d{12}$/.test(account))) throw invalid('A provided account ID is not valid');
  const added = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrSeveral(accounts.map((account) => accountArn(account, topic.region))) },
    Action: oneOrSeveral(names.map((name) => `SNS:${name}`)),
    Resource: topicArn(topic),
  };
  // Without accounts or actions, the statement would be malformed.
  if (!compilePolicy(JSON.stringify({ Statement: added })).isSound) throw invalid('Policy Error: null');
  await changePolicy(env, topic, (policy) => {
    const statements = statementsOf(policy);
    if (statements.some((statement) => hasLabel(statement, label))) throw invalid('Statement already exists');
    return { ...policy, Statement: [...statements, added] };
  });
}

/**
 * Removes the statement with this label, if the policy has one. If no statement is left, the topic has the default policy
 * again, which allows as much: a policy without statements is malformed. Throws `NotFound`.
 */
export async function removeTopicPermission(env: TopicsEnv, topic: Topic, label: string): Promise<void> {
  await changePolicy(env, topic, (policy) => ({
    ...policy,
    Statement: statementsOf(policy).filter((statement) => !hasLabel(statement, label)),
  }));
}

/** Replaces the policy. If another request changes it in the meantime, calls `next` again. */
async function changePolicy(env: TopicsEnv, topic: Topic, next: (policy: JsonObject) => JsonObject): Promise<void> {
  for (let current: Topic | undefined = topic; current?.id === topic.id; current = await env.topics.findTopic(topic)) {
    const text = current.attributes.get('Policy');
    const policy = next(parseJsonObject(text ?? defaultPolicy(current)) ?? {});
    const changed = statementsOf(policy).length === 0 ? undefined : JSON.stringify(policy);
    checkLength('Policy', changed ?? '');
    const attributes = new Map([['Policy', changed]]);
    const outcome = await env.topics.changeTopic(topic.id, { attributes, expected: new Map([['Policy', text]]) });
    if (outcome === undefined) break;
    if (outcome !== 'outdated') return;
  }
  throw topicDoesNotExist();
}

/** Returns a list only if there is more than one text, as SNS does. */
function oneOrSeveral(texts: readonly string[]): string | readonly string[] {
  return texts.length === 1 ? texts[0]! : texts;
}

function hasLabel(statement: unknown, label: string): boolean {
  return isJsonObject(statement) && statement.Sid === label;
}
