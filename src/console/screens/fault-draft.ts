/** A fault rule while it is edited: every value as the text in its field. */

import type { FaultEffect, FaultRuleInput, ListedFaultRule } from '../../control/faults/fault-rule.ts';
import { BATCHES, type EffectType, OF_RECEIVES } from './fault-words.ts';

export interface Draft {
  type: EffectType;
  code: string;
  message: string;
  when: 'before' | 'after';
  duration: string;
  upTo: string;
  clock: 'machine' | 'sqs';
  /** The IDs of entries, separated by commas. */
  ids: string;
  count: string;
  operations: readonly string[];
  queue: string;
  topic: string;
  skip: string;
  every: string;
  /** In percent. */
  probability: string;
  times: string;
  seed: string;
}

const NEW: Draft = {
  ...{ type: 'error', code: 'RequestThrottled', message: '', when: 'before' },
  ...{ duration: '2s', upTo: '', clock: 'machine', ids: '', count: '' },
  ...{ operations: [], queue: '', topic: '', skip: '', every: '', probability: '', times: '', seed: '' },
};

/** Rules to begin with. */
export const EXAMPLES: readonly { name: string; draft: Draft }[] = [
  {
    name: 'Throttle the next two sends',
    draft: { ...NEW, operations: ['SendMessage', 'SendMessageBatch'], times: '2' },
  },
  {
    name: 'Lose the answer to every tenth request',
    draft: { ...NEW, type: 'drop', when: 'after', every: '10' },
  },
  { name: 'Deliver every message twice', draft: { ...NEW, type: 'duplicate' } },
  {
    name: 'Answer receives up to 3 seconds late',
    draft: { ...NEW, type: 'latency', duration: '1s', upTo: '3s', operations: ['ReceiveMessage'] },
  },
];

export const newDraft = (): Draft => NEW;

const text = (value: number | undefined, fallback?: number) =>
  value === undefined || value === fallback ? '' : String(value);

/** Returns an existing rule as a draft. */
export function draftOf({ effect, ...rule }: ListedFaultRule): Draft {
  const { ids, count, ...members } = { ids: undefined, count: undefined, ...effect };
  return {
    ...NEW,
    ...(Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<Draft>),
    ids: ids?.join(', ') ?? '',
    count: text(count),
    operations: rule.operation === undefined ? [] : [rule.operation].flat(),
    queue: rule.queue === undefined ? '' : named('sqs', rule.queue, rule),
    topic: rule.topic === undefined ? '' : named('sns', rule.topic, rule),
    skip: text(rule.skip, 0),
    every: text(rule.every, 1),
    probability: rule.probability === 1 ? '' : String(Number((rule.probability * 100).toFixed(6))),
    times: text(rule.times),
    seed: text(rule.seed),
  };
}

/** A queue or topic outside of the default account is named by its ARN. */
function named(
  service: string,
  name: string,
  { account, region }: Pick<ListedFaultRule, 'account' | 'region'>,
): string {
  return account && region ? `arn:aws:${service}:${region}:${account}:${name}` : name;
}

const given = (value: string) => (value.trim() === '' ? undefined : value.trim());
const number = (value: string) => (given(value) === undefined ? undefined : Number(value));

function effectOf({ type, code, message, when, duration, upTo, clock, ids, count }: Draft): FaultEffect {
  switch (type) {
    case 'error':
      return { type, code: code.trim(), message: given(message), when };
    case 'drop':
      return { type, when };
    case 'latency':
      return { type, duration: duration.trim(), upTo: given(upTo), clock, when };
    case 'fail-entries': {
      const listed = ids.split(',').flatMap((id) => given(id) ?? []);
      const chosen = listed.length > 0 ? { ids: listed } : { count: number(count) };
      return { type, code: code.trim(), message: given(message), ...chosen };
    }
    case 'partial-receive':
      return { type, count: number(count) };
    default:
      return { type };
  }
}

/** The operations that a rule with this effect can be limited to. */
export function operationsFor(type: EffectType, all: readonly string[]): readonly string[] {
  if (OF_RECEIVES.includes(type)) return [];
  return type === 'fail-entries' ? BATCHES : all;
}

/** Returns the rule that a draft describes. The control interface checks it. */
export function ruleOf(draft: Draft): FaultRuleInput {
  const percent = number(draft.probability);
  const operation = draft.operations.filter((name) => operationsFor(draft.type, draft.operations).includes(name));
  return {
    operation: operation.length > 0 ? operation : undefined,
    queue: given(draft.queue),
    topic: given(draft.topic),
    skip: number(draft.skip),
    every: number(draft.every),
    probability: percent === undefined ? undefined : percent / 100,
    times: number(draft.times),
    seed: number(draft.seed),
    effect: effectOf(draft),
  };
}
