/**
 * LocalStack's endpoints besides SQS itself, for programs written for LocalStack: health, version, and a queue's
 * messages. Source: LocalStack, localstack/services/internal.py and localstack/services/sqs/developer_api.py.
 */

import { existsSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { developerWire, showMessages } from '../api/developer.ts';
import { reportError } from '../api/dispatch.ts';
import { callerOf } from '../api/names.ts';
import { SqsError } from '../errors.ts';
import type { Env } from '../queues/env.ts';
import type { Options } from '../settings/options.ts';
import type { Inspection } from '../storage/inspection.ts';
import type { Observation } from '../storage/observation.ts';
import type { QueueKey } from '../storage/store.ts';
import type { Clock } from '../time/clock.ts';
import { version } from '../version.ts';
import { observerOf, plainRequest, send } from './app.ts';
import { isLocal } from './control.ts';
import { sendJson, troubleOf } from './probes.ts';

/** LocalStack's free edition: clients read this to find out which features exist. */
const EDITION = 'community';

interface StatusSources {
  observation: Observation;
  /** The machine's clock; that of messages may be paused. */
  clock: Clock;
  newId(): string;
}

/** Adds `/_localstack/health` and `/_localstack/info`. */
export function addLocalStack(app: FastifyInstance, { observation, clock, newId }: StatusSources): void {
  const startedAt = clock.now();
  const ids = { session_id: newId(), machine_id: 'squab' };

  app.get('/_localstack/health', async (_request, reply) => {
    const sqs = (await troubleOf(observation)) === undefined ? 'running' : 'error';
    return sendJson(reply, { services: { sqs }, edition: EDITION, version: await version() });
  });

  app.get('/_localstack/info', async (_request, reply) => {
    const now = clock.now();
    return sendJson(reply, {
      version: await version(),
      edition: EDITION,
      is_license_activated: false,
      ...ids,
      system: process.platform,
      is_docker: existsSync('/.dockerenv'),
      server_time_utc: new Date(now).toISOString().slice(0, 19),
      uptime: Math.floor((now - startedAt) / 1000),
    });
  });
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
      return send(reply, await showMessages(plain, wire, pathOf(request), request.id, context));
    } catch (error) {
      return send(reply, wire.refusal(reportError(error, wire.action, observerOf(request)), request.id));
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
