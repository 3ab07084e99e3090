/** The one place where the parts meet: HTTP, the wires, the queues, the store and the clock. */

import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { v4 as newId } from 'uuid';
import { dispatch, type Observer, type Request, type Response, refuse } from './api/dispatch.ts';
import { callerOf, queueUrls } from './api/names.ts';
import type { Call } from './api/operation.ts';
import { operations } from './api/operations/index.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Options } from './config.ts';
import { SqsError } from './errors.ts';
import type { Squab } from './index.ts';
import { Cooldowns } from './queues/cooldowns.ts';
import type { Env } from './queues/env.ts';
import { FifoQuotas } from './queues/fifo-quotas.ts';
import { startJanitor } from './queues/janitor.ts';
import { Mover } from './queues/mover.ts';
import { Waiters } from './queues/waiters.ts';
import { SqliteStore } from './storage/sqlite/sqlite-store.ts';

/** A batch of 1 MiB, with every character escaped as JSON (`\uXXXX`) or as a form (`%XX`) can need it. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** Requests under way get this long to finish when Squab stops; then their connections are cut. */
const STOP_PATIENCE_MS = 1500;

interface Surroundings {
  clock?: Clock | undefined;
  logStream?: { write(line: string): void } | undefined;
}

/** Throws DataFolderError, or an error that says why it cannot listen. */
export async function startServer(options: Options, surroundings: Surroundings): Promise<Squab> {
  const { clock = systemClock, logStream = process.stdout } = surroundings;
  const app = fastify({
    logger: { level: options.logLevel, stream: logStream },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    genReqId: () => newId(),
    return503OnClosing: false,
    // A path that no URL can have (`/%zz`) gets no further than the router.
    frameworkErrors({ message }: Error, request: FastifyRequest, reply: FastifyReply) {
      const error = new SqsError('MalformedInput', message);
      return send(reply, refuse(plainRequest(request), error, request.id));
    },
  });
  const store = new SqliteStore(options.data);
  const { inFlightLimit } = options;
  const waiters = new Waiters(clock, (queueId, now) => store.nextVisibleAt(queueId, inFlightLimit, now));
  store.onAnnounce((queueId, at) => waiters.announce(queueId, at));

  const mover = new Mover({ store, clock, newId }, (error) =>
    app.log.error(error, 'A message move task failed to go on; it will try again.'),
  );
  const env: Env = {
    ...{ store, clock, waiters, mover, inFlightLimit, newId },
    cooldowns: options.cooldowns ? new Cooldowns(clock) : undefined,
    fifoQuotas: options.fifoQuotas ? new FifoQuotas(clock) : undefined,
  };

  let stopping = false;
  addRoutes(app, options, env, () => stopping);
  const report = (error: unknown) => app.log.error(error, 'The janitor failed; it will try again.');
  const endJanitor = startJanitor(store, clock, report);

  const stop = async () => {
    stopping = true;
    waiters.close();
    const cut = setTimeout(() => app.server.closeAllConnections(), STOP_PATIENCE_MS);
    try {
      await app.close();
    } finally {
      clearTimeout(cut);
      await Promise.all([endJanitor(), mover.end()]);
      await store.close();
      app.log.info('Squab has stopped');
    }
  };

  try {
    await mover.resume();
    await listen(app, options);
  } catch (error) {
    await stop();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${reachable(options.host)}:${port}`;
  app.log.info({ url, host: options.host, data: options.data ?? 'memory' }, 'Squab is listening');
  let stopped: Promise<void> | undefined;
  return {
    url,
    port,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function listen(app: FastifyInstance, options: Options): Promise<void> {
  const { port, host, logLevel } = options;
  // Fastify would log a line for each address of the machine.
  app.log.level = 'silent';
  try {
    // For "localhost" it would open a second server, for ::1, and not wait for that one's requests when it closes.
    await app.listen({ port, host: host === 'localhost' ? '127.0.0.1' : host });
  } catch (error) {
    throw explained(error, options);
  }
  app.log.level = logLevel;
}

/** The host in a URL, for a client on this machine: 0.0.0.0 and :: mean all addresses, and are none to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function addRoutes(app: FastifyInstance, options: Options, env: Env, stopping: () => boolean): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const answer = (reply: FastifyReply, response: Response) => {
    if (stopping()) response.headers.connection = 'close';
    return send(reply, response);
  };

  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const response = await dispatch(
      plainRequest(request),
      request.id,
      operations,
      (credential) => callOf(request, reply, credential, options, env),
      observerOf(request),
    );
    return answer(reply, response);
  };
  app.get('/*', { exposeHeadRoute: false }, handler);
  app.post('/*', handler);

  app.setNotFoundHandler((request, reply) =>
    answer(reply, refuse(plainRequest(request), new SqsError('InvalidAction', 'Use POST or GET.'), request.id)),
  );
  // Only what fails before the handler comes here: a body that is too long, or broken off.
  app.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) => {
    const refusal =
      error.statusCode === 413
        ? new SqsError('RequestEntityTooLarge', `The request body is longer than ${BODY_BYTES_MAX} bytes.`)
        : new SqsError('MalformedInput', error.message);
    return answer(reply, refuse(plainRequest(request), refusal, request.id));
  });
}

/** To Fastify, a serializer is also the sign that the text is ready: without one it adds a charset to JSON's type. */
const asItIs = (text: unknown) => text as string;

function send(reply: FastifyReply, { status, headers, body }: Response): FastifyReply {
  return reply.code(status).headers(headers).serializer(asItIs).send(body);
}

/** At the level `debug`, each request leaves a line: its operation and what it was refused for, no contents. */
function observerOf({ log }: FastifyRequest): Observer {
  return {
    answered(action, refusal) {
      log.debug(refusal ? { action, code: refusal.row.queryCode } : { action }, refusal ? 'Refused.' : 'Answered.');
    },
    failed(action, error) {
      log.error({ err: error, action }, 'A request failed.');
    },
  };
}

const NO_BODY = Buffer.alloc(0);

function plainRequest({ method, url, headers, body }: FastifyRequest): Request {
  const mark = url.indexOf('?');
  return {
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers,
    body: Buffer.isBuffer(body) ? body : NO_BODY,
  };
}

function callOf(
  request: FastifyRequest,
  reply: FastifyReply,
  credential: string | undefined,
  options: Options,
  env: Env,
): Call {
  const { headers } = request;
  const { authorization, host } = headers;
  return {
    env,
    caller: callerOf({ authorization, credential, host }, options),
    urls: queueUrls(options.baseUrl?.replace(/\/+$/, '') ?? baseOf(headers, options)),
    pathQueue: request.url.split('?', 1)[0],
    traceHeader: single(headers['x-amzn-trace-id']),
    signal: () => signalOf(reply),
  };
}

/** Where the caller found Squab: the same process can be reached by one name from a host and by another from a container. */
function baseOf(headers: FastifyRequest['headers'], { trustProxy, host, port }: Options): string {
  const forwardedHost = trustProxy ? single(headers['x-forwarded-host']) : undefined;
  const forwardedProto = trustProxy ? single(headers['x-forwarded-proto']) : undefined;
  return `${forwardedProto ?? 'http'}://${forwardedHost ?? headers.host ?? `${host}:${port}`}`;
}

function single(header: string | string[] | undefined): string | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  return value?.split(',')[0]?.trim() || undefined;
}

function signalOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  if (raw.destroyed) controller.abort();
  else raw.once('close', () => raw.writableFinished || controller.abort());
  return controller.signal;
}

function explained(error: unknown, { host, port }: Options): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const unknownHost = `there is no host ${host}. Choose another with --host.`;
  const reason = {
    EADDRINUSE: `port ${port} is taken. Stop what uses it, or choose another port with --port (0 picks a free one).`,
    EACCES: `this user may not use port ${port}. Choose another port with --port.`,
    EADDRNOTAVAIL: `this machine does not have the address ${host}. Choose another with --host.`,
    ENOTFOUND: unknownHost,
    EAI_AGAIN: unknownHost,
  }[code ?? ''];
  const message = `Cannot listen on ${host}:${port}: ${reason ?? `${error.message}. Choose another --host or --port.`}`;
  return Object.assign(new Error(message, { cause: error }), { code });
}
