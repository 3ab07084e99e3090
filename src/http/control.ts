/** Serves the control interface over HTTP: JSON requests and responses under `/_squab`. */

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checked } from '../control/checked.ts';
import type { Control } from '../control/control.ts';
import { ControlError } from '../control/control-error.ts';
import type { Route } from '../control/route.ts';
import { CONTROL_PATH, routes } from '../control/routes.ts';
import { StoreUnavailable } from '../storage/store.ts';

/**
 * Adds the routes of the control interface. Expects the app to pass on request bodies as bytes. Requests to it are not
 * signed, so if Squab authenticates callers, only clients on this machine may use it (`onlyLocal`).
 */
export function addControl(app: FastifyInstance, control: Control, { onlyLocal }: { onlyLocal: boolean }): void {
  // Added to each route rather than checked by path, since the router also accepts `/%5Fsquab` for `/_squab`.
  const access = { onRequest: onlyLocal ? refuseRemote : [] };
  for (const route of routes) {
    app.route({
      method: route.method,
      url: `${CONTROL_PATH}${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      exposeHeadRoute: false,
      ...access,
      handler: (request, reply) => answer(route, control, request, reply),
    });
  }
  app.all(`${CONTROL_PATH}/*`, access, async ({ method, url }, reply) =>
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

function parametersOf({ parameters }: Route, { params, query, headers }: FastifyRequest): unknown {
  if (!parameters) return undefined;
  // An EventSource that reconnects sends the ID of the last event it received.
  const lastEventId = headers['last-event-id'];
  const given = { ...(lastEventId !== undefined && { lastEventId }), ...(query as object), ...(params as object) };
  return checked(parameters, given);
}

function bodyOf({ body: shape }: Route, { body }: FastifyRequest): unknown {
  if (!shape) return undefined;
  const text = Buffer.isBuffer(body) && body.length > 0 ? body.toString() : '{}';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ControlError(400, 'The request body is not valid JSON.');
  }
  return checked(shape, value);
}

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify({ error }));
}
