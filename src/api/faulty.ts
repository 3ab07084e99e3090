/** Runs a request with the effects of the fault rules that match it; see queues/faults/faults.ts. */

import { queueDoesNotExist, SqsError } from '../errors.ts';
import { shuffled } from '../queues/faults/chance.ts';
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
  for await (const { queue } of operation.needs(input, call)) queues.push(queue);
  if (queues.length === 0) queues.push({ ...call.caller, name: '' });
  const due = faults.trigger(requestEffects, { operation: operation.name, queues });
  const applyEffects = async (when: When) => {
    for (const { effect, chance } of due) {
      if (effect.type === 'fail-entries' || effect.when !== when) continue;
      if (effect.type === 'drop') throw new ConnectionDropped();
      if (effect.type === 'error') throw errorOf(effect);
      await faults.sleep(Math.round(effect.minMs + chance() * (effect.maxMs - effect.minMs)), effect.clock);
    }
  };
  await applyEffects('before');
  const failing = due.filter(failsEntries);
  const output = await operation.run(input, failing.length > 0 ? { ...call, refusedEntries: refuser(failing) } : call);
  await applyEffects('after');
  return output;
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
