/**
 * ElasticMQ's endpoints besides SQS, for programs written for ElasticMQ: what its queues hold. They show the queues of the
 * default account and region. Source: ElasticMQ, "Queue statistics", and the web page that reads them.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { reportAttributes } from '../queues/attributes.ts';
import type { Env } from '../queues/env.ts';
import type { Options } from '../settings/options.ts';
import type { Inspection } from '../storage/inspection.ts';
import type { Queue } from '../storage/store.ts';
import { Turnstile } from '../time/turnstile.ts';
import { isLocal } from './control.ts';
import { sendJson } from './probes.ts';

/** How many queues are counted in a turn of the event loop: a millisecond or two of work. */
const COUNTED_AT_ONCE = 100;

interface StatisticsSources {
  options: Pick<Options, 'account' | 'region'>;
  env: Env;
  inspection: Inspection;
  /** Accept only clients on this machine: set if Squab authenticates callers, since requests here are not signed. */
  onlyLocal: boolean;
}

/** Adds `/statistics/queues` and `/statistics/queues/{name}`. */
export function addStatistics(app: FastifyInstance, { options, env, inspection, onlyLocal }: StatisticsSources): void {
  const { account, region } = options;
  // One after another, and in portions, so that many requests and many queues do not hold up others.
  const line = new Turnstile();
  const allStatistics = async () => {
    await nextTurn();
    const queues = await inspection.queues();
    const own = queues.filter((queue) => queue.account === account && queue.region === region);
    const statistics: Awaited<ReturnType<typeof statisticsOf>>[] = [];
    for (let start = 0; start < own.length; start += COUNTED_AT_ONCE) {
      const portion = own.slice(start, start + COUNTED_AT_ONCE);
      statistics.push(...(await Promise.all(portion.map((queue) => statisticsOf(env, queue)))));
    }
    return statistics;
  };

  app.get('/statistics/queues', async (request, reply) => {
    if (onlyLocal && !isLocal(request)) return reply.code(403).send();
    // Clients that have gone must not keep others waiting.
    const statistics = await line.run(async () => (reply.raw.destroyed ? [] : allStatistics()));
    return sendJson(
      reply,
      statistics.flatMap((found) => found ?? []),
    );
  });

  app.get('/statistics/queues/:name', async (request, reply) => {
    if (onlyLocal && !isLocal(request)) return reply.code(403).send();
    const { name } = request.params as { name: string };
    const queue = await env.store.findQueue({ account, region, name });
    const counts = queue && (await env.store.counts(queue.id, env.clock.now()));
    if (!counts)
      return reply
        .code(404)
        .type('text/plain')
        .send(`Queue not found: ${JSON.stringify(name)}`);
    const attributes = Object.fromEntries(reportAttributes(queue, ['All'], counts));
    return sendJson(reply, { name, attributes });
  });
}

/** Undefined if the queue has been deleted in the meantime. */
async function statisticsOf({ store, clock }: Env, queue: Queue) {
  const counts = await store.counts(queue.id, clock.now());
  return (
    counts && {
      name: queue.name,
      statistics: {
        approximateNumberOfVisibleMessages: counts.visible,
        approximateNumberOfMessagesDelayed: counts.delayed,
        approximateNumberOfInvisibleMessages: counts.inFlight,
      },
    }
  );
}
