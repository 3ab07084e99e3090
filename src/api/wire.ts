/** Requests, responses, and the interface of a wire, which decodes requests and encodes responses. */

import type { SqsError } from '../errors.ts';
import type { Operation } from './operation.ts';
import type { StructureShape } from './wires/shape.ts';

/** The parts of an HTTP request that the wires read. */
export interface WireRequest {
  method: string;
  /** Without the query string. */
  path: string;
  /** The query string as received, without the question mark. */
  query: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** The same, with the parts that only authentication and policies read. */
export interface Request extends WireRequest {
  /** Node.js's own request object. */
  raw: { rawHeaders: string[]; socket: { remoteAddress?: string | undefined; encrypted?: boolean } };
}

export interface Response {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Set if the connection is to be reset without a response. */
  dropped?: true;
}

/** Decodes a request in one of the protocols, and encodes its response. */
export interface Wire {
  /** The name of the requested operation; empty if the request has none. */
  readonly action: string;
  /** The credential in the parameters of a presigned request. */
  readonly credential?: string | undefined;
  /** Returns whether the request has a signature older than Signature Version 4. */
  hasOldSignature?(): boolean;
  /** Returns the input in the operation's shape. Throws `MalformedInput`, and on the Query wire `InvalidAction`. */
  decode(shape: StructureShape<unknown>): unknown;
  reply(operation: Operation, output: unknown, requestId: string): Response;
  refusal(error: SqsError, requestId: string): Response;
}
