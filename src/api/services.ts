/**
 * The services on Squab's one port. A request says in several ways which of them it is for; to add a service, add a row
 * to the table.
 */

import { lambda } from './lambda/lambda.ts';
import { serviceOf } from './names.ts';
import type { Service } from './service.ts';
import { sns } from './sns/table.ts';
import { sqs } from './sqs/index.ts';
import { sts } from './sts.ts';
import type { Wire, WireRequest } from './wire.ts';
import { JsonWire } from './wires/json.ts';
import { type QueryCall, QueryWire, readCall } from './wires/query.ts';

export const services: readonly Service[] = [sqs, sns, sts, lambda];

const querying = services.filter(({ query }) => query !== undefined);

/** The names of the operations of all services except STS, whose one operation tools call before they use any. */
export const operationNames: ReadonlySet<string> = new Set(
  services.filter((service) => service !== sts).flatMap(({ operations }) => [...operations.keys()]),
);

export interface Route {
  service: Service;
  wire: Wire;
}

/** Returns the service that a request is for, and its wire; undefined if the request names no operation. */
export function routeOf(request: WireRequest): Route | undefined {
  for (const service of services) {
    const wire = service.rest?.(request);
    if (wire) return { service, wire };
  }
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return jsonRoute(request, String(target));
  const call = readCall(request);
  if (call.action === '') return undefined;
  const service = serviceOfCall(call, request);
  return { service, wire: new QueryWire(call, service.query!) };
}

/**
 * Returns the wire for the response to a request that did not reach an operation. It does not consider the body, which
 * may be the problem.
 */
export function wireForRefusal(request: WireRequest): Wire {
  const bare = { ...request, query: '', body: NO_BODY };
  const scope = scopedService(request, undefined);
  const { query } = querying.find(({ name }) => name === scope) ?? sqs;
  return routeOf(bare)?.wire ?? new QueryWire(readCall(bare), query!);
}

const NO_BODY = Buffer.alloc(0);

/** The request for an unknown target has no action. */
function jsonRoute(request: WireRequest, target: string): Route {
  const dot = target.indexOf('.');
  const service = services.find((one) => one.target !== undefined && one.target === target.slice(0, dot));
  return { service: service ?? sqs, wire: new JsonWire(request, service ? target.slice(dot + 1) : '') };
}

/**
 * Chooses by the version of the API, else by the credential scope, else by the action: the links in SNS's messages have
 * neither version nor signature. SQS and SNS have AddPermission and RemovePermission in common.
 */
function serviceOfCall(call: QueryCall, request: WireRequest): Service {
  const scope = scopedService(request, call.credential);
  const stated = [
    querying.find(({ query }) => query?.version === call.version),
    querying.find(({ name }) => name === scope),
  ].filter((service) => service !== undefined);
  // A request for another service, such as CloudWatch, may have an action of the same name.
  if (stated.length === 0 && scope !== undefined) return sqs;
  const able = querying.filter(({ operations }) => operations.has(call.action));
  const found = stated.find((service) => able.includes(service)) ?? able[0] ?? stated[0] ?? sqs;
  return stated.length === 0 && able.includes(sns) && call.has('TopicArn') ? sns : found;
}

function scopedService({ headers }: WireRequest, credential: string | undefined): string | undefined {
  return serviceOf(String(headers.authorization ?? ''), credential);
}
