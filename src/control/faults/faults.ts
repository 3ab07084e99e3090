/**
 * Fault injection: manages the rules that make requests fail, respond slowly or lose their connection, and that
 * duplicate, reorder or withhold deliveries. Reports how often each rule was triggered.
 */

import { type ErrorCode, errorTable } from '../../errors.ts';
import type { Effect, FaultRule, Faults } from '../../queues/faults/faults.ts';
import { suggestion } from '../../suggest.ts';
import { checked } from '../checked.ts';
import { ControlError } from '../control-error.ts';
import { byQueueName } from '../queue-name.ts';
import { byTopicName } from '../topics/topic-name.ts';
import type { FaultRuleInput, ListedFaultRule } from './fault-rule.ts';
import { type ParsedEffect, type ParsedRule, ruleShape, seedShape, spanOf } from './fault-shapes.ts';

const RECEIVE = 'ReceiveMessage';

/** Every request evaluates all rules. */
const RULES_MAX = 1000;

/** Effects on the deliveries of a receive. */
const onDeliveries: readonly Effect['type'][] = ['duplicate', 'reorder', 'partial-receive', 'empty-receive'];
/** Effects that a FIFO queue's guarantees rule out. */
const neverFifo: readonly Effect['type'][] = ['duplicate', 'reorder'];

interface Dependencies {
  faults: Faults;
  /** The names of all operations. */
  operations: readonly string[];
}

/** The fault rules of a running Squab. */
export class FaultControl {
  readonly #faults: Faults;
  readonly #operations: readonly string[];
  #lastNumber = 0;

  /** @internal */
  constructor({ faults, operations }: Dependencies) {
    this.#faults = faults;
    this.#operations = operations;
  }

  /** Returns the rules in the order in which they are evaluated, with their counts. */
  list(): ListedFaultRule[] {
    return this.#faults.list().map(({ rule, matched, triggered }) => ({ ...inputOf(rule), matched, triggered }));
  }

  /**
   * Adds a rule with a generated ID, and returns it. Throws ControlError: 400 if the rule is invalid, 409 if there are
   * already 1,000.
   */
  add(rule: FaultRuleInput): ListedFaultRule {
    const parsed = this.#parse(rule);
    const taken = new Set(this.list().map(({ id }) => id));
    do this.#lastNumber++;
    while (taken.has(`fault-${this.#lastNumber}`));
    return this.#put(`fault-${this.#lastNumber}`, parsed);
  }

  /**
   * Adds a rule with this ID, or replaces the existing one, and returns it. Throws ControlError: 400 if the rule is
   * invalid, 409 if there are already 1,000 others.
   */
  put(id: string, rule: FaultRuleInput): ListedFaultRule {
    return this.#put(id, this.#parse(rule));
  }

  /** Removes a rule. Throws ControlError (404) if it does not exist. */
  remove(id: string): void {
    if (this.#faults.remove(id)) return;
    const ids = this.list().map((rule) => rule.id);
    const others = ids.length > 0 ? `The rules are: ${ids.join(', ')}.` : 'There are no rules.';
    throw new ControlError(404, `Fault rule ${JSON.stringify(id)} does not exist. ${others}`);
  }

  /** Removes all rules. */
  clear(): void {
    this.#faults.clear();
  }

  /** The seed of all rules that have none of their own. */
  get seed(): number {
    return this.#faults.seed;
  }

  /**
   * Sets the common seed and restarts every rule with its counts at 0, so that a run can be repeated or varied. Throws
   * ControlError (400) if the seed is not an integer.
   */
  reseed(seed: number): void {
    this.#faults.reseed(checked(seedShape(), seed));
  }

  #put(id: string, { operation, effect, ...rest }: ParsedRule): ListedFaultRule {
    const operations = operation === undefined ? undefined : [operation].flat();
    const others = this.#faults.list().filter(({ rule }) => rule.id !== id).length;
    if (others >= RULES_MAX)
      throw new ControlError(
        409,
        `There are already ${RULES_MAX} fault rules, which is the maximum. Remove one first.`,
      );
    this.#faults.put({ ...rest, id, operations, effect: effectOf(effect) });
    return this.list().find((rule) => rule.id === id)!;
  }

  #parse(rule: FaultRuleInput): ParsedRule {
    const parsed = byTopicName(byQueueName(checked(ruleShape(), rule)));
    const { effect, queue } = parsed;
    const operations = [parsed.operation ?? []].flat();
    for (const name of operations) this.#checkOperation(name);
    if (queue !== undefined && parsed.topic !== undefined) {
      throw new ControlError(400, 'Give either "queue" or "topic", not both: no request names both.');
    }
    if ('code' in effect) codeOf(effect.code);
    if (onDeliveries.includes(effect.type) && operations.some((name) => name !== RECEIVE)) {
      throw new ControlError(
        400,
        `The effect ${effect.type} applies only to ${RECEIVE}: set "operation" to it, or omit it.`,
      );
    }
    if (neverFifo.includes(effect.type) && queue?.endsWith('.fifo')) {
      throw new ControlError(
        400,
        `The effect ${effect.type} cannot apply to ${queue}: FIFO queues deliver once and in order. Name a standard queue.`,
      );
    }
    if (effect.type === 'fail-entries') {
      const single = operations.find((name) => !name.endsWith('Batch'));
      if (single)
        throw new ControlError(
          400,
          `${single} has no entries to fail. Name a batch operation, or use the effect error.`,
        );
      if (effect.ids && effect.count) throw new ControlError(400, 'Give either "ids" or "count", not both.');
    }
    if (effect.type === 'latency' && spanOf(effect).maxMs < spanOf(effect).minMs) {
      throw new ControlError(400, `"upTo" (${effect.upTo}) must not be less than "duration" (${effect.duration}).`);
    }
    return parsed;
  }

  #checkOperation(name: string): void {
    if (this.#operations.includes(name)) return;
    throw new ControlError(
      400,
      `${JSON.stringify(name)} is not an operation of SQS, SNS or Lambda that Squab has.${suggestion(name, this.#operations)}`,
    );
  }
}

/**
 * Returns the error code for any of its spellings: SQS's name, `__type` of the JSON wire, or `Code` of the Query wire.
 * Throws ControlError (400).
 */
function codeOf(text: string): ErrorCode {
  const rows = Object.entries(errorTable);
  const found = rows.find(([code, { shape, queryCode }]) => [code, shape, queryCode].includes(text));
  if (found) return found[0] as ErrorCode;
  const words = rows.flatMap(([code, { shape, queryCode }]) => [code, shape, queryCode]);
  throw new ControlError(
    400,
    `${JSON.stringify(text)} is not an error code of SQS, SNS or Lambda.${suggestion(text, words)}`,
  );
}

function effectOf(effect: ParsedEffect): Effect {
  if (effect.type === 'latency') return { type: 'latency', ...spanOf(effect), clock: effect.clock, when: effect.when };
  return 'code' in effect ? { ...effect, code: codeOf(effect.code) } : effect;
}

/** Converts a rule back to a form that `put` accepts. */
function inputOf({ operations, effect, ...rest }: FaultRule): Omit<ListedFaultRule, 'matched' | 'triggered'> {
  return { ...rest, operation: operations && [...operations], effect: effectInputOf(effect) };
}

function effectInputOf(effect: Effect): ParsedEffect {
  if (effect.type === 'fail-entries') return { ...effect, ids: effect.ids && [...effect.ids] };
  if (effect.type !== 'latency') return effect;
  const { minMs, maxMs, ...rest } = effect;
  return { ...rest, duration: `${minMs}ms`, upTo: `${maxMs}ms` };
}
