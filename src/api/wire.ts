/** Requests, answers, and what a wire is: how a protocol writes the one and the other. */

import type { SqsError } from '../errors.ts';
import type { Operation } from './operation.ts';
import type { StructureShape } from './wires/shape.ts';

/** An HTTP request, as far as SQS is concerned. */
export interface WireRequest {
  method: string;
  /** Without the query string. */
  path: string;
  /** The query string as it came, without its question mark. */
  query: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** The same, with what only the check of credentials looks at. */
export interface Request extends WireRequest {
  /** Node's own request. */
  raw: { rawHeaders: string[]; socket: { remoteAddress?: string | undefined; encrypted?: boolean } };
}

export interface Response {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** There is to be no answer, and no connection. */
  dropped?: true;
}

/** How one protocol writes a request and its answer. */
export interface Wire {
  /** The operation asked for; empty when the request names none. */
  readonly action: string;
  /** The credential in the request's parameters, for presigned requests. */
  readonly credential?: string | undefined;
  /** Whether the request is signed in the way of before Signature Version 4. */
  hasOldSignature?(): boolean;
  /** The input, in the operation's shape. Throws `MalformedInput`. */
  decode(shape: StructureShape<unknown>): unknown;
  reply(operation: Operation, output: unknown, requestId: string): Response;
  refusal(error: SqsError, requestId: string): Response;
}
