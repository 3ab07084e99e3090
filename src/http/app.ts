/**
 * The HTTP server, on fastify: decides which requests are accepted, sets limits, and passes requests to SQS's
 * operations.
 */

import { isIPv6, type Socket } from 'node:net';
import { parse } from 'node:querystring';
import { TLSSocket } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { v4 as newId } from 'uuid';
import type { Guard } from '../api/auth/guard.ts';
import { dispatch, type KnownCaller, refuse } from '../api/dispatch.ts';
import { forwarded, traceHeaderOf } from '../api/headers.ts';
import { accessKeyOf, baseFor, callerOf, nameOfCaller, queueUrls } from '../api/names.ts';
import type { Call } from '../api/operation.ts';
import { notServed, otherService } from '../api/other-services.ts';
import type { Request, Response } from '../api/wire.ts';
import { SqsError } from '../errors.ts';
import type { Options } from '../settings/options.ts';
import { readBodies, WatchedRequest } from './bodies.ts';
import { type HttpLimits, serverOptions } from './limits.ts';
import { overridesOf } from './localstack-headers.ts';
import { answerFault, refuseIncomplete } from './not-http.ts';
import { changesSomething, corsHeaders, isLinkToConsole, isPreflight, makeJudge, preflightHeaders } from './origins.ts';
import { serializePipelined } from './pipelining.ts';
import { type Meter, NO_OPERATION, observerOf } from './request-log.ts';
import { acceptTls } from './secure.ts';
import { resetConnection } from './sockets.ts';
import type { Tls } from './tls.ts';

/** How many different refusals of web pages are logged. */
const LOGGED_REFUSALS_MAX = 100;

export interface LogStream {
  write(line: string): void;
}

/** Creates the fastify app, without routes, since its log is needed before there is anything to serve. */
export function makeApp(
  options: Options,
  logStream: LogStream,
  limits: Readonly<HttpLimits>,
  tls: Tls | undefined,
): FastifyInstance {
  const app = fastify({
    logger: { level: options.logLevel, stream: logStream },
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request would cost more than routing it. Log calls add the request's ID instead.
    childLoggerFactory: (logger) => logger,
    http: { ...serverOptions(limits), IncomingMessage: WatchedRequest },
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionTimeout: limits.silenceMs,
    genReqId: () => newId(),
    // A route of the control interface takes a queue URL, in percent-encoding. The operations of AWS parse queries anew.
    routerOptions: { maxParamLength: 2000, querystringParser: (query) => parse(query, '&', '=', { maxKeys: 100 }) },
    rewriteUrl: ({ url = '/' }) => (url.startsWith('/') ? url : pathOf(url)),
    return503OnClosing: false,
    // Fastify would load a compiler of JSON schemas, although no route has one.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    clientErrorHandler(fault, socket) {
      answerFault(fault, socket, limits, newId());
    },
    // The router rejects a path that is not valid in a URL, such as `/%zz`, before any hook or handler runs.
    frameworkErrors({ message }: Error, request: FastifyRequest, reply: FastifyReply) {
      const error = new SqsError('MalformedInput', message);
      observerOf(request).answered('', error);
      return send(reply, refuse(plainRequest(request), error, request.id));
    },
  });
  refuseIncomplete(app);
  readBodies(app);
  serializePipelined(app.server, limits);
  app.server.maxConnections = limits.connections;
  // By default, Node.js drops all headers after the 2,000th, which could include those that identify a browser.
  app.server.maxHeadersCount = 0;
  if (tls) app.addHook('preClose', acceptTls(app.server, tls, limits));
  return app;
}

/** Called by fastify for a route with a schema, of which there is none. */
const noSchemas = () => () => {
  throw new Error('Routes have no schemas.');
};

/** Returns the path and query of a URL: a client that uses Squab as its proxy sends a whole URL instead of a path. */
function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '').replace(/^(\?|$)/, '/$1');
}

export interface Routes {
  options: Options;
  env: Call['env'];
  functions: Call['functions'];
  /** Undefined if requests are not authenticated. */
  guard: Guard | undefined;
  /** Undefined if requests are not measured. */
  meter: Meter | undefined;
  /** While it returns true, responses ask clients to close their connections. */
  stopping(): boolean;
  /** Called after each request for an operation. */
  onUse(operation: string): void;
  /** Returns the milliseconds since a fixed instant. Called only if requests are logged. */
  elapsed(): number;
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Adds the routes that dispatch requests to SQS's operations. Returns the handler that does so. */
export function addRoutes(app: FastifyInstance, routes: Routes): Handler {
  const { options, env, functions, guard, meter, stopping, onUse, elapsed } = routes;
  refuseForeignPages(app, options);
  refuseDeliveries(app);

  const respond = (reply: FastifyReply, response: Response) => {
    if (stopping()) response.headers.connection = 'close';
    return send(reply, response);
  };

  const handler: Handler = async (request, reply) => {
    const measured = meter?.();
    const answered: ReturnType<Meter> = (operation, code) => {
      if (operation !== NO_OPERATION) onUse(operation);
      measured?.(operation, code);
    };
    const response = await dispatch(
      plainRequest(request),
      request.id,
      (known) => callOf(request, reply, known, options, { env, functions }),
      observerOf(request, answered, elapsed),
      guard,
    );
    return respond(reply, response);
  };
  app.get('/*', { exposeHeadRoute: false }, handler);
  app.post('/*', handler);
  for (const url of ['/2015-03-31/*', '/2017-03-31/*']) app.route({ method: ['PUT', 'DELETE'], url, handler });

  app.setNotFoundHandler((request, reply) => {
    const plain = plainRequest(request);
    const service = otherService(plain, undefined);
    const refusal = service ? notServed(service, plain) : new SqsError('InvalidAction', 'Use POST or GET.');
    observerOf(request).answered('', refusal);
    return respond(reply, refuse(plain, refusal, request.id));
  });
  // Handles only errors that occur before the handler runs: a body that is too long or incomplete.
  app.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) => {
    const refusal =
      error.statusCode === 413
        ? new SqsError('RequestEntityTooLarge', `The request body is longer than ${app.initialConfig.bodyLimit} bytes.`)
        : new SqsError('MalformedInput', error.message);
    observerOf(request).answered('', refusal);
    return respond(reply, refuse(plainRequest(request), refusal, request.id));
  });
  return handler;
}

/** Refuses web pages that are not allowed, before the request's body is read, and lets the others read responses. */
function refuseForeignPages(app: FastifyInstance, options: Options): void {
  const { allowedOrigins: origins, allowedHosts, baseUrl, host } = options;
  // A base URL with placeholders names no single host.
  const ownBase = baseUrl === undefined || baseUrl.includes('{') ? [] : [new URL(baseUrl).hostname];
  const ownNames = [host, ...ownBase].map((name) => name.toLowerCase());
  const judge = makeJudge({ origins, hosts: [...allowedHosts, ...ownNames] });
  const hasConsole = options.control && options.console;
  const logged = new Set<string>();
  const logOnce = (refusal: string) => {
    // Each refusal is logged once, up to a limit, since a page can send any number of requests.
    if (logged.size < LOGGED_REFUSALS_MAX && logged.size < logged.add(refusal).size) app.log.warn(refusal);
  };
  app.addHook('onRequest', (request, reply, done) => {
    const isLink = hasConsole && isLinkToConsole(request.method, request.url, request.headers);
    const changes = () => changesSomething(plainRequest(request), options);
    const verdict = judge(request.headers, { isLink, changes });
    if (verdict === undefined) return done();
    if ('refusal' in verdict) {
      logOnce(verdict.refusal);
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

/** Every request of SNS to a subscriber has this header, and no client's request has it. */
const DELIVERY = 'x-amz-sns-message-type';

/**
 * Refuses deliveries of topics. Squab is no subscriber of its own: it would publish in a circle without end, and whoever
 * may subscribe could use it to reach what only clients on this machine may use.
 */
function refuseDeliveries(app: FastifyInstance): void {
  const refusal = 'Deliveries of topics must not lead to Squab itself: subscribe a queue, or another endpoint.';
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers[DELIVERY] === undefined) return done();
    send(reply, refuse(plainRequest(request), new SqsError('AccessDenied', refusal), request.id));
  });
}

/** To Fastify, a serializer also means that the body is complete: without one, it adds a charset to JSON's type. */
const asItIs = (text: unknown) => text as string;

/** Sends a response, or resets the connection if the response asks for that. */
export function send(reply: FastifyReply, { status, headers, body, dropped }: Response): FastifyReply {
  if (dropped) return reset(reply);
  return reply.code(status).headers(headers).serializer(asItIs).send(body);
}

function reset(reply: FastifyReply): FastifyReply {
  reply.hijack();
  if (reply.raw.socket) resetConnection(reply.raw.socket);
  return reply;
}

const NO_BODY = Buffer.alloc(0);

/** Returns the parts of a request that the wires, authentication and policies read. */
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
  { identity, credential }: KnownCaller,
  options: Options,
  rules: Pick<Call, 'env' | 'functions'>,
): Call {
  const { headers } = request;
  const { authorization, host } = headers;
  const accessKey = () => (identity ? identity.accessKeyId : accessKeyOf(authorization, credential));
  let known: string | undefined;
  const base = () => {
    known ??= configuredBase(request, options) ?? baseOf(request, options);
    return known;
  };
  return {
    ...rules,
    identity,
    caller: identity?.caller ?? callerOf({ authorization, credential, host }, options),
    urls: (queue) => queueUrls(base())(queue),
    base: (place) => baseFor(base(), place),
    pathQueue: request.url.split('?', 1)[0],
    overrides: overridesOf(headers, options.auth !== 'none'),
    traceHeader: traceHeaderOf(headers),
    receiver: () => nameOfCaller(accessKey(), headers['user-agent'], request.socket.remoteAddress),
    signal: () => signalOf(reply),
  };
}

/** Returns the base URL that the options set, with the host and port of the request in place of `{host}` and `{port}`. */
function configuredBase(request: FastifyRequest, options: Options): string | undefined {
  const base = options.baseUrl?.replace(/\/+$/, '');
  if (base === undefined || !/\{(host|port)\}/.test(base)) return base;
  const { protocol, hostname, port } = URL.parse(baseOf(request, options)) ?? new URL('http://localhost:9324');
  return base.replaceAll('{host}', hostname).replaceAll('{port}', port || (protocol === 'https:' ? '443' : '80'));
}

/** Returns the URL by which the caller reached Squab: a container may know it by a different name than the host does. */
function baseOf({ headers, raw }: FastifyRequest, { trustProxy }: Options): string {
  const scheme =
    forwarded(headers, 'x-forwarded-proto', trustProxy) ?? (raw.socket instanceof TLSSocket ? 'https' : 'http');
  const authority = forwarded(headers, 'x-forwarded-host', trustProxy) ?? headers.host;
  const base = `${scheme}://${authority || addressOf(raw.socket)}`;
  if (base.length <= BASE_CHARACTERS_MAX) return base;
  throw new SqsError(
    'MalformedInput',
    `The host is longer than ${BASE_CHARACTERS_MAX} characters, with http:// before it.`,
  );
}

/** Longer than any host name. A response can repeat the host a thousand times, in the URLs of queues. */
const BASE_CHARACTERS_MAX = 300;

/** Returns the address that the client connected to, for a request whose `Host` is missing or empty. */
function addressOf({ localAddress = '127.0.0.1', localPort = 9324 }: Socket): string {
  const address = localAddress.replace(/^::ffff:/, '');
  return `${isIPv6(address) ? `[${address}]` : address}:${localPort}`;
}

function signalOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  if (raw.destroyed) controller.abort();
  else raw.once('close', () => raw.writableFinished || controller.abort());
  return controller.signal;
}
