/**
 * Fault injection: the fault rules that a user has set, which requests each rule matches, and when it is triggered.
 * api/faulty.ts applies the effects on requests, and delivery-faults.ts those on deliveries. All randomness is
 * seeded, so that a run can be repeated.
 */

import type { ErrorCode } from '../../errors.ts';
import type { QueueKey } from '../../storage/store.ts';
import type { Clock, Millis } from '../../time/clock.ts';
import { type Chance, chanceOf, seedOf } from './chance.ts';
import { type Delay, Delays } from './delays.ts';

/** `after`: once the request has been carried out, so that only its response is lost, replaced or late. */
export type When = 'before' | 'after';

export type Effect =
  /** The request fails with this error; without a message, with AWS's message for the code. */
  | { type: 'error'; code: ErrorCode; message?: string | undefined; when: When }
  /** The connection is reset without a response. */
  | { type: 'drop'; when: When }
  /** The response is delayed by a random time between the two, on the machine's clock or on SQS's clock. */
  | { type: 'latency'; minMs: Millis; maxMs: Millis; clock: 'machine' | 'sqs'; when: When }
  /** Entries of a batch fail: those with the given IDs, or else a random selection of `count`. */
  | {
      type: 'fail-entries';
      code: ErrorCode;
      message?: string | undefined;
      ids?: readonly string[] | undefined;
      count?: number | undefined;
    }
  | DeliveryEffect;

/**
 * Effects that apply only to receives. `duplicate`: the messages will be delivered a second time. `reorder`: the
 * receive does not begin with the first available message. `partial-receive`: it returns fewer messages than it
 * could, and at most `count`. `empty-receive`: a short poll returns nothing although messages are available.
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

/**
 * A fault rule: which requests it matches, which of those trigger it, and the effect. A request matches if it satisfies
 * `operations`, `queue`, `topic`, `account` and `region`; each of these that is undefined matches every request.
 */
export interface FaultRule {
  readonly id: string;
  readonly operations?: readonly string[] | undefined;
  readonly queue?: string | undefined;
  readonly topic?: string | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  /** The number of matching requests to ignore first. */
  readonly skip: number;
  /** After these, only every Nth matching request can trigger the rule: 1 for all, 5 for the 5th, the 10th … */
  readonly every: number;
  /** The probability with which each such request triggers the rule, 0 to 1. */
  readonly probability: number;
  /** The maximum number of times that the rule is triggered. */
  readonly times?: number | undefined;
  /** Default: derived from the common seed and the rule's ID. */
  readonly seed?: number | undefined;
  readonly effect: Effect;
}

/** The properties of a request that rules can match. */
export interface FaultTarget {
  operation: string;
  /** The queues that the request names. If it names neither queues nor topics, a single key with an empty name. */
  queues: readonly QueueKey[];
  /** The topics that it names. */
  topics?: readonly QueueKey[] | undefined;
}

/** An effect that was triggered, with the random numbers for whatever the rule leaves open. */
export interface DueEffect<E extends Effect = Effect> {
  effect: E;
  chance: Chance;
}

interface Entry {
  rule: FaultRule;
  chance: Chance;
  /** The number of requests that matched the rule. */
  matched: number;
  /** The number of requests that triggered it. */
  triggered: number;
}

/** How many copies are remembered. One that is forgotten may be duplicated once more. */
const COPIES_MAX = 100_000;

export class Faults {
  readonly #machine: Clock;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #delays = new Delays();
  /** The keys of messages that are copies, the oldest first. */
  readonly #copies = new Set<number>();
  #seed = 0;

  /** `machine` shows real time, `clock` SQS's time. */
  constructor(machine: Clock, clock: Clock) {
    this.#machine = machine;
    this.#clock = clock;
  }

  /** Notes that a `duplicate` effect has made a copy, the message with this key. Only the latest are remembered. */
  addCopy(key: number): void {
    this.#copies.add(key);
    const [oldest] = this.#copies;
    if (this.#copies.size > COPIES_MAX) this.#copies.delete(oldest!);
  }

  isCopy(key: number): boolean {
    return this.#copies.has(key);
  }

  /**
   * Returns whether any rule has an effect of these types, and matches the target if one is given. If not, the caller
   * need not prepare a call of `trigger`.
   */
  armed(types: ReadonlySet<Effect['type']>, target?: FaultTarget): boolean {
    if (this.#entries.size === 0) return false;
    return [...this.#entries.values()].some(
      ({ rule }) => types.has(rule.effect.type) && (target === undefined || matches(rule, target)),
    );
  }

  /** Returns the rules that match the target and may still be triggered, in their order. */
  pending(target: FaultTarget): FaultRule[] {
    const entries = [...this.#entries.values()].filter(({ rule, triggered }) => {
      return matches(rule, target) && triggered < (rule.times ?? Number.POSITIVE_INFINITY);
    });
    return entries.map(({ rule }) => rule);
  }

  /** The common seed. */
  get seed(): number {
    return this.#seed;
  }

  /** Sets the common seed, and resets every rule's counts and random numbers, as if the rule had just been added. */
  reseed(seed: number): void {
    this.#seed = seed;
    for (const { rule } of this.#entries.values()) this.put(rule);
  }

  /** Adds a rule, or replaces the rule that has the same ID. */
  put(rule: FaultRule): void {
    const chance = chanceOf(rule.seed ?? seedOf(`${this.#seed} ${rule.id}`));
    this.#entries.set(rule.id, { rule, chance, matched: 0, triggered: 0 });
  }

  /** Removes a rule. Returns false if no rule has this ID. */
  remove(id: string): boolean {
    return this.#entries.delete(id);
  }

  /** Removes all rules. */
  clear(): void {
    this.#entries.clear();
    this.#copies.clear();
  }

  /**
   * Returns the rules in the order in which they were added, each with the number of requests that matched it and the
   * number that triggered it.
   */
  list(): { rule: FaultRule; matched: number; triggered: number }[] {
    return [...this.#entries.values()].map(({ rule, matched, triggered }) => ({ rule, matched, triggered }));
  }

  /**
   * Yields the effects of these types that a request triggers, and updates the counts. Rules are evaluated in order, up
   * to the first triggered one that determines the response (`error` or `drop`), and as far as the caller reads on. A
   * rule is not used up by a request to which it makes no difference: `differs` is called just before it is counted.
   */
  *trigger<T extends Effect['type']>(
    types: ReadonlySet<T>,
    target: FaultTarget,
    differs: (effect: Extract<Effect, { type: T }>) => boolean,
  ): Generator<DueEffect<Extract<Effect, { type: T }>>> {
    for (const entry of this.#entries.values()) {
      const { effect } = entry.rule;
      if (!isOneOf(effect, types) || !matches(entry.rule, target) || !differs(effect) || !isTriggered(entry)) continue;
      yield { effect, chance: entry.chance };
      if (effect.type === 'error' || effect.type === 'drop') return;
    }
  }

  /**
   * Waits for `ms` milliseconds of the given clock, or until the server stops. A request whose client has gone, at which
   * `signal` is aborted, is delayed like any other, unless too much waits: see `Delays`.
   */
  sleep(ms: Millis, by: 'machine' | 'sqs', waits: Pick<Delay, 'signal' | 'waiting'>): Promise<void> {
    return this.#delays.sleep({ ms, clock: by === 'sqs' ? this.#clock : this.#machine, ...waits });
  }

  /** Must be called when SQS's clock was set back by `byMs`, so that delays on that clock do not become longer. */
  setBack(byMs: Millis): void {
    this.#delays.setBack(this.#clock, byMs);
  }

  /** Releases all delayed responses at once, because the server is stopping. */
  end(): void {
    this.#delays.end();
  }
}

function isOneOf<T extends Effect['type']>(
  effect: Effect,
  types: ReadonlySet<T>,
): effect is Extract<Effect, { type: T }> {
  return (types as ReadonlySet<string>).has(effect.type);
}

function matches({ operations, queue, topic, account, region }: FaultRule, target: FaultTarget): boolean {
  if (operations && !operations.includes(target.operation)) return false;
  const isIn = (keys: readonly QueueKey[], name: string | undefined) =>
    keys.some(
      (key) =>
        (name === undefined || key.name === name) &&
        (account === undefined || key.account === account) &&
        (region === undefined || key.region === region),
    );
  const { queues, topics = [] } = target;
  return (topic === undefined && isIn(queues, queue)) || (queue === undefined && isIn(topics, topic));
}

/** Counts a request that matched the rule, and decides whether it triggers the rule. */
function isTriggered(entry: Entry): boolean {
  const { skip, every, probability, times = Number.POSITIVE_INFINITY } = entry.rule;
  entry.matched++;
  const position = entry.matched - skip;
  if (position <= 0 || position % every !== 0 || entry.triggered >= times) return false;
  if (probability < 1 && entry.chance() >= probability) return false;
  entry.triggered++;
  return true;
}
