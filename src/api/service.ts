/** What makes up a service of AWS: its operations, and how its requests can be recognized. */

import type { Operation } from './operation.ts';
import type { Wire, WireRequest } from './wire.ts';
import type { QueryDialect } from './wires/query-dialect.ts';

export interface Service {
  /** Its name in the credential scope of signatures. */
  readonly name: string;
  /** By their names. All wires are derived from this table. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** Its name in `X-Amz-Target`, if it speaks JSON: `AmazonSQS` in `AmazonSQS.SendMessage`. */
  readonly target?: string;
  /** How it speaks on the Query wire, if it does. */
  readonly query?: QueryDialect;
  /** Completes the error for an operation that Squab does not have: what to do instead. */
  readonly advice?: string;
  /** Returns the wire of a request that is recognized by its path; undefined if the request is not for this service. */
  readonly rest?: (request: WireRequest) => Wire | undefined;
}

/** Returns the table of these operations. */
export function operationTable(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  return new Map(operations.map((operation) => [operation.name, operation]));
}
