/** HTTP, with fastify: which requests come in and what they may cost, and what becomes of those that are none of SQS's. */

import { TLSSocket } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { v4 as newId } from 'uuid';
import type { Guard } from '../api/auth/guard.ts';
import { dispatch, type Known, type Observer, refuse } from '../api/dispatch.ts';
import { callerOf, nameOfCaller, queueUrls } from '../api/names.ts';
import type { Call } from '../api/operation.ts';
import { operations } from '../api/operations/index.ts';
import type { Request, Response } from '../api/wire.ts';
import { SqsError } from '../errors.ts';
import type { Env } from '../queues/env.ts';
import type { Options } from '../settings/options.ts';
import { type HttpLimits, serverOptions } from './limits.ts';
import { answerFault } from './not-http.ts';
import { corsHeaders, isPreflight, makeJudge, preflightHeaders } from './origins.ts';
import type { Tls } from './tls.ts';

/** Of how many different refusals of web pages the log tells. */
const REFUSALS_TOLD = 100;

export interface LogStream {
  write(line: string): void;
}

/** A fastify that has no routes yet: its log is there before what it serves. */
export function makeApp(
  options: Options,
  logStream: LogStream,
  limits: Readonly<HttpLimits>,
  tls: Tls | undefined,
): FastifyInstance {
  const app = fastify({
    // Fastify's types tell apart servers with and without TLS; nothing here depends on which it is.
    ...(tls && ({ https: { ...tls, ...serverOptions(limits) } } as object)),
    logger: { level: options.logLevel, stream: logStream },
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request would cost a request more than its routing does. Who logs names the request.
    childLoggerFactory: (logger) => logger,
    http: serverOptions(limits),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionTimeout: limits.silenceMs,
    genReqId: () => newId(),
    rewriteUrl: ({ url = '/' }) => (url.startsWith('/') ? url : pathOf(url)),
    return503OnClosing: false,
    clientErrorHandler(fault, socket) {
      answerFault(fault, socket, limits, newId());
    },
    // A path that no URL can have (`/%zz`) gets no further than the router.
    frameworkErrors({ message }: Error, request: FastifyRequest, reply: FastifyReply) {
      const error = new SqsError('MalformedInput', message);
      return send(reply, refuse(plainRequest(request), error, request.id));
    },
  });
  app.server.maxConnections = limits.connections;
  // Node.js leaves out what comes after the 2,000th header, which might be the one that tells a browser.
  app.server.maxHeadersCount = 0;
  return app;
}

/** What a client sends that takes Squab for its proxy has the whole URL in the place of the path. */
function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '').replace(/^(\?|$)/, '/$1');
}

/** Is called when a request begins; what it returns, when it is answered, with SQS's code where it was refused. */
export type Meter = () => (operation: string, code?: string) => void;

export interface Routes {
  options: Options;
  env: Env;
  /** Absent: nobody is asked who he is. */
  guard: Guard | undefined;
  /** Absent: requests are not measured. */
  meter: Meter | undefined;
  /** While true, answers ask clients to end their connections. */
  stopping(): boolean;
}

/** Sends every request to the operations. */
export function addRoutes(app: FastifyInstance, { options, env, guard, meter, stopping }: Routes): void {
  oneAtATime(app);
  keepPagesAway(app, options);
  app.removeAllContentTypeParsers();
  // By name, what clients say; fastify would read any other type anew for each request.
  for (const type of ['application/x-amz-json-1.0', 'application/x-www-form-urlencoded', '*']) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  }

  const answer = (reply: FastifyReply, response: Response) => {
    if (stopping()) response.headers.connection = 'close';
    return send(reply, response);
  };

  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const response = await dispatch(
      plainRequest(request),
      request.id,
      operations,
      (known) => callOf(request, reply, known, options, env),
      observerOf(request, meter?.()),
      guard,
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
        ? new SqsError('RequestEntityTooLarge', `The request body is longer than ${app.initialConfig.bodyLimit} bytes.`)
        : new SqsError('MalformedInput', error.message);
    return answer(reply, refuse(plainRequest(request), refusal, request.id));
  });
}

/**
 * Requests that a client sends without waiting for answers (pipelining) are carried out one after the other. Some hundred
 * fit into a packet; together, their answers could take gigabytes when the client does not read them.
 */
function oneAtATime(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw: { socket } }, { raw: response }, done) => {
    // Node.js hands the socket to a response when its turn has come.
    if (response.socket === null && !socket.destroyed) response.once('socket', () => done());
    else done();
  });
}

/** Keeps web pages away that are not allowed, before their request's body is read, and lets the others read answers. */
function keepPagesAway(app: FastifyInstance, options: Options): void {
  const { allowedOrigins: origins, allowedHosts, baseUrl, host } = options;
  const ownNames = [host, ...(baseUrl ? [new URL(baseUrl).hostname] : [])].map((name) => name.toLowerCase());
  const judge = makeJudge({ origins, hosts: [...allowedHosts, ...ownNames] });
  const told = new Set<string>();
  const tell = (refusal: string) => {
    // Each once, and not without end: a page can ask as often as it likes.
    if (told.size < REFUSALS_TOLD && told.size < told.add(refusal).size) app.log.warn(refusal);
  };
  app.addHook('onRequest', (request, reply, done) => {
    const verdict = judge(request.headers);
    if (verdict === undefined) return done();
    if ('refusal' in verdict) {
      tell(verdict.refusal);
      send(reply, refuse(plainRequest(request), new SqsError('AccessDenied', verdict.refusal), request.id));
      return;
    }
    if (isPreflight(request.method, request.headers)) {
      reply.code(204).headers(preflightHeaders(verdict.origin, request.headers)).send();
      return;
    }
    reply.headers(corsHeaders(verdict.origin));
    done();
  });
}

/** To Fastify, a serializer is also the sign that the text is ready: without one it adds a charset to JSON's type. */
const asItIs = (text: unknown) => text as string;

export function send(reply: FastifyReply, { status, headers, body, dropped }: Response): FastifyReply {
  if (dropped) return reset(reply);
  return reply.code(status).headers(headers).serializer(asItIs).send(body);
}

/** The client sees that the connection was reset; over TLS, that it was closed without an answer. */
function reset(reply: FastifyReply): FastifyReply {
  reply.hijack();
  const { socket } = reply.raw;
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
  return reply;
}

/** At the level `debug`, each request leaves a line: its operation and what it was refused for, no contents. */
export function observerOf({ log, id: reqId }: FastifyRequest, answered?: ReturnType<Meter>): Observer {
  // A name that is none of SQS's is whatever a client made up, and would be kept for ever.
  const operation = (action: string) => (operations.has(action) ? action : 'none');
  return {
    answered(action, refusal) {
      answered?.(operation(action), refusal?.row.queryCode);
      if (refusal) log.debug({ reqId, action, code: refusal.row.queryCode }, 'Refused.');
      else log.debug({ reqId, action }, 'Answered.');
    },
    dropped(action) {
      log.debug({ reqId, action }, 'Dropped.');
    },
    failed(action, error) {
      answered?.(operation(action), 'InternalFailure');
      log.error({ reqId, err: error, action }, 'A request failed.');
    },
    wrongSignature(action, { canonicalRequest, stringToSign }) {
      log.warn(
        { reqId, action, canonicalRequest, stringToSign },
        'A signature is wrong. This is what was to be signed; messages, tokens and unknown headers are left out.',
      );
    },
  };
}

const NO_BODY = Buffer.alloc(0);

export function plainRequest({ method, url, headers, body, raw }: FastifyRequest): Request {
  const mark = url.indexOf('?');
  return {
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers,
    body: Buffer.isBuffer(body) ? body : NO_BODY,
    raw,
  };
}

function callOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { identity, credential }: Known,
  options: Options,
  env: Env,
): Call {
  const { headers } = request;
  const { authorization, host } = headers;
  return {
    env,
    caller: identity?.caller ?? callerOf({ authorization, credential, host }, options),
    urls: queueUrls(options.baseUrl?.replace(/\/+$/, '') ?? baseOf(headers, options)),
    pathQueue: request.url.split('?', 1)[0],
    traceHeader: single(headers['x-amzn-trace-id']),
    receiver: () => nameOfCaller(authorization, credential, headers['user-agent'], request.socket.remoteAddress),
    signal: () => signalOf(reply),
  };
}

/** Where the caller found Squab: the same process can be reached by one name from a host and by another from a container. */
function baseOf(headers: FastifyRequest['headers'], { trustProxy, host, port, tlsCert }: Options): string {
  const forwardedHost = trustProxy ? single(headers['x-forwarded-host']) : undefined;
  const forwardedProto = trustProxy ? single(headers['x-forwarded-proto']) : undefined;
  const scheme = forwardedProto ?? (tlsCert === undefined ? 'http' : 'https');
  return `${scheme}://${forwardedHost ?? headers.host ?? `${host}:${[port].flat()[0]}`}`;
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
