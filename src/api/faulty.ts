/** Runs a request with the effects of the fault rules that match it; see queues/faults/faults.ts. */

import { queueDoesNotExist, SqsError } from '../errors.ts';
import { shuffled } from '../queues/faults/chance.ts';
import type { Delay } from '../queues/faults/delays.ts';
import { faultMessages } from '../queues/faults/fault-messages.ts';
import type { DueEffect, Effect, Faults, When } from '../queues/faults/faults.ts';
import type { QueueKey } from '../storage/store.ts';
import type { Call, Operation } from './operation.ts';

/** Thrown to reset the request's connection, so that the client gets no response. */
export class ConnectionDropped extends Error {
  override readonly name = 'ConnectionDropped';
}

type RequestEffect = Extract<Effect, { type: 'error' | 'drop' | 'latency' | 'fail-entries' }>;

export const requestEffects: ReadonlySet<RequestEffect['type']> = new Set(['error', 'drop', 'latency', 'fail-entries']);

/** Runs the operation, and applies fault rules before and after it. Throws SqsError and ConnectionDropped. */
export async function runWithFaults(
  faults: Faults,
  operation: Operation,
  input: unknown,
  call: Call,
): Promise<unknown> {
  const queues: QueueKey[] = [];
  const topics: QueueKey[] = [];
  for await (const need of operation.needs(input, call)) {
    if ('queue' in need) queues.push(need.queue);
    else topics.push(need.topic);
  }
  if (queues.length + topics.length === 0) queues.push({ ...call.caller, name: '' });
  const target = { operation: operation.name, queues, topics };
  const ids = entryIds(input);
  const before = [...faults.trigger(requestEffects, target, (effect) => makesDifference(effect, 'before', ids))];
  await apply(faults, before, call, { input });
  const failing = before.filter(failsEntries);
  const output = await operation.run(input, failing.length > 0 ? { ...call, refusedEntries: refuser(failing) } : call);
  // Effects after the request are decided only now: a request that SQS refuses does not use up their rules.
  await apply(
    faults,
    [...faults.trigger(requestEffects, target, (effect) => makesDifference(effect, 'after', ids))],
    call,
    { output },
  );
  return output;
}

/** Returns whether an effect changes a request at this time; `ids` are those of its batch entries, if it is a batch. */
function makesDifference(effect: RequestEffect, when: When, ids: readonly string[]): boolean {
  if (effect.type !== 'fail-entries') return effect.when === when;
  return when === 'before' && ids.length > 0 && (effect.ids?.some((id) => ids.includes(id)) ?? true);
}

type Entries = readonly { Id?: string }[];

/** The input of a batch operation of SQS or SNS. */
interface Batch {
  Entries?: Entries;
  PublishBatchRequestEntries?: Entries;
}

function entryIds(input: unknown): string[] {
  const { PublishBatchRequestEntries = [], Entries = PublishBatchRequestEntries } = input as Batch;
  return Entries.flatMap(({ Id }) => Id ?? []);
}

/** Drops the connection, fails or waits, if one of the effects requires it. Throws SqsError and ConnectionDropped. */
async function apply(
  faults: Faults,
  due: readonly DueEffect<RequestEffect>[],
  call: Call,
  waiting: Delay['waiting'],
): Promise<void> {
  // One for all delays: each signal listens to the connection.
  let signal: AbortSignal | undefined;
  for (const { effect, chance } of due) {
    if (effect.type === 'fail-entries') continue;
    if (effect.type === 'drop') throw new ConnectionDropped();
    if (effect.type === 'error') throw errorOf(effect);
    const ms = Math.round(effect.minMs + chance() * (effect.maxMs - effect.minMs));
    signal ??= call.signal();
    await faults.sleep(ms, effect.clock, { signal, waiting });
  }
}

function failsEntries(due: DueEffect<RequestEffect>): due is DueEffect<EntryEffect> {
  return due.effect.type === 'fail-entries';
}

type EntryEffect = Extract<Effect, { type: 'fail-entries' }>;

/** Returns a function that chooses the batch entries that fail, and their errors. */
function refuser(due: readonly DueEffect<EntryEffect>[]): NonNullable<Call['refusedEntries']> {
  return (ids) => {
    const refused = new Map<string, SqsError>();
    for (const { effect, chance } of due) {
      const picked =
        effect.ids ??
        shuffled(ids.length, chance)
          .flatMap((place) => ids[place] ?? [])
          .slice(0, effect.count ?? 1);
      for (const id of picked) refused.set(id, errorOf(effect));
    }
    return refused;
  };
}

function errorOf({ code, message }: { code: SqsError['code']; message?: string | undefined }): SqsError {
  // The only error whose message differs between the wires.
  if (code === 'QueueDoesNotExist' && message === undefined) return queueDoesNotExist();
  return new SqsError(code, message ?? faultMessages[code]);
}
