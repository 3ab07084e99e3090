/** The one place where the parts meet: HTTP, the queues, the store and the clock. */

import { Guard } from './api/auth/guard.ts';
import { operations } from './api/operations/index.ts';
import { Control } from './control/control.ts';
import { addRoutes, type LogStream, makeApp } from './http/app.ts';
import { addControl } from './http/control.ts';
import { type HttpLimits, httpLimits } from './http/limits.ts';
import { listen } from './http/listen.ts';
import { addDeveloper, addLocalStack } from './http/localstack.ts';
import { Doors } from './http/ports.ts';
import { addProbes } from './http/probes.ts';
import { readTls, type Tls } from './http/tls.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { QueueDefinition } from './queue-files/definition.ts';
import type { Env } from './queues/env.ts';
import { type Ready, removeReadyFile, writeReadyFile } from './ready-file.ts';
import { UsageError } from './settings/config.ts';
import { knownCredentials } from './settings/credentials.ts';
import type { Options } from './settings/options.ts';
import type { Squab } from './squab.ts';
import { type Clock, systemClock } from './time/clock.ts';
import { VirtualClock } from './time/virtual-clock.ts';
import { version } from './version.ts';
import { startWorks, type Works } from './works.ts';

/** Requests under way get this long to finish when Squab stops; then their connections are cut. */
const STOP_PATIENCE_MS = 1500;

type App = ReturnType<typeof makeApp>;

interface Surroundings {
  clock?: Clock | undefined;
  logStream?: LogStream | undefined;
  /** Tests do not wait for minutes. */
  limits?: Partial<HttpLimits> | undefined;
  queues?: readonly QueueDefinition[] | undefined;
}

/**
 * Throws UsageError, DataFolderError, CredentialsError, QueueFileError, or an error that says what is wrong with the
 * certificate, or why it cannot listen.
 */
export async function startServer(options: Options, surroundings: Surroundings): Promise<Squab> {
  checkTogether(options);
  const { logStream = process.stdout, limits } = surroundings;
  const clock = surroundings.clock ?? (options.control ? VirtualClock.running() : systemClock);
  const guard = guardOf(options, clock);
  const app = makeApp(options, logStream, { ...httpLimits, ...limits }, tlsOf(options));
  const works = startWorks(options, clock, app.log);
  const metrics = options.metrics ? await metricsOf(works) : undefined;
  let stopping = false;
  const control = addInterfaces(app, options, works, { guard, metrics, stopping: () => stopping });

  const doors = new Doors(app.server);
  let ready: Ready | undefined;
  const stop = async () => {
    stopping = true;
    const unready = ready && unsay(options, ready, app.log);
    works.wakeAll();
    control.close();
    const cut = setTimeout(() => app.server.closeAllConnections(), STOP_PATIENCE_MS);
    try {
      await Promise.all([app.close(), doors.close()]);
    } finally {
      clearTimeout(cut);
      await Promise.all([works.end(), unready]);
      app.log.info('Squab has stopped');
    }
  };

  let ports: number[];
  try {
    await works.resume();
    const tellOfQueues = await makeQueuesOf(options, surroundings, works.env, app.log);
    ports = await listen(app, doors, options);
    const urls = ports.map((port) => urlOf(options, port));
    ready = { url: urls[0]!, port: ports[0]!, ...(urls.length > 1 && { urls }), pid: process.pid };
    if (options.readyFile !== undefined) await writeReadyFile(options.readyFile, ready);
    const { host, data = 'memory' } = options;
    app.log.info({ url: ready.url, ...(urls.length > 1 && { urls }), host, data }, 'Squab is listening');
    tellOfQueues();
  } catch (error) {
    // The one line about it is the error's.
    app.log.level = 'silent';
    await stop();
    throw error;
  }
  const { url, port } = ready;
  let stopped: Promise<void> | undefined;
  const squab: Squab = {
    ...{ url, port, ports, control },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
  if (options.stopWithStdin) onEndOfInput(() => squab.stop().catch((error) => app.log.error(error)));
  return squab;
}

/** Calls `listener` once standard input has ended, also if it had before. Does not keep the process alive. */
function onEndOfInput(listener: () => void): void {
  const { stdin } = process;
  // A terminal that goes away is an error, and closes too.
  stdin.on('error', () => {});
  stdin.once('close', listener);
  stdin.resume();
  stdin.unref?.();
}

/** What was said of a Squab that listens does not hold any more. */
async function unsay({ readyFile }: Options, ready: Ready, log: App['log']): Promise<void> {
  if (readyFile === undefined) return;
  await removeReadyFile(readyFile, ready).catch((error) => log.warn(error, 'Could not remove the ready file.'));
}

interface Watch {
  guard: Guard | undefined;
  metrics: Metrics | undefined;
  stopping(): boolean;
}

/** Adds all that can be asked over HTTP; the control interface is there for the program also where it is not for others. */
function addInterfaces(app: App, options: Options, works: Works, { guard, metrics, stopping }: Watch) {
  const { clock, env, store, faults, onHappening } = works;
  addRoutes(app, { options, env, guard, meter: metrics?.request, stopping });
  addProbes(app, store.observation, metrics);
  addLocalStack(app, { observation: store.observation, clock: systemClock, newId: env.newId });
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
  return control;
}

/** Makes the queues that the options or the program name. What it hands back says so in the log, after the first line. */
async function makeQueuesOf(
  options: Options,
  { queues }: Surroundings,
  env: Env,
  log: App['log'],
): Promise<() => void> {
  if (options.config === undefined && !queues) return () => {};
  // Reading such files takes more code than most starts need.
  const { makeQueues } = await import('./queue-files/start.ts');
  return makeQueues(queues ?? [], options, env, log);
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

function tlsOf({ tlsCert, tlsKey }: Options): Tls | undefined {
  return tlsCert && tlsKey ? readTls(tlsCert, tlsKey) : undefined;
}

/** Loaded only where it is asked for. */
async function metricsOf({ env, store, onHappening }: Works): Promise<Metrics> {
  const { Metrics } = await import('./metrics/metrics.ts');
  const metrics = new Metrics({
    ...{ observation: store.observation, clock: env.clock, elapsed: () => performance.now() },
    ...{ polls: () => env.waiters.waiting(), version: await version() },
  });
  onHappening(metrics.hear);
  env.onEmptyReceive = metrics.emptyReceive;
  return metrics;
}

function urlOf({ host, tlsCert }: Options, port: number): string {
  return `${tlsCert ? 'https' : 'http'}://${reachable(host)}:${port}`;
}

/** The host in a URL, for a client on this machine: 0.0.0.0 and :: mean all addresses, and are none to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
