/** Responds to clients whose input does not become a request, because it is not HTTP, too long or too slow. */

import type { Socket } from 'node:net';
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
