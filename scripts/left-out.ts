/** The packages that dist/ and the executable leave out, although fastify or pg import them. */

import type { Plugin } from 'rolldown';

/**
 * Fastify uses these for routes with schemas, for tests, and for HTTP/2, none of which Squab has. They were two fifths
 * of the largest file in dist/, which each start reads. The package pg uses the others for a binding to C, for Cloudflare's
 * sockets, and for passwords in ~/.pgpass, which Squab reads itself (storage/postgres/opening/password-file.ts).
 */
export const leftOut = [
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'light-my-request',
  'node:http2',
  ...['pg-native', 'pg-cloudflare', 'pgpass'],
];

/** Replaces the packages with an empty module. A build with fastify fails if it does not import all of them. */
export function leaveOut(): Plugin {
  const empty = '\0left-out';
  const waiting = new Set(leftOut);
  return {
    name: 'leave-out',
    resolveId(id) {
      if (!leftOut.includes(id)) return null;
      waiting.delete(id);
      return empty;
    },
    load: (id) => (id === empty ? 'export default undefined;' : null),
    buildEnd() {
      const hasFastify = waiting.size < leftOut.length;
      if (hasFastify && waiting.size > 0) throw new Error(`Nothing imports ${[...waiting]} any more. See left-out.ts.`);
    },
  };
}
