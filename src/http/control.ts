/** Serves the control interface over HTTP: JSON requests and responses under `/_squab`. */

import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checked } from '../control/checked.ts';
import type { Control } from '../control/control.ts';
import { ControlError } from '../control/control-error.ts';
import { noBody, type Route } from '../control/route.ts';
import { CONTROL_PATH, routes } from '../control/routes.ts';
import { excessOf } from '../queues/json-bounds.ts';
import { StoreUnavailable } from '../storage/store.ts';

/** Bytes of a request's body, which is a few short members, or the body of one message. */
const BODY_BYTES_MAX = 1024 * 1024;

/**
 * Adds the routes of the control interface. Expects the app to pass on request bodies as bytes. Requests to it are not
 * signed, so if Squab authenticates callers, only clients on this machine may use it (`onlyLocal`).
 */
export function addControl(app: FastifyInstance, control: Control, { onlyLocal }: { onlyLocal: boolean }): void {
  // Added to each route rather than checked by path, since the router also accepts `/%5Fsquab` for `/_squab`.
  const common = {
    onRequest: onlyLocal ? refuseRemote : [],
    errorHandler: refuseBody,
  };
  for (const route of routes) {
    app.route({
      method: route.method,
      url: `${CONTROL_PATH}${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      exposeHeadRoute: false,
      ...common,
      bodyLimit: route.bodyBytes ?? BODY_BYTES_MAX,
      handler: (request, reply) => answer(route, control, request, reply),
    });
  }
  app.all(`${CONTROL_PATH}/*`, { ...common, bodyLimit: BODY_BYTES_MAX }, async ({ method, url }, reply) =>
    refuse(reply, 404, `There is no route ${method} ${url.split('?', 1)[0]}. GET ${CONTROL_PATH} lists the routes.`),
  );
}

const ONLY_THIS_MACHINE =
  'With --auth, only clients on this machine may use the control interface, since its requests are not signed.';

function refuseRemote(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (isLocal(request)) done();
  else refuse(reply, 403, ONLY_THIS_MACHINE);
}

/** The headers that proxies add to requests, unless configured not to. */
const PROXY_HEADERS = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'];

/**
 * Returns whether the client is on this machine. A proxy on this machine does not count: its client may be elsewhere.
 */
export function isLocal({ raw, headers }: FastifyRequest): boolean {
  const address = raw.socket.remoteAddress ?? '';
  return /^(::1$|(::ffff:)?127\.)/.test(address) && PROXY_HEADERS.every((name) => headers[name] === undefined);
}

async function answer(
  route: Route,
  control: Control,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  try {
    const input = { parameters: parametersOf(route, request), body: bodyOf(route, request) };
    const output = await route.run(control, input, gone.signal);
    if (route.answer !== 'events') return reply.type('application/json').send(JSON.stringify(output));
    reply.type('text/event-stream').header('cache-control', 'no-store');
    return reply.send(Readable.from(output as AsyncIterable<string>));
  } catch (error) {
    if (error instanceof ControlError) return refuse(reply, error.status, error.message);
    if (error instanceof StoreUnavailable) return refuse(reply, 503, error.message);
    request.log.error({ reqId: request.id, err: error, route: route.path }, 'The control interface failed.');
    return refuse(reply, 500, 'Squab had an internal error. See its log for details.');
  }
}

/** Handles errors that occur before the handler runs: a body that is too long or incomplete. */
function refuseBody(error: { statusCode?: number; message: string }, request: FastifyRequest, reply: FastifyReply) {
  if (error.statusCode !== 413) return refuse(reply, 400, error.message);
  return refuse(reply, 413, `The request body is longer than ${request.routeOptions.bodyLimit} bytes.`);
}

function parametersOf({ parameters }: Route, { params, query, headers }: FastifyRequest): unknown {
  // An EventSource that reconnects sends the ID of the last event it received.
  const lastEventId = 'lastEventId' in parameters.shape ? headers['last-event-id'] : undefined;
  const given = { ...(lastEventId !== undefined && { lastEventId }), ...(query as object), ...(params as object) };
  return checked(parameters, given);
}

/** Returns the body that the route expects. Any other member is an error, even for a route that expects none. */
function bodyOf({ body: shape = noBody }: Route, { body }: FastifyRequest): unknown {
  if (!Buffer.isBuffer(body) || body.length === 0) return checked(shape, {});
  if (!isUtf8(body)) throw new ControlError(400, 'The request body is not valid UTF-8.');
  const excess = excessOf(body, 0);
  if (excess) throw new ControlError(400, `The request body ${excess}.`);
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw new ControlError(400, 'The request body is not valid JSON.');
  }
  return checked(shape, value);
}

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify({ error }));
}
