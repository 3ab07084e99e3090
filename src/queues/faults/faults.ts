/**
 * Faults that a user orders, to see how a program takes them: which requests they meet, when they strike, and what they do.
 * Here it is decided that one is triggered; what concerns requests is carried out in api/faulty.ts, what concerns deliveries
 * in delivery-faults.ts. Chance comes from a seed, so what happens can be repeated.
 */

import type { ErrorCode } from '../../errors.ts';
import type { QueueKey } from '../../storage/store.ts';
import type { Clock, Millis } from '../../time/clock.ts';
import { type Chance, chanceOf, seedOf } from './chance.ts';

/** `after`: when the request is carried out already, so that only its answer is lost, wrong or late. */
export type When = 'before' | 'after';

export type Effect =
  /** A refusal; without a message, in AWS's words. */
  | { type: 'error'; code: ErrorCode; message?: string | undefined; when: When }
  /** The connection is reset, without an answer. */
  | { type: 'drop'; when: When }
  /** The answer takes so long, or a time between the two, by the clock of the machine or by that of SQS. */
  | { type: 'latency'; minMs: Millis; maxMs: Millis; clock: 'machine' | 'sqs'; when: When }
  /** Entries of a batch fail: those with the ids, else as many as it says, which chance picks. */
  | {
      type: 'fail-entries';
      code: ErrorCode;
      message?: string | undefined;
      ids?: readonly string[] | undefined;
      count?: number | undefined;
    }
  | DeliveryEffect;

/**
 * What only a receive can meet. `duplicate`: what it hands out will be handed out once more. `reorder`: it does not hand
 * out what is first in line. `short`: it hands out fewer messages than it could, `count` at most. `empty`: a short poll
 * finds nothing although there is something.
 */
export type DeliveryEffect =
  | { type: 'duplicate' }
  | { type: 'reorder' }
  | { type: 'partial-receive'; count?: number | undefined }
  | { type: 'empty-receive' };

export const deliveryEffects: ReadonlySet<Effect['type']> = new Set([
  'duplicate',
  'reorder',
  'partial-receive',
  'empty-receive',
]);

/** Undefined members mean: any. */
export interface FaultRule {
  readonly id: string;
  readonly operations?: readonly string[] | undefined;
  readonly queue?: string | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  /** It leaves alone as many requests as this, of those that it is about. */
  readonly skip: number;
  /** Of the others it takes every such one: 1 for all, 5 for the fifth, the tenth … */
  readonly every: number;
  /** Of these it strikes each with this probability, 0 to 1. */
  readonly probability: number;
  /** It strikes so often, and never again. */
  readonly times?: number | undefined;
  /** Undefined: made from the common seed and the id. */
  readonly seed?: number | undefined;
  readonly effect: Effect;
}

/** A request, as rules see it. */
export interface FaultTarget {
  operation: string;
  /** The queues that it is about; where it is about none, the name is empty. */
  queues: readonly QueueKey[];
}

/** An effect that is due, with the chance that decides what is left open. */
export interface DueEffect<E extends Effect = Effect> {
  effect: E;
  chance: Chance;
}

interface Entry {
  rule: FaultRule;
  chance: Chance;
  /** Requests that it was about. */
  matched: number;
  triggered: number;
}

export class Faults {
  readonly #machine: Clock;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #sleepers = new Set<() => void>();
  #seed = 0;
  #ended = false;

  /** `machine` measures real time, `clock` that of SQS. */
  constructor(machine: Clock, clock: Clock) {
    this.#machine = machine;
    this.#clock = clock;
  }

  /** Keys of messages that were sent so that others are delivered twice. */
  readonly copies = new Set<number>();

  /** Whether a rule has such an effect; else nobody need ask further. */
  armed(types: ReadonlySet<Effect['type']>): boolean {
    if (this.#entries.size === 0) return false;
    return [...this.#entries.values()].some(({ rule }) => types.has(rule.effect.type));
  }

  get seed(): number {
    return this.#seed;
  }

  /** The common seed. Every rule begins anew, as if it had just been added. */
  reseed(seed: number): void {
    this.#seed = seed;
    for (const { rule } of this.#entries.values()) this.put(rule);
  }

  /** Adds a rule, or puts it in the place of the one with its id. */
  put(rule: FaultRule): void {
    const chance = chanceOf(rule.seed ?? seedOf(`${this.#seed} ${rule.id}`));
    this.#entries.set(rule.id, { rule, chance, matched: 0, triggered: 0 });
  }

  /** False: there is none. */
  remove(id: string): boolean {
    return this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
    this.copies.clear();
  }

  /** The rules in the order in which they were added: how many requests each was about, and how often it struck. */
  list(): { rule: FaultRule; matched: number; triggered: number }[] {
    return [...this.#entries.values()].map(({ rule, matched, triggered }) => ({ rule, matched, triggered }));
  }

  /**
   * What of these effects strikes a request. Rules are asked in order; one that decides the answer (`error`, `drop`) is
   * the last to be asked.
   */
  trigger<T extends Effect['type']>(
    types: ReadonlySet<T>,
    target: FaultTarget,
  ): DueEffect<Extract<Effect, { type: T }>>[] {
    const due: DueEffect<Extract<Effect, { type: T }>>[] = [];
    for (const entry of this.#entries.values()) {
      const { effect } = entry.rule;
      if (!isOneOf(effect, types) || !isAbout(entry.rule, target) || !decide(entry)) continue;
      due.push({ effect, chance: entry.chance });
      if (effect.type === 'error' || effect.type === 'drop') break;
    }
    return due;
  }

  /** Waits, but not beyond the end of the server. */
  async sleep(ms: Millis, by: 'machine' | 'sqs'): Promise<void> {
    if (this.#ended) return;
    const clock = by === 'sqs' ? this.#clock : this.#machine;
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        this.#sleepers.delete(wake);
        resolve();
      };
      const cancel = clock.at(clock.now() + ms, wake);
      this.#sleepers.add(wake);
    });
  }

  /** Lets all that is late answer now: the server stops. */
  end(): void {
    this.#ended = true;
    for (const wake of this.#sleepers) wake();
  }
}

function isOneOf<T extends Effect['type']>(
  effect: Effect,
  types: ReadonlySet<T>,
): effect is Extract<Effect, { type: T }> {
  return (types as ReadonlySet<string>).has(effect.type);
}

function isAbout({ operations, queue, account, region }: FaultRule, target: FaultTarget): boolean {
  if (operations && !operations.includes(target.operation)) return false;
  return target.queues.some(
    (key) =>
      (queue === undefined || key.name === queue) &&
      (account === undefined || key.account === account) &&
      (region === undefined || key.region === region),
  );
}

/** Notes that a rule met a request, and decides whether it is triggered. */
function decide(entry: Entry): boolean {
  const { skip, every, probability, times = Number.POSITIVE_INFINITY } = entry.rule;
  entry.matched++;
  const turn = entry.matched - skip;
  if (turn <= 0 || turn % every !== 0 || entry.triggered >= times) return false;
  if (probability < 1 && entry.chance() >= probability) return false;
  entry.triggered++;
  return true;
}
