/** Carries out a request that may meet faults which a user ordered; see queues/faults.ts. */

import { queueDoesNotExist, SqsError } from '../errors.ts';
import { shuffled } from '../queues/faults/chance.ts';
import { faultMessages } from '../queues/faults/fault-messages.ts';
import type { DueEffect, Effect, Faults, When } from '../queues/faults/faults.ts';
import type { Call, Operation } from './operation.ts';

/** The request's connection is to be reset: the client gets no answer. */
export class ConnectionDropped extends Error {
  override readonly name = 'ConnectionDropped';
}

type RequestEffect = Extract<Effect, { type: 'error' | 'drop' | 'latency' | 'fail-entries' }>;

export const requestEffects: ReadonlySet<RequestEffect['type']> = new Set(['error', 'drop', 'latency', 'fail-entries']);

/** As `operation.run`. Throws SqsError and ConnectionDropped. */
export async function runWithFaults(
  faults: Faults,
  operation: Operation,
  input: unknown,
  call: Call,
): Promise<unknown> {
  const needs = await operation.needs(input, call);
  const queues = needs.length > 0 ? needs.map(({ queue }) => queue) : [{ ...call.caller, name: '' }];
  const due = faults.trigger(requestEffects, { operation: operation.name, queues });
  const meet = async (when: When) => {
    for (const { effect, chance } of due) {
      if (effect.type === 'fail-entries' || effect.when !== when) continue;
      if (effect.type === 'drop') throw new ConnectionDropped();
      if (effect.type === 'error') throw ordered(effect);
      await faults.sleep(Math.round(effect.minMs + chance() * (effect.maxMs - effect.minMs)), effect.clock);
    }
  };
  await meet('before');
  const failing = due.filter(failsEntries);
  const output = await operation.run(input, failing.length > 0 ? { ...call, refusedEntries: refuser(failing) } : call);
  await meet('after');
  return output;
}

function failsEntries(due: DueEffect<RequestEffect>): due is DueEffect<EntryEffect> {
  return due.effect.type === 'fail-entries';
}

type EntryEffect = Extract<Effect, { type: 'fail-entries' }>;

/** Decides which entries of a batch are refused. */
function refuser(due: readonly DueEffect<EntryEffect>[]): NonNullable<Call['refusedEntries']> {
  return (ids) => {
    const refused = new Map<string, SqsError>();
    for (const { effect, chance } of due) {
      const picked =
        effect.ids ??
        shuffled(ids.length, chance)
          .flatMap((place) => ids[place] ?? [])
          .slice(0, effect.count ?? 1);
      for (const id of picked) refused.set(id, ordered(effect));
    }
    return refused;
  };
}

function ordered({ code, message }: { code: SqsError['code']; message?: string | undefined }): SqsError {
  // The one whose words differ by wire.
  if (code === 'QueueDoesNotExist' && message === undefined) return queueDoesNotExist();
  return new SqsError(code, message ?? faultMessages[code]);
}
