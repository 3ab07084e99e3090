/** The one place where the parts meet: HTTP, the queues, the store and the clock. */

import type { AddressInfo } from 'node:net';
import { v4 as newId } from 'uuid';
import { type Clock, systemClock } from './clock.ts';
import type { Options } from './config.ts';
import { addRoutes, type LogStream, listen, makeApp } from './http.ts';
import { type HttpLimits, httpLimits } from './http-limits.ts';
import type { Squab } from './index.ts';
import { Cooldowns } from './queues/cooldowns.ts';
import type { Env } from './queues/env.ts';
import { FifoQuotas } from './queues/fifo-quotas.ts';
import { startJanitor } from './queues/janitor.ts';
import { Mover } from './queues/mover.ts';
import { Waiters } from './queues/waiters.ts';
import { SqliteStore } from './storage/sqlite/sqlite-store.ts';

/** Requests under way get this long to finish when Squab stops; then their connections are cut. */
const STOP_PATIENCE_MS = 1500;

interface Surroundings {
  clock?: Clock | undefined;
  logStream?: LogStream | undefined;
  /** Tests do not wait for minutes. */
  limits?: Partial<HttpLimits> | undefined;
}

/** Throws DataFolderError, or an error that says why it cannot listen. */
export async function startServer(options: Options, surroundings: Surroundings): Promise<Squab> {
  const { clock = systemClock, logStream = process.stdout, limits } = surroundings;
  const app = makeApp(options, logStream, { ...httpLimits, ...limits });
  const store = new SqliteStore(options.data);
  const { inFlightLimit } = options;
  const waiters = new Waiters(clock, (queueId, now) => store.nextVisibleAt(queueId, inFlightLimit, now));
  store.onAnnounce((queueId, at) => waiters.announce(queueId, at));

  const mover = new Mover({ store, clock, newId }, (error) =>
    app.log.error(error, 'A message move task failed to go on; it will try again.'),
  );
  const env: Env = {
    ...{ store, clock, waiters, mover, inFlightLimit, newId },
    cooldowns: options.cooldowns ? new Cooldowns(clock) : undefined,
    fifoQuotas: options.fifoQuotas ? new FifoQuotas(clock) : undefined,
  };

  let stopping = false;
  addRoutes(app, options, env, () => stopping);
  const report = (error: unknown) => app.log.error(error, 'The janitor failed; it will try again.');
  const endJanitor = startJanitor(store, clock, report);

  const stop = async () => {
    stopping = true;
    waiters.close();
    const cut = setTimeout(() => app.server.closeAllConnections(), STOP_PATIENCE_MS);
    try {
      await app.close();
    } finally {
      clearTimeout(cut);
      await Promise.all([endJanitor(), mover.end()]);
      await store.close();
      app.log.info('Squab has stopped');
    }
  };

  try {
    await mover.resume();
    await listen(app, options);
  } catch (error) {
    await stop();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${reachable(options.host)}:${port}`;
  app.log.info({ url, host: options.host, data: options.data ?? 'memory' }, 'Squab is listening');
  let stopped: Promise<void> | undefined;
  return {
    url,
    port,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** The host in a URL, for a client on this machine: 0.0.0.0 and :: mean all addresses, and are none to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
