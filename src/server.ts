/** The one place where the parts meet: HTTP, the queues, the store and the clock. */

import { v4 as newId } from 'uuid';
import { Guard } from './api/guard.ts';
import { operations } from './api/operations/index.ts';
import { type Clock, systemClock } from './clock.ts';
import { UsageError } from './config.ts';
import { Control } from './control/control.ts';
import { fanOut } from './control/fan-out.ts';
import { addControl } from './control-http.ts';
import { knownCredentials } from './credentials.ts';
import { Doors } from './doors.ts';
import { addRoutes, type LogStream, makeApp } from './http.ts';
import { type HttpLimits, httpLimits } from './http-limits.ts';
import type { Squab } from './index.ts';
import { listen } from './listen-http.ts';
import { addDeveloper, addLocalStack } from './localstack-http.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Options } from './options.ts';
import { outageLog } from './outages.ts';
import { addProbes } from './probes-http.ts';
import type { QueueDefinition } from './queue-files/definition.ts';
import { Cooldowns } from './queues/cooldowns.ts';
import type { Env } from './queues/env.ts';
import { Faults } from './queues/faults.ts';
import { FifoQuotas } from './queues/fifo-quotas.ts';
import { startJanitor } from './queues/janitor.ts';
import { Mover } from './queues/mover.ts';
import { Waiters } from './queues/waiters.ts';
import { type Ready, removeReadyFile, writeReadyFile } from './ready-file.ts';
import type { Observation } from './storage/observation.ts';
import { SqliteStore } from './storage/sqlite/sqlite-store.ts';
import { StoreUnavailable } from './storage/store.ts';
import { readTls } from './tls.ts';
import { version } from './version.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Requests under way get this long to finish when Squab stops; then their connections are cut. */
const STOP_PATIENCE_MS = 1500;

interface Surroundings {
  clock?: Clock | undefined;
  logStream?: LogStream | undefined;
  /** Tests do not wait for minutes. */
  limits?: Partial<HttpLimits> | undefined;
  queues?: readonly QueueDefinition[] | undefined;
}

/**
 * Throws UsageError, DataFolderError, CredentialsError, QueueFileError, or an error that says what is wrong with the certificate, or why
 * it cannot listen.
 */
export async function startServer(options: Options, surroundings: Surroundings): Promise<Squab> {
  const { logStream = process.stdout, limits } = surroundings;
  const clock = surroundings.clock ?? (options.control ? VirtualClock.running() : systemClock);
  checkTogether(options);
  const { tlsCert, tlsKey } = options;
  const tls = tlsCert && tlsKey ? readTls(tlsCert, tlsKey) : undefined;
  const guard = guardOf(options, clock);
  const app = makeApp(options, logStream, { ...httpLimits, ...limits }, tls);
  const store = new SqliteStore(options.data, options.durability);
  store.onFault(outageLog(clock, app.log));
  const { inFlightLimit } = options;
  const waiters = new Waiters(clock, (queueId, now) => store.nextVisibleAt(queueId, inFlightLimit, now));
  store.onAnnounce((queueId, at) => waiters.announce(queueId, at));

  // The store says of its faults by itself when they begin and end.
  const reporter = (message: string) => (error: unknown) => {
    if (!(error instanceof StoreUnavailable)) app.log.error(error, message);
  };
  const mover = new Mover({ store, clock, newId }, reporter('A message move task failed to go on; it will try again.'));
  const faults = new Faults(systemClock, clock);
  const env: Env = {
    ...{ store, clock, waiters, mover, inFlightLimit, newId, faults },
    cooldowns: options.cooldowns ? new Cooldowns(clock) : undefined,
    fifoQuotas: options.fifoQuotas ? new FifoQuotas(clock) : undefined,
    autoCreate: options.autoCreate,
  };

  const metrics = options.metrics ? await metricsOf(env, store.observation) : undefined;
  const onHappening = fanOut(store);
  if (metrics) {
    onHappening(metrics.hear);
    env.onEmptyReceive = metrics.emptyReceive;
  }

  let stopping = false;
  addRoutes(app, { options, env, guard, meter: metrics?.request, stopping: () => stopping });
  addProbes(app, store.observation, metrics);
  addLocalStack(app, { observation: store.observation, clock: systemClock, newId });
  const clocks = { clock, machine: systemClock };
  const janitor = startJanitor(store, clocks, reporter('The janitor failed; it will try again.'));

  if (clock instanceof VirtualClock) clock.follow(() => janitor.portions + mover.portions);
  const control = new Control({
    ...{ clock, env, states: store.states, faults, operations: [...operations.keys()] },
    ...{ inspection: store.inspection, defaults: options, realTime: systemClock, listen: onHappening },
    // What nobody can ask for need not be kept.
    journalSize: options.control ? options.journal : 0,
  });
  const onlyLocal = guard !== undefined;
  if (options.control) {
    addControl(app, control, { onlyLocal });
    addDeveloper(app, { options, env, inspection: store.inspection, onlyLocal });
  }

  const doors = new Doors(app.server);
  const { readyFile } = options;
  let ready: Ready | undefined;
  const stop = async () => {
    stopping = true;
    const unready =
      readyFile !== undefined && ready
        ? removeReadyFile(readyFile, ready).catch((error) => app.log.warn(error, 'Could not remove the ready file.'))
        : undefined;
    waiters.close();
    faults.end();
    control.close();
    const cut = setTimeout(() => app.server.closeAllConnections(), STOP_PATIENCE_MS);
    try {
      await Promise.all([app.close(), doors.close()]);
    } finally {
      clearTimeout(cut);
      await Promise.all([janitor.end(), mover.end(), unready]);
      await store.close();
      app.log.info('Squab has stopped');
    }
  };

  let tellOfQueues = () => {};
  let ports: number[];
  let urls: string[];
  try {
    await mover.resume();
    if (options.config !== undefined || surroundings.queues) {
      // Reading such files takes more code than most starts need.
      const { makeQueues } = await import('./queue-files/start.ts');
      tellOfQueues = await makeQueues(surroundings.queues ?? [], options, env, app.log);
    }
    ports = await listen(app, doors, options);
    urls = ports.map((port) => `${tlsCert ? 'https' : 'http'}://${reachable(options.host)}:${port}`);
    ready = { url: urls[0]!, port: ports[0]!, pid: process.pid };
    if (readyFile !== undefined) await writeReadyFile(readyFile, ready);
  } catch (error) {
    // The one line about it is the error's.
    app.log.level = 'silent';
    await stop();
    throw error;
  }
  const { url, port } = ready;
  const listening = { url, ...(urls.length > 1 && { urls }), host: options.host, data: options.data ?? 'memory' };
  app.log.info(listening, 'Squab is listening');
  tellOfQueues();
  let stopped: Promise<void> | undefined;
  return {
    ...{ url, port, ports, control },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Options that ask for each other. Throws UsageError. */
function checkTogether({ auth, credentials, tlsCert, tlsKey }: Options): void {
  if (auth !== 'none' && credentials === undefined) {
    throw new UsageError(
      `With --auth ${auth}, Squab has to know credentials: give a file with --credentials FILE, or one credential with ` +
        'SQUAB_ACCESS_KEY_ID and SQUAB_SECRET_ACCESS_KEY.',
    );
  }
  if (auth === 'none' && credentials !== undefined) {
    throw new UsageError('Credentials are checked with --auth sigv4 or --auth policy only: give one of them too.');
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError('--tls-cert and --tls-key belong together: give both, or none.');
  }
}

function guardOf({ auth, credentials, account, region, trustProxy }: Options, clock: Clock): Guard | undefined {
  if (auth === 'none' || credentials === undefined) return undefined;
  return new Guard({
    credentials: knownCredentials(credentials, account),
    policies: auth === 'policy',
    defaults: { account, region },
    trustProxy,
    // Clients sign by the machine's time, also where a test holds that of messages still, or that of the machine is set back.
    machineTime: () => Date.now(),
    now: () => clock.now(),
  });
}

/** Loaded only where it is asked for. */
async function metricsOf({ clock, waiters }: Env, observation: Observation): Promise<Metrics> {
  const { Metrics } = await import('./metrics/metrics.ts');
  const elapsed = () => performance.now();
  return new Metrics({ observation, clock, elapsed, polls: () => waiters.waiting(), version: await version() });
}

/** The host in a URL, for a client on this machine: 0.0.0.0 and :: mean all addresses, and are none to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
