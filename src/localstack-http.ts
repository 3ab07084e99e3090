/**
 * What LocalStack answers beside SQS, for programs that were made for it: whether it is up, and what it is.
 * Source: LocalStack, localstack/services/internal.py.
 */

import { existsSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { Clock } from './clock.ts';
import { sendJson, troubleOf } from './probes-http.ts';
import type { Observation } from './storage/observation.ts';
import { version } from './version.ts';

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
