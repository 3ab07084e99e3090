/**
 * What LocalStack answers beside SQS, for programs that were made for it: whether it is up, what it is, and the messages of
 * a queue. Source: LocalStack, localstack/services/internal.py and localstack/services/sqs/developer_api.py.
 */

import { existsSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { showMessages, wireOfDeveloper } from '../api/developer.ts';
import { told } from '../api/dispatch.ts';
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

/** LocalStack's free edition: clients that ask want to know which features there are. */
const EDITION = 'community';

interface Told {
  observation: Observation;
  /** The machine's; that of messages may stand still. */
  clock: Clock;
  newId(): string;
}

export function addLocalStack(app: FastifyInstance, { observation, clock, newId }: Told): void {
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

interface Shown {
  options: Options;
  env: Env;
  inspection: Inspection;
  /** Nobody signs such requests: where Squab asks who calls, it answers none but those of this machine. */
  onlyLocal: boolean;
}

/** Adds the routes that show messages to whoever asks. */
export function addDeveloper(app: FastifyInstance, { options, env, inspection, onlyLocal }: Shown): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { authorization, host } = request.headers;
    const asked = plainRequest(request);
    const wire = wireOfDeveloper(asked);
    const caller = (credential: string | undefined) => callerOf({ authorization, credential, host }, options);
    try {
      if (onlyLocal && !isLocal(request)) {
        throw new SqsError(
          'AccessDenied',
          'With --auth, this is for clients on this machine: nobody signs requests to it.',
        );
      }
      const developer = { env, inspection, callerOf: caller };
      return send(reply, await showMessages(asked, wire, pathOf(request), request.id, developer));
    } catch (error) {
      return send(reply, wire.refusal(told(error, wire.action, observerOf(request)), request.id));
    }
  };
  for (const url of [MESSAGES, `${MESSAGES}/:region/:account/:name`]) {
    app.get(url, { exposeHeadRoute: false }, handler);
    app.post(url, handler);
  }
}

/** The queue that a path names; undefined when its parameters do. */
function pathOf({ params }: FastifyRequest): QueueKey | undefined {
  const path = params as Partial<QueueKey>;
  return path.name === undefined ? undefined : (path as QueueKey);
}
