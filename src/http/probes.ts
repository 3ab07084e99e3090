/** The endpoints for monitoring: `/health` and `/metrics`. */

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { nodeReport } from '../control/node-report.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Nodes } from '../storage/nodes.ts';
import type { Observation } from '../storage/observation.ts';
import { StoreUnavailable } from '../storage/store.ts';
import { version } from '../version.ts';
import { limiter } from './at-once.ts';

/** Returns why the storage does not work; undefined if it works. */
export async function troubleOf(observation: Observation): Promise<string | undefined> {
  try {
    await observation.probe();
    return undefined;
  } catch (error) {
    if (error instanceof StoreUnavailable) return error.message;
    throw error;
  }
}

interface Probed {
  observation: Observation;
  nodes: Nodes | undefined;
  /** Undefined if metrics are off. */
  metrics: Pick<Metrics, 'contentType' | 'print'> | undefined;
}

/** Each keeps the counts of all queues until its client has read them. */
const SCRAPES_AT_ONCE = 5;

const TOO_MANY_SCRAPES = `There are already ${SCRAPES_AT_ONCE} requests for /metrics in progress. Try again later.\n`;

/** Adds `/health` and `/metrics`. */
export function addProbes(app: FastifyInstance, { observation, nodes, metrics }: Probed): void {
  app.get('/health', async (_request, reply) => {
    const reason = await troubleOf(observation);
    const status = reason === undefined ? { status: 'ok' } : { status: 'unavailable', reason };
    return sendJson(reply.code(reason === undefined ? 200 : 503), {
      ...status,
      version,
      ...(nodes && { node: nodeReport(nodes) }),
    });
  });

  const isFull = limiter(SCRAPES_AT_ONCE);
  app.get('/metrics', async (_request, reply) => {
    if (!metrics) return reply.code(404).type('text/plain').send('Metrics are off. Start Squab with --metrics.\n');
    if (isFull(reply.raw)) return reply.code(503).type('text/plain').send(TOO_MANY_SCRAPES);
    return reply.type(metrics.contentType).send(Readable.from(metrics.print()));
  });
}

/** Responds with JSON that must not be cached, since it describes the current state. */
export function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json').header('cache-control', 'no-store').send(JSON.stringify(value));
}
