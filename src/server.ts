/** Starts a Squab: the one place where HTTP, the queues, the engine and the clock are put together. */

import { Guard } from './api/auth/guard.ts';
import { operationNames, services } from './api/services.ts';
import { Control } from './control/control.ts';
import { untilStopped } from './control/until-stopped.ts';
import { whyOthersCanChange, whyOthersCanRead } from './files.ts';
import { addRoutes, type LogStream, makeApp } from './http/app.ts';
import { addCertificate } from './http/certificate.ts';
import { addConsole, type ConsoleSettings } from './http/console.ts';
import { addControl } from './http/control.ts';
import { addStatistics } from './http/elasticmq.ts';
import { type HttpLimits, httpLimits } from './http/limits.ts';
import { listen } from './http/listen.ts';
import { addDeveloper, addLocalStack } from './http/localstack.ts';
import { Log } from './http/log.ts';
import { LongResponses } from './http/long-responses.ts';
import { Doors } from './http/ports.ts';
import { addProbes } from './http/probes.ts';
import { readTls, type Tls } from './http/tls.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { QueueDefinition, TopicDefinition } from './queue-files/definition.ts';
import type { Finish } from './queue-files/start.ts';
import { type Ready, removeReadyFile, writeReadyFile } from './ready-file.ts';
import { UsageError } from './settings/config.ts';
import { knownCredentials } from './settings/credentials.ts';
import { placeOf } from './settings/database-url.ts';
import type { Options } from './settings/options.ts';
import type { Squab } from './squab.ts';
import { databaseFile } from './storage/sqlite/data-folder.ts';
import { type Clock, type Millis, systemClock } from './time/clock.ts';
import { deliverBacklogs, followBacklogs } from './topics/subscribers.ts';
import { version } from './version.ts';
import { startWorks, type Works } from './works.ts';

/** How long requests in progress may take to finish when Squab stops; then their connections are closed. */
const STOP_GRACE_MS = 1500;

type App = ReturnType<typeof makeApp>;

/** Settings of programs and tests that the command line does not have. */
interface ProgramOptions {
  clock?: Clock | undefined;
  /** Allows tests to move the machine's time. */
  machine?: Clock | undefined;
  logStream?: LogStream | undefined;
  /** Allows tests to shorten timeouts of several minutes. */
  limits?: Partial<HttpLimits> | undefined;
  queues?: readonly QueueDefinition[] | undefined;
  topics?: readonly TopicDefinition[] | undefined;
}

/**
 * Starts a Squab; resolves when it answers requests. Throws UsageError, DataFolderError, DatabaseUnusable, CredentialsError,
 * QueueFileError, or an error that says what is wrong with the certificate or why Squab cannot listen.
 */
export async function startServer(options: Options, programOptions: ProgramOptions): Promise<Squab> {
  checkCombinations(options);
  const { logStream = process.stdout, clock, machine } = programOptions;
  const limits = { ...httpLimits, ...programOptions.limits };
  const guard = guardOf(options, () => works.clock.now());
  const app = makeApp(options, new Log(logStream), limits, tlsOf(options));
  const works = await startWorks(options, { clock, machine }, app.log);
  const metrics = options.metrics ? await metricsOf(works) : undefined;
  const stopping = new AbortController();
  limitUnread(app, limits, works);
  const control = addInterfaces(app, options, works, { guard, metrics, stopping: stopping.signal });

  const doors = new Doors(app.server);
  let ready: Ready | undefined;
  let hasStopped = false;
  const stop = async () => {
    stopping.abort();
    const readyFileRemoved = ready && withdrawReadyFile(options, ready, app.log);
    works.wakeAll();
    const graceTimer = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS);
    try {
      await Promise.all([app.close(), doors.close()]);
    } finally {
      clearTimeout(graceTimer);
      hasStopped = true;
      await Promise.all([works.end(), readyFileRemoved]);
      app.log.info('Squab has stopped');
    }
  };

  let ports: number[];
  try {
    await works.resume();
    const finishQueues = await createConfiguredQueues(options, programOptions, works, app.log);
    ports = await listen(app, doors, options);
    await works.functions.sync();
    const urls = ports.map((port) => urlOf(options, port));
    ready = { url: urls[0]!, port: ports[0]!, ...(urls.length > 1 && { urls }), pid: process.pid };
    const logQueues = await finishQueues(ready.url);
    if (options.readyFile !== undefined) await writeReadyFile(options.readyFile, ready);
    const { host, database, data = database === undefined ? 'memory' : placeOf(database) } = options;
    app.log.info({ url: ready.url, ...(urls.length > 1 && { urls }), host, data }, 'Squab is listening');
    logQueues();
    logExposedFiles(options, app.log);
  } catch (error) {
    // The caller reports the error; nothing else should be logged.
    app.log.level = 'silent';
    await stop();
    throw error;
  }
  const { url, port } = ready;
  let stopped: Promise<void> | undefined;
  const squab: Squab = {
    ...{ url, port, ports, control: untilStopped(control, () => hasStopped) },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
  if (options.stopWithStdin) onEndOfInput(() => squab.stop().catch((error) => app.log.error(error)));
  return squab;
}

/** Calls `listener` once standard input has ended, even if it ended before the call. Does not keep the process alive. */
function onEndOfInput(listener: () => void): void {
  const { stdin } = process;
  // A terminal that goes away causes an error before it closes.
  stdin.on('error', () => {});
  stdin.once('close', listener);
  stdin.resume();
  stdin.unref?.();
}

/** Removes the ready file, since Squab no longer listens. */
async function withdrawReadyFile({ readyFile }: Options, ready: Ready, log: App['log']): Promise<void> {
  if (readyFile === undefined) return;
  await removeReadyFile(readyFile, ready).catch((error) => log.warn(error, 'Could not remove the ready file.'));
}

/** Warns if other users of the machine can read or change secrets or messages. */
function logExposedFiles({ data, credentials, tlsKey }: Options, log: App['log']): void {
  const secrets = { credentials: typeof credentials === 'string' ? credentials : undefined, 'private key': tlsKey };
  for (const [what, path] of Object.entries(secrets)) {
    const why = path && (whyOthersCanChange(path) ?? whyOthersCanRead(path));
    if (why) log.warn(`The ${what} in ${path} should be private, but ${why}. Run: chmod 600 ${path}`);
  }
  if (data === undefined) return;
  const file = databaseFile(data);
  const why = whyOthersCanChange(data) ?? whyOthersCanChange(file) ?? whyOthersCanRead(file);
  if (why) log.warn(`The data in ${data} is not private: ${why}. If this is not intended, run: chmod 700 ${data}`);
}

/** Limits the memory of responses that clients do not read. Receives return fewer messages as the limit approaches. */
function limitUnread(app: App, limits: Readonly<HttpLimits>, { env }: Works): void {
  const responses = new LongResponses(systemClock, limits);
  responses.addTo(app);
  env.responseRoom = () => responses.room();
}

interface Monitoring {
  guard: Guard | undefined;
  metrics: Metrics | undefined;
  /** Is aborted when Squab begins to stop. */
  stopping: AbortSignal;
}

/**
 * Adds all HTTP interfaces. Returns the control interface, which programs can use even if it is not served over HTTP.
 */
function addInterfaces(app: App, options: Options, works: Works, { guard, metrics, stopping }: Monitoring) {
  const { clock, machine, env, store, faults, happenings, functions } = works;
  const elapsed = () => performance.now();
  const used = new Set<string>();
  const onUse = (operation: string) => {
    for (const { name, operations } of services) if (operations.has(operation)) used.add(name);
  };
  const common = { options, env, functions, guard, onUse, elapsed };
  const handler = addRoutes(app, { ...common, meter: metrics?.request, stopping: () => stopping.aborted });
  addCertificate(app, (name) => env.signatures.certificate(name), handler);
  addProbes(app, { observation: store.observation, nodes: store.nodes, metrics });
  addLocalStack(app, {
    observation: store.observation,
    isUsed: (service) => used.has(service),
    clock: machine,
    newId: env.newId,
  });
  const control = new Control({
    ...{ clock, env, states: store.states, topics: store.topics, mappings: store.mappings, faults },
    operations: [...operationNames],
    ...{ inspection: store.inspection, observation: store.observation, defaults: options },
    ...{ realTime: machine, listen: happenings.listen },
    // Without the control interface, there is no way to read the journal.
    journalSize: options.control ? options.journal : 0,
    version,
    storage: options.database !== undefined ? 'database' : options.data !== undefined ? 'folder' : 'memory',
    stopping,
  });
  control.snapshots.onRestore(() => {
    env.onLapsable?.();
    deliverBacklogs(env).catch((error) => app.log.error(error));
  });
  control.onReset(() => {
    followBacklogs(env).catch((error) => app.log.error(error));
  });
  const onlyLocal = guard !== undefined;
  if (options.control) {
    addControl(app, control, { onlyLocal, isShared: store.nodes !== undefined });
    if (options.console) addConsole(app, consoleSettings(options), { onlyLocal, otherwise: handler });
    addDeveloper(app, { options, env, inspection: store.inspection, onlyLocal });
    addStatistics(app, { options, env, inspection: store.inspection, onlyLocal });
  }
  return control;
}

function consoleSettings({ account, region, readOnlyConsole, auth, journal }: Options): ConsoleSettings {
  return { version, account, region, readOnly: readOnlyConsole, signed: auth !== 'none', journal };
}

/** Creates the queues and topics that the configuration file or the program defines, see `createQueues`. */
async function createConfiguredQueues(
  options: Options,
  { queues, topics }: ProgramOptions,
  { env, functions }: Works,
  log: App['log'],
): Promise<Finish> {
  if (options.config === undefined && !queues && !topics) return async () => () => {};
  // Loaded only here, because most starts do not need this code.
  const { createQueues } = await import('./queue-files/start.ts');
  return createQueues({ queues: queues ?? [], topics: topics ?? [] }, options, { env, functions }, log);
}

/** Checks options that depend on each other. Throws UsageError. */
function checkCombinations(options: Options): void {
  const { data, database, auth, credentials, tlsCert, tlsKey, config, parameters, stackName } = options;
  if (data !== undefined && database !== undefined) {
    throw new UsageError(
      '--data and --database cannot be used together: queues are kept in one place. Give one of them. (The container ' +
        'image sets SQUAB_DATA; set it to nothing there.)',
    );
  }
  if (auth !== 'none' && credentials === undefined) {
    throw new UsageError(
      `--auth ${auth} needs credentials to check requests against: give a file with --credentials FILE, or a single ` +
        'credential with SQUAB_ACCESS_KEY_ID and SQUAB_SECRET_ACCESS_KEY.',
    );
  }
  if (auth === 'none' && credentials !== undefined) {
    throw new UsageError('Credentials are checked only with --auth sigv4 or --auth policy: add one of them.');
  }
  if (config === undefined && (parameters || stackName !== undefined)) {
    throw new UsageError('--parameter and --stack-name need a template: give its file with --config.');
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError('--tls-cert and --tls-key must be used together: give both, or neither.');
  }
}

function guardOf({ auth, credentials, account, region, trustProxy }: Options, now: () => Millis): Guard | undefined {
  if (auth === 'none' || credentials === undefined) return undefined;
  return new Guard({
    credentials: knownCredentials(credentials, account),
    policies: auth === 'policy',
    defaults: { account, region },
    trustProxy,
    // Clients sign with the machine's time, even if a test has frozen SQS's clock, or if the machine's clock was set
    // back.
    machineTime: () => Date.now(),
    now,
  });
}

function tlsOf({ tlsCert, tlsKey }: Options): Tls | undefined {
  return tlsCert && tlsKey ? readTls(tlsCert, tlsKey) : undefined;
}

/** Starts collecting metrics. The code is loaded only if they are turned on. */
async function metricsOf({ env, store, happenings }: Works): Promise<Metrics> {
  const { Metrics } = await import('./metrics/metrics.ts');
  const metrics = new Metrics({
    ...{ observation: store.observation, topics: store.topics, clock: env.clock, elapsed: () => performance.now() },
    ...{ polls: () => env.waiters.waiting(), version, nodes: store.nodes },
  });
  happenings.listen(metrics.hear);
  env.reports.listen(metrics.topics);
  env.onEmptyReceive = metrics.emptyReceive;
  return metrics;
}

function urlOf({ host, tlsCert }: Options, port: number): string {
  return `${tlsCert ? 'https' : 'http'}://${reachable(host)}:${port}`;
}

/**
 * Returns the host of a URL for clients on this machine. 0.0.0.0 and :: stand for all addresses; clients cannot
 * connect to them.
 */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
