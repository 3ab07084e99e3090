/**
 * Responds to clients whose input does not become a request, because it is not HTTP, too long or too slow, or lacks what
 * HTTP/1.1 requires.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { v4 as newId } from 'uuid';
import { refuse } from '../api/dispatch.ts';
import { SqsError } from '../errors.ts';
import type { HttpLimits } from './limits.ts';

type Fault = Error & { code?: string };

// An import would make Node.js load its WebSocket client, which node:http exports too: a tenth of the time of a start.
const { STATUS_CODES } = process.getBuiltinModule('node:http');

const NO_REQUEST = { method: 'POST', path: '/', query: '', headers: {}, body: Buffer.alloc(0) };

/**
 * Responds in SQS's XML, since the wire is unknown, and ends Squab's side of the connection. The client can still read
 * the response: the connection closes when the client closes it or sends more bytes, or at the limit on silence.
 */
export function answerFault(fault: Fault, socket: Socket, limits: Readonly<HttpLimits>, requestId: string): void {
  if (fault.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = refuse(NO_REQUEST, refusalOf(fault, limits), requestId);
  const lines = Object.entries({
    ...headers,
    'content-length': `${Buffer.byteLength(body)}`,
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}

/**
 * Refuses requests without a `Host`, and those that expect something other than `100-continue`: Node.js would answer them
 * without a word. The app must not have Node.js require the header.
 */
export function refuseIncomplete(app: FastifyInstance): void {
  const expectsTooMuch = new WeakSet<IncomingMessage>();
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const { httpVersion, headers } = raw;
    if (expectsTooMuch.has(raw)) {
      const given = JSON.stringify(headers.expect);
      return refuseRequest(raw, reply, 417, `The header Expect can only be "100-continue", not ${given}.`);
    }
    // An empty header is valid: the client has no name for the server.
    if (httpVersion !== '1.1' || headers.host !== undefined) return done();
    refuseRequest(raw, reply, 400, 'An HTTP/1.1 request must have the header Host.');
  });
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    expectsTooMuch.add(request);
    // It waits for its turn, and counts, like any other request on its connection.
    app.server.emit('request', request, response);
  });
}

function refuseRequest({ headers }: IncomingMessage, reply: FastifyReply, status: number, text: string): void {
  const answer = refuse({ ...NO_REQUEST, headers }, new SqsError('MalformedInput', text), newId());
  reply.hijack();
  reply.raw.writeHead(status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  reply.raw.end(answer.body);
}

function refusalOf({ code, message }: Fault, { headerBytes }: Readonly<HttpLimits>): SqsError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const advice = 'Send a POST with the parameters in the body.';
    const text = `The request line and headers are longer than ${headerBytes} bytes. ${advice}`;
    return new SqsError('RequestEntityTooLarge', text);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new SqsError('RequestTimeout', 'The request took too long to arrive.');
  }
  return new SqsError('MalformedInput', `The request is not valid HTTP/1.1: ${message}`);
}
