/** Faults on demand: rules that make requests fail, wait, get lost, or deliveries go astray, and how those rules fared. */

import { type ErrorCode, errorTable } from '../../errors.ts';
import type { Effect, FaultRule, Faults } from '../../queues/faults/faults.ts';
import { suggestion } from '../../suggest.ts';
import { checked } from '../checked.ts';
import { ControlError } from '../control-error.ts';
import type { FaultRuleInput, ListedFaultRule } from './fault-rule.ts';
import { type ParsedEffect, type ParsedRule, ruleShape, seedShape, spanOf } from './fault-shapes.ts';

const RECEIVE = 'ReceiveMessage';

/** Effects on deliveries; those that FIFO queues promise never to have. */
const ofDeliveries: readonly Effect['type'][] = ['duplicate', 'reorder', 'partial-receive', 'empty-receive'];
const neverFifo: readonly Effect['type'][] = ['duplicate', 'reorder'];

interface Dependencies {
  faults: Faults;
  /** The names of all operations of SQS. */
  operations: readonly string[];
}

export class FaultControl {
  readonly #faults: Faults;
  readonly #operations: readonly string[];
  #numbered = 0;

  constructor({ faults, operations }: Dependencies) {
    this.#faults = faults;
    this.#operations = operations;
  }

  /** The rules, in the order in which they are asked. */
  list(): ListedFaultRule[] {
    return this.#faults.list().map(({ rule, matched, triggered }) => ({ ...print(rule), matched, triggered }));
  }

  /** Adds a rule with an id of its own. Throws ControlError (400), as `put` does. */
  add(rule: FaultRuleInput): ListedFaultRule {
    const parsed = this.#parse(rule);
    const taken = new Set(this.list().map(({ id }) => id));
    do this.#numbered++;
    while (taken.has(`fault-${this.#numbered}`));
    return this.#put(`fault-${this.#numbered}`, parsed);
  }

  /** Adds a rule, or puts it in the place of the one that has this id. */
  put(id: string, rule: FaultRuleInput): ListedFaultRule {
    return this.#put(id, this.#parse(rule));
  }

  /** Throws ControlError (404). */
  remove(id: string): void {
    if (this.#faults.remove(id)) return;
    const ids = this.list().map((rule) => rule.id);
    throw new ControlError(
      404,
      `There is no fault rule ${JSON.stringify(id)}. ${ids.length > 0 ? `There are ${ids.join(', ')}.` : 'There are none.'}`,
    );
  }

  clear(): void {
    this.#faults.clear();
  }

  /** The seed of all rules that have none of their own. */
  get seed(): number {
    return this.#faults.seed;
  }

  /** Sets the common seed, and lets every rule begin anew: so a run can be repeated, or varied. Throws ControlError (400). */
  reseed(seed: number): void {
    this.#faults.reseed(checked(seedShape, seed));
  }

  #put(id: string, { operation, effect, ...rest }: ParsedRule): ListedFaultRule {
    const operations = operation === undefined ? undefined : [operation].flat();
    this.#faults.put({ ...rest, id, operations, effect: effectOf(effect) });
    return this.list().find((rule) => rule.id === id)!;
  }

  #parse(rule: FaultRuleInput): ParsedRule {
    const parsed = checked(ruleShape, rule);
    const { effect, queue } = parsed;
    const operations = [parsed.operation ?? []].flat();
    for (const name of operations) this.#checkOperation(name);
    if ('code' in effect) codeOf(effect.code);
    if (ofDeliveries.includes(effect.type) && operations.some((name) => name !== RECEIVE)) {
      throw new ControlError(400, `The effect ${effect.type} is one of ${RECEIVE}: leave "operation" out.`);
    }
    if (neverFifo.includes(effect.type) && queue?.endsWith('.fifo')) {
      throw new ControlError(
        400,
        `The effect ${effect.type} cannot befall ${queue}: a FIFO queue delivers once, and in order. Name a standard queue.`,
      );
    }
    if (effect.type === 'fail-entries') {
      const single = operations.find((name) => !name.endsWith('Batch'));
      if (single)
        throw new ControlError(400, `${single} has no entries that could fail. Name a batch, or use "error".`);
      if (effect.ids && effect.count) throw new ControlError(400, 'Give "ids" or "count", and not both.');
    }
    if (effect.type === 'latency' && spanOf(effect).maxMs < spanOf(effect).minMs) {
      throw new ControlError(400, `"upTo" (${effect.upTo}) is less than "duration" (${effect.duration}).`);
    }
    return parsed;
  }

  #checkOperation(name: string): void {
    if (this.#operations.includes(name)) return;
    throw new ControlError(400, `There is no operation ${JSON.stringify(name)}.${suggestion(name, this.#operations)}`);
  }
}

/** A code in any of its spellings: SQS's name of it, `__type` of the JSON wire, `Code` of the Query wire. */
function codeOf(text: string): ErrorCode {
  const rows = Object.entries(errorTable);
  const found = rows.find(([code, { shape, queryCode }]) => [code, shape, queryCode].includes(text));
  if (found) return found[0] as ErrorCode;
  const words = rows.flatMap(([code, { shape, queryCode }]) => [code, shape, queryCode]);
  throw new ControlError(400, `There is no error code ${JSON.stringify(text)} in SQS.${suggestion(text, words)}`);
}

function effectOf(effect: ParsedEffect): Effect {
  if (effect.type === 'latency') return { type: 'latency', ...spanOf(effect), clock: effect.clock, when: effect.when };
  return 'code' in effect ? { ...effect, code: codeOf(effect.code) } : effect;
}

/** A rule as it can be given again. */
function print({ operations, effect, ...rest }: FaultRule): Omit<ListedFaultRule, 'matched' | 'triggered'> {
  return { ...rest, operation: operations && [...operations], effect: printEffect(effect) };
}

function printEffect(effect: Effect): ParsedEffect {
  if (effect.type === 'fail-entries') return { ...effect, ids: effect.ids && [...effect.ids] };
  if (effect.type !== 'latency') return effect;
  const { minMs, maxMs, ...rest } = effect;
  return { ...rest, duration: `${minMs}ms`, upTo: `${maxMs}ms` };
}
