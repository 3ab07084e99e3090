/**
 * What a connection and a request may cost, and what becomes of a client that goes beyond: Node.js's own limits, set on
 * purpose. None of them may cut what SDKs do: polls of 20 seconds without a byte, connections that are used again after
 * minutes, presigned URLs.
 */

import type { ServerOptions } from 'node:http';

export interface HttpLimits {
  /** Bytes of a request's line and headers. */
  headerBytes: number;
  /** Bytes of a request's body. */
  bodyBytes: number;
  /** Connections at a time; one more is closed at once. */
  connections: number;
  /** Milliseconds that a client may take to send a request's headers. */
  headersMs: number;
  /** Milliseconds that a client may take to send a whole request. The time until it has its answer does not count. */
  requestMs: number;
  /** Milliseconds that an idle connection is kept for the client's next request. */
  idleMs: number;
  /** Milliseconds without a byte in either direction, during a request, after which a connection counts as dead. */
  silenceMs: number;
  /** Every so many milliseconds Node.js looks for requests that take too long. */
  checkMs: number;
}

export const httpLimits: Readonly<HttpLimits> = {
  // Node.js has 16 KiB, which a GET with a message in its query string soon reaches.
  headerBytes: 64 * 1024,
  // A batch of 1 MiB, with every character escaped as JSON (`\uXXXX`) or as a form (`%XX`) can need it.
  bodyBytes: 8 * 1024 * 1024,
  connections: 10_000,
  headersMs: 30_000,
  requestMs: 120_000,
  // Longer than the pools of clients keep one (Go 90 seconds, Java and .NET 60), so that the client is first to close it:
  // a server that closes it first can do so just when a request is on its way.
  idleMs: 120_000,
  // Six of the longest polls. It ends connections whose client is gone without a word, or does not read its answers.
  silenceMs: 120_000,
  checkMs: 30_000,
};

/** The limits as Node.js's HTTP server takes them. */
export function serverOptions(limits: Readonly<HttpLimits>): ServerOptions {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
  };
}
