/**
 * Serves the console, the page that a browser shows at `/`. The page is static: it calls SQS and the control interface
 * like any other client. Its files are read when a browser first asks for it, and then kept in memory.
 */

import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CONTROL_PATH } from '../control/routes.ts';
import type { Handler } from './app.ts';
import { readConsole } from './console-files.ts';
import { isLocal } from './control.ts';

/** What the page needs to know of this Squab; in the page as JSON. */
export interface ConsoleSettings {
  version: string;
  /** The default account and region. */
  account: string;
  region: string;
  /** Whether the page hides everything that changes something. */
  readOnly: boolean;
  /** Whether requests to SQS must be signed. */
  signed: boolean;
  /** The number of messages whose histories are kept. */
  journal: number;
}

interface Access {
  /** Accept only clients on this machine, as the control interface does. */
  onlyLocal: boolean;
  /** Handles requests to `/` that are not for the page. */
  otherwise: Handler;
}

const PAGE = 'index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Nothing in the page can run or load code except its own files, whatever a message contains. The referrer stays on: it
 * proves to origins.ts that a request comes from this page if the browser sends nothing else that does.
 */
const SAFETY = {
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
};

interface File {
  content: Buffer;
  etag: string;
  type: string;
}

/** Adds the page at `/`, for navigations of browsers only, and its files below `/_squab/console`. */
export function addConsole(app: FastifyInstance, settings: ConsoleSettings, { onlyLocal, otherwise }: Access): void {
  let reading: Promise<Map<string, File>> | undefined;
  const filesOf = async () => {
    try {
      reading ??= load(settings);
      return await reading;
    } catch {
      reading = undefined;
      return undefined;
    }
  };
  const answer = async (name: string, request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(SAFETY);
    if (onlyLocal && !isLocal(request)) return reply.code(403).type('text/plain').send(ONLY_THIS_MACHINE);
    const files = await filesOf();
    const file = files?.get(name);
    if (!file)
      return reply
        .code(404)
        .type('text/plain')
        .send(files ? 'There is no such file.\n' : NOT_BUILT);
    const cached = name === PAGE ? 'no-cache' : 'public, max-age=31536000, immutable';
    reply.headers({ etag: file.etag, 'cache-control': cached });
    if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
    return reply.type(file.type).send(file.content);
  };
  app.get('/', { exposeHeadRoute: false }, (request, reply) =>
    isNavigation(request) ? answer(PAGE, request, reply) : otherwise(request, reply),
  );
  app.get(`${CONTROL_PATH}/console/:file`, { exposeHeadRoute: false }, (request, reply) =>
    answer((request.params as { file: string }).file, request, reply),
  );
}

const ONLY_THIS_MACHINE = 'With --auth, only browsers on this machine may open the console.\n';
const NOT_BUILT = 'The console has not been built. Run: npm run build\n';

/** Returns whether a browser asks for a page: SDKs, curl and health checks accept any type, and SQS needs an action. */
function isNavigation({ headers, query }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') === true && !Object.hasOwn(query as object, 'Action');
}

async function load(settings: ConsoleSettings): Promise<Map<string, File>> {
  const found = await readConsole();
  const page = found.get(PAGE);
  if (page)
    found.set(PAGE, Buffer.from(page.toString().replace('{settings}', () => escaped(JSON.stringify(settings)))));
  return new Map(
    [...found].map(([name, content]) => {
      const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
      return [name, { content, etag, type: TYPES[extname(name)] ?? 'application/octet-stream' }];
    }),
  );
}

/** Escapes a text for an attribute in double quotes. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
