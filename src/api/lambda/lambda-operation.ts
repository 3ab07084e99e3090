/** Defines operations of Lambda. */

import type { Functions } from '../../functions/functions.ts';
import type { Needs } from '../../queues/policies/access.ts';
import { type Call, type Operation, operation } from '../operation.ts';
import type { StructureShape } from '../wires/shape.ts';

interface Description<I> {
  name: string;
  summary: string;
  input: StructureShape<I>;
  needs?(input: I, call: Call): Needs;
  handle(input: I, call: Call, functions: Functions): Promise<unknown>;
}

/** Defines an operation. Its output is JSON that is not validated: unlike SQS, Lambda returns empty lists. */
export function lambdaOperation<I>({ handle, ...description }: Description<I>): Operation {
  return operation<I, unknown>({
    ...description,
    handle: (input, call) => handle(input, call, call.functions),
  });
}
