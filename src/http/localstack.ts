/**
 * LocalStack's endpoints besides SQS itself, for programs written for LocalStack: health, version, and a queue's
 * messages. Source: LocalStack, localstack/services/internal.py and localstack/services/sqs/developer_api.py.
 */

import { existsSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { developerRefusal, developerWire, showMessages } from '../api/developer.ts';
import { reportError } from '../api/dispatch.ts';
import { callerOf } from '../api/names.ts';
import { services } from '../api/services.ts';
import { SqsError } from '../errors.ts';
import type { Env } from '../queues/env.ts';
import type { Options } from '../settings/options.ts';
import type { Inspection } from '../storage/inspection.ts';
import type { Observation } from '../storage/observation.ts';
import type { QueueKey } from '../storage/store.ts';
import type { Clock } from '../time/clock.ts';
import { Turnstile } from '../time/turnstile.ts';
import { version } from '../version.ts';
import { plainRequest, send } from './app.ts';
import { isLocal } from './control.ts';
import { troubleOf } from './probes.ts';
import { observerOf } from './request-log.ts';

/** LocalStack's free edition: clients read this to find out which features exist. */
const EDITION = 'community';

interface StatusSources {
  observation: Observation;
  /** Whether a client has called an operation of the service with this name yet. */
  isUsed(service: string): boolean;
  /** The machine's clock; that of messages may be paused. */
  clock: Clock;
  newId(): string;
}

/** The stages of LocalStack's start, of which its users wait for `ready`. Squab runs no scripts in any of them. */
const STAGES: Readonly<Record<string, boolean>> = { BOOT: true, START: true, READY: true, SHUTDOWN: false };

/** Adds `/_localstack/health`, `/_localstack/info` and `/_localstack/init`. */
export function addLocalStack(app: FastifyInstance, { observation, isUsed, clock, newId }: StatusSources): void {
  const startedAt = clock.now();
  const ids = { session_id: newId(), machine_id: 'squab' };

  app.get('/_localstack/health', async (_request, reply) => {
    const works = (await troubleOf(observation)) === undefined;
    const statusOf = (service: string) => (works ? (isUsed(service) ? 'running' : 'available') : 'error');
    const statuses = Object.fromEntries(services.map(({ name }) => [name, statusOf(name)]));
    return sendSpaced(reply, { services: statuses, edition: EDITION, version });
  });

  app.get('/_localstack/info', async (_request, reply) => {
    const now = clock.now();
    return sendSpaced(reply, {
      version,
      edition: EDITION,
      is_license_activated: false,
      ...ids,
      system: process.platform,
      is_docker: existsSync('/.dockerenv'),
      server_time_utc: new Date(now).toISOString().slice(0, 19),
      uptime: Math.floor((now - startedAt) / 1000),
    });
  });

  app.get('/_localstack/init', (_request, reply) => sendSpaced(reply, { completed: STAGES, scripts: [] }));
  app.get('/_localstack/init/:stage', (request, reply) => {
    const { stage } = request.params as { stage: string };
    const completed = Object.entries(STAGES).find(([name]) => name === stage.toUpperCase())?.[1];
    if (completed === undefined) return reply.code(404).type('text/plain').send(`no such stage ${stage}`);
    return sendSpaced(reply, { completed, scripts: [] });
  });
}

/**
 * Responds with JSON that must not be cached, with spaces as Python prints it: scripts wait for LocalStack by searching
 * for texts such as `"sqs": "running"`.
 */
function sendSpaced(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json').header('cache-control', 'no-store').send(spaced(value));
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`);
  return `{${members.join(', ')}}`;
}

const MESSAGES = '/_aws/sqs/messages';

interface MessageSources {
  options: Options;
  env: Env;
  inspection: Inspection;
  /** Accept only clients on this machine: set if Squab authenticates callers, since requests here are not signed. */
  onlyLocal: boolean;
}

/** Adds the developer endpoint, which shows the messages of a queue without receiving them. */
export function addDeveloper(app: FastifyInstance, { options, env, inspection, onlyLocal }: MessageSources): void {
  // One after another, so that many at once do not fill the memory.
  const line = new Turnstile();
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { authorization, host } = request.headers;
    const plain = plainRequest(request);
    const wire = developerWire(plain);
    const caller = (credential: string | undefined) => callerOf({ authorization, credential, host }, options);
    try {
      if (onlyLocal && !isLocal(request)) {
        throw new SqsError(
          'AccessDenied',
          'With --auth, only clients on this machine may use this endpoint, since its requests are not signed.',
        );
      }
      const context = { env, inspection, callerOf: caller };
      // The task must not return the reply: to await it would mean to wait until the client has read the response.
      await line.run(async () => {
        // Clients that have gone must not keep others waiting.
        if (reply.raw.destroyed) return;
        send(reply, await showMessages(plain, wire, pathOf(request), request.id, context));
      });
      return reply;
    } catch (error) {
      return send(reply, developerRefusal(wire, reportError(error, wire.action, observerOf(request)), request.id));
    }
  };
  for (const url of [MESSAGES, `${MESSAGES}/:region/:account/:name`]) {
    app.get(url, { exposeHeadRoute: false }, handler);
    app.post(url, handler);
  }
}

/** Returns the queue that the path names; undefined if the request's parameters name it instead. */
function pathOf({ params }: FastifyRequest): QueueKey | undefined {
  const path = params as Partial<QueueKey>;
  return path.name === undefined ? undefined : (path as QueueKey);
}
