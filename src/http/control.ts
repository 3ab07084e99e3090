/** Serves the control interface over HTTP: JSON requests and responses under `/_squab`. */

import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checked } from '../control/checked.ts';
import type { Control } from '../control/control.ts';
import { ControlError } from '../control/control-error.ts';
import { type LineName, noBody, type Route } from '../control/route.ts';
import { CONTROL_PATH, routes } from '../control/routes.ts';
import { excessOf } from '../queues/json-bounds.ts';
import { StoreUnavailable } from '../storage/store.ts';
import { Turnstile } from '../time/turnstile.ts';
import { limiter } from './at-once.ts';

/** Bytes of a request's body, which is a few short members, or the body of one message. */
const BODY_BYTES_MAX = 1024 * 1024;

/** How long a read that waits for a database keeps others waiting: it may not answer, or another session lock a table. */
const READ_HOLDS_MS = 100;

/**
 * Adds the routes of the control interface. Expects the app to pass on request bodies as bytes. Requests to it are not
 * signed, so if Squab authenticates callers, only clients on this machine may use it (`onlyLocal`). `isShared`: the data
 * are in a database.
 */
export function addControl(
  app: FastifyInstance,
  control: Control,
  { onlyLocal, isShared }: { onlyLocal: boolean; isShared: boolean },
): void {
  // Added to each route rather than checked by path, since the router also accepts `/%5Fsquab` for `/_squab`.
  const common = {
    onRequest: onlyLocal ? refuseRemote : [],
    errorHandler: refuseBody,
  };
  const lines: Readonly<Record<LineName, Turnstile>> = {
    reads: new Turnstile(isShared ? READ_HOLDS_MS : undefined),
    'moves of the clock': new Turnstile(),
    snapshots: new Turnstile(),
  };
  for (const route of routes) {
    const isFull = limiter(route.atOnce);
    app.route({
      method: route.method,
      url: `${CONTROL_PATH}${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      exposeHeadRoute: false,
      ...common,
      bodyLimit: route.bodyBytes ?? BODY_BYTES_MAX,
      handler: (request, reply) =>
        isFull(reply.raw) ? refuse(reply, 409, tooMany(route)) : answer(route, control, lines, request, reply),
    });
  }
  app.all(`${CONTROL_PATH}/*`, { ...common, bodyLimit: BODY_BYTES_MAX }, async ({ method, url }, reply) => {
    const path = url.split('?', 1)[0]!;
    const hint = methodHint(path);
    refuse(reply, 404, `There is no route ${method} ${path}.${hint} GET ${CONTROL_PATH} lists the routes.`);
  });
}

/** Returns ` Did you mean POST?` if routes with other methods have the path. */
function methodHint(path: string): string {
  const matches = routes.filter((route) =>
    new RegExp(`^${CONTROL_PATH}${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  return matches.length === 0 ? '' : ` Did you mean ${matches.map(({ method }) => method).join(' or ')}?`;
}

const ONLY_THIS_MACHINE =
  'With --auth, only clients on this machine may use the control interface, since its requests are not signed.';

function refuseRemote(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (isLocal(request)) done();
  else refuse(reply, 403, ONLY_THIS_MACHINE);
}

/** The headers that proxies add to requests, unless configured not to. */
const PROXY_HEADER = /^(x-forwarded(-.*)?|x-real-ip|forwarded|via)$/;

/**
 * Returns whether the client is on this machine. A proxy on this machine does not count: its client may be elsewhere.
 */
export function isLocal({ raw, headers }: FastifyRequest): boolean {
  const address = raw.socket.remoteAddress ?? '';
  return /^(::1$|(::ffff:)?127\.)/.test(address) && !Object.keys(headers).some((name) => PROXY_HEADER.test(name));
}

function tooMany({ atOnce, method, path }: Route): string {
  return (
    `There are already ${atOnce} requests to ${method} ${CONTROL_PATH}${path}, which is the maximum. ` +
    'Close the connections that are no longer needed, or wait until they end.'
  );
}

/**
 * The requests of a line pass one after another, each in a turn of the event loop of its own, so that many at once neither
 * hold up other requests nor fill the memory. One whose client has gone by then is skipped: a search through deep queues
 * takes a while, and a move of the clock may take hours. Thousands of them would hold up all others, and stay in memory.
 */
async function answer(
  route: Route,
  control: Control,
  lines: Readonly<Record<LineName, Turnstile>>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  try {
    const input = { parameters: parametersOf(route, request), body: bodyOf(route, request) };
    if (route.answer === 'events') {
      const events = route.run(control, input, gone.signal) as AsyncIterable<string>;
      return reply.type('text/event-stream').header('cache-control', 'no-store').send(Readable.from(events));
    }
    const run = async () => JSON.stringify(await route.run(control, input, gone.signal));
    const ifWanted = async () => (gone.signal.aborted ? '' : run());
    const line = route.line ?? (route.method === 'GET' ? 'reads' : undefined);
    const text = await (line ? lines[line].run(() => nextTurn().then(ifWanted), gone.signal) : run());
    return reply.type('application/json').send(text);
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

function parametersOf(route: Route, { params, query, headers }: FastifyRequest): unknown {
  const parameters = route.parameters();
  // An EventSource that reconnects sends the ID of the last event it received.
  const lastEventId = 'lastEventId' in parameters.shape ? headers['last-event-id'] : undefined;
  const given = { ...(lastEventId !== undefined && { lastEventId }), ...(query as object), ...(params as object) };
  return checked(parameters, given);
}

/** Returns the body that the route expects. Any other member is an error, even for a route that expects none. */
function bodyOf({ body: shape = noBody }: Route, { body }: FastifyRequest): unknown {
  if (!Buffer.isBuffer(body) || body.length === 0) return checked(shape(), {});
  if (!isUtf8(body)) throw new ControlError(400, 'The request body is not valid UTF-8.');
  const excess = excessOf(body, 0);
  if (excess) throw new ControlError(400, `The request body ${excess}.`);
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw new ControlError(400, 'The request body is not valid JSON.');
  }
  return checked(shape(), value);
}

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify({ error }));
}
