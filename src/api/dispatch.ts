/**
 * The one road of a request, on either wire: which wire, which operation, decode, carry out, encode.
 * Whatever goes wrong on the way is answered in the shape of the caller's wire.
 */

import { SqsError } from '../errors.ts';
import { StoreUnavailable } from '../storage/store.ts';
import { type Guard, WrongSignature } from './auth/guard.ts';
import type { Identity } from './auth/identity.ts';
import { ConnectionDropped, requestEffects, runWithFaults } from './faulty.ts';
import type { Call, Operation } from './operation.ts';
import type { Request, Response, Wire, WireRequest } from './wire.ts';
import { JsonWire } from './wires/json.ts';
import { QueryWire, unknownRequest } from './wires/query.ts';

/** Hears what became of requests. */
export interface Observer {
  /** `refusal` is undefined for a success. */
  answered(action: string, refusal: SqsError | undefined): void;
  /** An error that is our fault, which the caller sees as `InternalFailure`. */
  failed(action: string, error: unknown): void;
  /** The connection is reset, as a user ordered. */
  dropped(action: string): void;
  /** A signature that was refused, with what the client should have signed: without messages and tokens. */
  wrongSignature(action: string, computed: { canonicalRequest: string; stringToSign: string }): void;
}

/** What is known of a caller: what he proved, where that is asked for, else what the wire says. */
export interface Known {
  identity: Identity | undefined;
  credential: string | undefined;
}

/** Answers a request. Without a `guard`, nobody is asked who he is. Never rejects. */
export async function dispatch(
  request: Request,
  requestId: string,
  operations: ReadonlyMap<string, Operation>,
  callFor: (known: Known) => Call,
  observer: Observer,
  guard: Guard | undefined,
): Promise<Response> {
  let wire: Wire | undefined;
  try {
    wire = wireOf(request);
    if (!wire) return unknownRequest(requestId);
    const identity = guard?.authenticate(request, wire);
    const operation = operations.get(wire.action);
    if (!operation) throw unknownAction(wire.action);
    const input = wire.decode(operation.input);
    const call = callFor({ identity, credential: wire.credential });
    if (guard) await guard.authorise(request, identity!, operation, input, call);
    const { faults } = call.env;
    const output = faults?.armed(requestEffects)
      ? await runWithFaults(faults, operation, input, call)
      : await operation.run(input, call);
    observer.answered(wire.action, undefined);
    return wire.reply(operation, output, requestId);
  } catch (error) {
    if (error instanceof ConnectionDropped) {
      observer.dropped(wire!.action);
      return { status: 0, headers: {}, body: '', dropped: true };
    }
    const answer = told(error, wire?.action ?? '', observer);
    return wire ? wire.refusal(answer, requestId) : refuse(request, answer, requestId);
  }
}

/**
 * Refuses a request that did not get as far as an operation, in the shape of its wire. Its body may have been what was
 * wrong, so it is not asked which operation that would have been.
 */
export function refuse(request: WireRequest, error: SqsError, requestId: string): Response {
  return (wireOf({ ...request, query: '' }) ?? new QueryWire(request)).refusal(error, requestId);
}

/** The wire that a request speaks; undefined when it asks for nothing. */
export function wireOf(request: WireRequest): Wire | undefined {
  if (request.headers['x-amz-target'] !== undefined) return new JsonWire(request);
  const wire = new QueryWire(request);
  return wire.action === '' ? undefined : wire;
}

function unknownAction(action: string): SqsError {
  return new SqsError('InvalidAction', `The action ${action} is not valid for this endpoint.`);
}

/** What to answer when `error` was thrown, after the observer has heard of it. */
export function told(error: unknown, action: string, observer: Observer): SqsError {
  const refusal = refusalFor(error);
  if (error instanceof WrongSignature) observer.wrongSignature(action, error);
  if (refusal) observer.answered(action, refusal);
  else observer.failed(action, error);
  return refusal ?? ourFault();
}

/** Undefined for what is a fault of ours, and none of the caller or of the disk. */
function refusalFor(error: unknown): SqsError | undefined {
  if (error instanceof StoreUnavailable) return new SqsError('ServiceUnavailable', error.message);
  return error instanceof SqsError ? error : undefined;
}

function ourFault(): SqsError {
  return new SqsError('InternalFailure', 'Squab has failed, which is a fault of its own. Its log says more.');
}
