/**
 * AWS's REST JSON protocol: the method and the path name the operation, and its input is in the path, in the query
 * string, in headers and in a JSON object.
 * Source: Smithy, "AWS restJson1 protocol"; errors as observed on Lambda.
 */

import type { SqsError } from '../../errors.ts';
import { queryParameters } from '../auth/sigv4.ts';
import type { Operation } from '../operation.ts';
import type { Response, Wire, WireRequest } from '../wire.ts';
import { parseBody, parseInput } from '../wires/json.ts';
import type { Member, StructureShape } from '../wires/shape.ts';

/** How a REST request names an operation. */
export interface RestRoute {
  readonly method: string;
  /** Its named groups are members of the input. */
  readonly path: RegExp;
  /** The status of a response without an error. */
  readonly status: number;
  readonly operation: Operation;
  /** Members of the input that are in the query string, by their names there. */
  readonly query?: Readonly<Record<string, string>>;
  /** Members that are in headers, by their names there. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The member that is the whole body; otherwise the body is a JSON object with the other members. */
  readonly payload?: string;
}

/** The output of an operation whose response is not JSON of Squab's own. */
export class RawOutput {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;

  constructor(status: number, headers: Readonly<Record<string, string>>, body: string) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

export class RestWire implements Wire {
  readonly #request: WireRequest;
  readonly #route: RestRoute | undefined;
  readonly #groups: Readonly<Record<string, string | undefined>>;

  /** `route` is undefined if the path is the service's, but none of its operations has it. */
  constructor(
    request: WireRequest,
    route: RestRoute | undefined,
    groups: Readonly<Record<string, string | undefined>>,
  ) {
    this.#request = request;
    this.#route = route;
    this.#groups = groups;
  }

  get action(): string {
    return this.#route?.operation.name ?? `${this.#request.method} ${this.#request.path}`;
  }

  decode(shape: StructureShape<unknown>): unknown {
    const { query = {}, headers = {}, payload } = this.#route!;
    const { body, headers: given } = this.#request;
    const input: Record<string, unknown> = payload === undefined ? parseBody(body) : { [payload]: body };
    for (const [name, value] of Object.entries(this.#groups)) input[name] = value && decoded(value);
    const parameters = queryParameters(this.#request.query);
    for (const [name, member] of Object.entries(query)) {
      const values = parameters.filter(([parameter]) => parameter === name).map(([, value]) => utf8(value));
      if (values.length > 0) input[member] = typed(shape.members[member]!, values);
    }
    for (const [name, member] of Object.entries(headers)) {
      if (given[name] !== undefined) input[member] = String(given[name]);
    }
    return parseInput(shape, input);
  }

  reply(_operation: Operation, output: unknown, requestId: string): Response {
    if (output instanceof RawOutput) {
      return {
        status: output.status,
        headers: { 'x-amzn-requestid': requestId, ...output.headers },
        body: output.body,
      };
    }
    const body = output === undefined ? '' : JSON.stringify(output);
    return response(this.#route!.status, body, requestId);
  }

  refusal(error: SqsError, requestId: string): Response {
    const { shape, status, fault } = error.row;
    const type = fault === 'Sender' ? 'User' : 'Service';
    const member = shape === 'ResourceNotFoundException' ? 'Message' : 'message';
    const refusal = response(status, JSON.stringify({ Type: type, [member]: error.message }), requestId);
    refusal.headers['x-amzn-errortype'] = shape;
    return refusal;
  }
}

/** Converts the texts of a query string to the type of a member. A text that is no number stays a text. */
function typed({ shape }: Member, values: readonly string[]): unknown {
  if (shape.kind === 'list') return values;
  const value = values.at(-1)!;
  return shape.kind === 'integer' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

/** Decodes a part of the path. A part that is not valid in a URL is left as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `queryParameters` returns one character for each byte. */
function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

function response(status: number, body: string, requestId: string): Response {
  return { status, headers: { 'x-amzn-requestid': requestId, 'content-type': 'application/json' }, body };
}
