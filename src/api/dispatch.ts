/**
 * The path of every request, on any wire: choose the service, the wire and the operation, decode, run, encode.
 * An error in any step is returned in the format of the caller's wire.
 */

import { SqsError } from '../errors.ts';
import { StoreUnavailable } from '../storage/store.ts';
import { type Guard, WrongSignature } from './auth/guard.ts';
import type { Identity } from './auth/identity.ts';
import { ConnectionDropped, requestEffects, runWithFaults } from './faulty.ts';
import type { Call } from './operation.ts';
import { notServed, otherService } from './other-services.ts';
import type { Service } from './service.ts';
import { routeOf, wireForRefusal } from './services.ts';
import type { Request, Response, Wire, WireRequest } from './wire.ts';
import { unknownRequest } from './wires/query.ts';

/** Receives the outcome of each request. */
export interface Observer {
  /**
   * `refusal` is undefined if the request succeeded. `input` and `output` are in the operation's shapes; undefined if
   * the request failed before that.
   */
  answered(action: string, refusal: SqsError | undefined, input?: unknown, output?: unknown): void;
  /** A request that names no operation was answered with this status. */
  withoutAction(status: number): void;
  /** An internal error of Squab, which the caller sees as `InternalFailure`. */
  failed(action: string, error: unknown): void;
  /** A fault rule reset the connection. */
  dropped(action: string): void;
  /** A wrong signature. `computed` is what the client should have signed, without messages and tokens. */
  wrongSignature(action: string, computed: { canonicalRequest: string; stringToSign: string }): void;
}

/** The identity and the credential of a caller, as far as they are known. */
export interface KnownCaller {
  /** The authenticated identity; undefined without a `guard`. */
  identity: Identity | undefined;
  /** The credential in the parameters of a presigned request, whether or not it was checked. */
  credential: string | undefined;
}

/** Returns the response to a request. Without a `guard`, requests are not authenticated. Never rejects. */
export async function dispatch(
  request: Request,
  requestId: string,
  callFor: (known: KnownCaller) => Call,
  observer: Observer,
  guard: Guard | undefined,
): Promise<Response> {
  let wire: Wire | undefined;
  let input: unknown;
  try {
    const route = routeOf(request);
    wire = route?.wire;
    if (!route || !wire) {
      const response = withoutAction(request, requestId);
      observer.withoutAction(response.status);
      return response;
    }
    const operation = route.service.operations.get(wire.action);
    if (!operation) {
      const service = otherService(request, wire.credential);
      if (service !== undefined) throw notServed(service, request, wire.action);
    }
    const identity = guard?.authenticate(request, wire, route.service.name, operation);
    if (!operation) throw unknownAction(wire.action, route.service);
    input = wire.decode(operation.input);
    const call = callFor({ identity, credential: wire.credential });
    if (guard) await guard.authorise(request, identity!, operation, input, call);
    const { faults } = call.env;
    const output = faults?.armed(requestEffects)
      ? await runWithFaults(faults, operation, input, call)
      : await operation.run(input, call);
    observer.answered(wire.action, undefined, input, output);
    return wire.reply(operation, output, requestId);
  } catch (error) {
    if (error instanceof ConnectionDropped) {
      observer.dropped(wire!.action);
      return { status: 0, headers: {}, body: '', dropped: true };
    }
    const refusal = reportError(error, wire?.action ?? '', observer, input);
    return wire ? wire.refusal(refusal, requestId) : refuse(request, refusal, requestId);
  }
}

/** Returns the error response to a request that did not reach an operation, in the format of its wire. */
export function refuse(request: WireRequest, error: SqsError, requestId: string): Response {
  return wireForRefusal(request).refusal(error, requestId);
}

/** Returns the response to a request that names no operation: a browser's GET, or a request to a service such as S3. */
function withoutAction(request: Request, requestId: string): Response {
  const service = otherService(request, undefined);
  return service === undefined ? unknownRequest(requestId) : refuse(request, notServed(service, request), requestId);
}

function unknownAction(action: string, { advice }: Service): SqsError {
  const text = `The action ${action} is not valid for this endpoint.`;
  return new SqsError('InvalidAction', advice === undefined ? text : `${text} ${advice}`);
}

/** Reports a thrown error to the observer and returns the error to send to the client. */
export function reportError(error: unknown, action: string, observer: Observer, input?: unknown): SqsError {
  const refusal = refusalFor(error);
  if (error instanceof WrongSignature) observer.wrongSignature(action, error);
  if (refusal) observer.answered(action, refusal, input);
  else observer.failed(action, error);
  return refusal ?? internalFailure();
}

/** Returns the error to send; undefined for an internal error, which neither the caller nor the disk caused. */
function refusalFor(error: unknown): SqsError | undefined {
  if (error instanceof StoreUnavailable) return new SqsError('ServiceUnavailable', error.message);
  return error instanceof SqsError ? error : undefined;
}

function internalFailure(): SqsError {
  return new SqsError('InternalFailure', 'Squab had an internal error. See its log for details.');
}
