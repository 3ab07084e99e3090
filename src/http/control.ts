/** Serves the control interface over HTTP: JSON in and out, below `/_squab`. */

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checked } from '../control/checked.ts';
import type { Control } from '../control/control.ts';
import { ControlError } from '../control/control-error.ts';
import type { Route } from '../control/route.ts';
import { CONTROL_PATH, routes } from '../control/routes.ts';
import { StoreUnavailable } from '../storage/store.ts';

/**
 * Adds the routes. The app hands bodies on as bytes. Nobody signs requests to them, so where Squab asks who calls, it hears
 * none but those of this machine (`onlyLocal`).
 */
export function addControl(app: FastifyInstance, control: Control, { onlyLocal }: { onlyLocal: boolean }): void {
  // Of each route, and not of paths that look like one: the router also takes `/%5Fsquab` for `/_squab`.
  const ofThisMachine = { onRequest: onlyLocal ? refuseOthers : [] };
  for (const route of routes) {
    app.route({
      method: route.method,
      url: `${CONTROL_PATH}${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      exposeHeadRoute: false,
      ...ofThisMachine,
      handler: (request, reply) => answer(route, control, request, reply),
    });
  }
  app.all(`${CONTROL_PATH}/*`, ofThisMachine, async ({ method, url }, reply) =>
    refuse(reply, 404, `There is no ${method} ${url.split('?', 1)[0]}. GET ${CONTROL_PATH} lists what there is.`),
  );
}

const FOR_THIS_MACHINE =
  'With --auth, the control interface is for clients on this machine: nobody signs requests to it.';

function refuseOthers(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (isLocal(request)) done();
  else refuse(reply, 403, FOR_THIS_MACHINE);
}

/** What proxies say of themselves, unless they are told to be silent. */
const OF_PROXIES = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'];

/** What a proxy hands on comes from this machine only in appearance. */
export function isLocal({ raw, headers }: FastifyRequest): boolean {
  const address = raw.socket.remoteAddress ?? '';
  return /^(::1$|(::ffff:)?127\.)/.test(address) && OF_PROXIES.every((name) => headers[name] === undefined);
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
    return refuse(reply, 500, 'Squab has failed, which is a fault of its own. Its log says more.');
  }
}

function parametersOf({ parameters }: Route, { params, query, headers }: FastifyRequest): unknown {
  if (!parameters) return undefined;
  // An EventSource that lost its connection says so where it was.
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
    throw new ControlError(400, 'The body is not JSON.');
  }
  return checked(shape, value);
}

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify({ error }));
}
