/**
 * Passes messages of topics to functions. SNS is done once a function has its event: what the function makes of it does
 * not matter. Source: developer guide of SNS, "Fanout to Lambda functions" and "Amazon SNS message delivery retries".
 */

import type { Outcome } from '../topics/deliveries/outcome.ts';
import { nameInArn } from './function-names.ts';
import type { FunctionTable } from './function-table.ts';
import type { Invoker } from './invoker.ts';

/** Resolves to what became of the event; undefined if the signal is aborted. Never rejects. */
export async function deliverEvent(
  { functions, invoker }: { functions: FunctionTable; invoker: Invoker },
  functionArn: string,
  event: string,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const name = nameInArn(functionArn);
  const target = functions.find(name);
  if (!target) {
    const hint = `start Squab with --function ${name}=URL`;
    return { kind: 'refused', reason: `Squab knows no URL of the function ${functionArn}; ${hint}` };
  }
  const outcome = await invoker.invoke(target, event, signal, { 'x-amz-invocation-type': 'Event' });
  if (outcome.kind === 'aborted') return undefined;
  if (outcome.kind === 'succeeded') return { kind: 'delivered' };
  const status = outcome.kind === 'failed' ? outcome.answer?.status : undefined;
  if (status === undefined) return { kind: 'failed', reason: outcome.reason };
  if (status < 300) return { kind: 'delivered' };
  return { kind: status >= 500 ? 'failed' : 'refused', reason: outcome.reason };
}
