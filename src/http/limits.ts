/**
 * Limits on the size and duration of requests and connections: Node.js's own, set deliberately. They must not interfere
 * with SDKs, which poll for 20 seconds without a byte, reuse connections after minutes, and send presigned URLs.
 */

import type { ServerOptions } from 'node:http';
import { heapBytes } from '../storage/catalogue-bound.ts';

export interface HttpLimits {
  /** Bytes of a request's first line and headers. */
  headerBytes: number;
  /** Bytes of a request's body. */
  bodyBytes: number;
  /** Concurrent connections; any further one is closed immediately. */
  connections: number;
  /** Requests that wait on a connection while another one is processed; with any further one, it is reset. */
  pipelined: number;
  /** Such requests on all connections together; a connection with any further one is reset. */
  pipelinedInAll: number;
  /** Characters above which a response is sent in portions. The system buffers a shorter one if its client is slow. */
  longResponse: number;
  /** Total bytes in memory of all long responses that clients have not read completely. */
  unread: number;
  /** Milliseconds without reading after which a client loses its connection if other responses need the memory. */
  unreadMs: number;
  /** Milliseconds that a client may take to send a request's headers. */
  headersMs: number;
  /** Milliseconds that a client may take to send a whole request, not counting the wait for the response. */
  requestMs: number;
  /** Milliseconds that an idle connection is kept open for the client's next request. */
  idleMs: number;
  /** Milliseconds without a byte in either direction, during a request, after which a connection counts as dead. */
  silenceMs: number;
  /** Milliseconds between Node.js's checks for requests that take too long. */
  checkMs: number;
}

export const httpLimits: Readonly<HttpLimits> = {
  // Node.js's default is 16 KiB, which a GET with a message in its query string easily exceeds.
  headerBytes: 64 * 1024,
  // A batch of 1 MiB can be this long if every character is escaped, in JSON (`\uXXXX`) or in a form (`%XX`).
  bodyBytes: 8 * 1024 * 1024,
  connections: 10_000,
  // SDKs send no request before they have the previous response. A waiting request takes two to three KiB.
  pipelined: 100,
  // These take a tenth of a second to parse.
  pipelinedInAll: 5000,
  longResponse: 256 * 1024,
  // Thirteen of the longest responses, or fewer if these would fill a small heap.
  unread: Math.min(256 * 1024 * 1024, heapBytes() / 16),
  unreadMs: 1000,
  headersMs: 30_000,
  requestMs: 120_000,
  // Longer than clients' connection pools keep a connection (Go 90 seconds, Java and .NET 60), so that the client
  // closes it first: when the server does, a request may already be on its way.
  idleMs: 120_000,
  // Six times the longest poll. Ends connections whose client has vanished or does not read its responses.
  silenceMs: 120_000,
  checkMs: 30_000,
};

/** Returns the limits as options of Node.js's HTTP server. */
export function serverOptions(limits: Readonly<HttpLimits>): ServerOptions {
  return {
    maxHeaderSize: limits.headerBytes,
    // not-http.ts does.
    requireHostHeader: false,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
  };
}
