/** SQS and SNS without their HTTP interfaces: the engine, the rules, and the background work. */

import { v4 as newId } from 'uuid';
import { baseFor } from './api/names.ts';
import { type FanOut, fanOut } from './control/events/fan-out.ts';
import { Functions } from './functions/functions.ts';
import { mayFeed } from './functions/queue-access.ts';
import type { Log as FunctionLog } from './functions/reports.ts';
import { outageLog } from './outages.ts';
import { Cooldowns } from './queues/cooldowns.ts';
import { Faults } from './queues/faults/faults.ts';
import { FifoQuotas } from './queues/fifo-quotas.ts';
import { startJanitor } from './queues/janitor.ts';
import { ReceiptHandles } from './queues/receipt-handle.ts';
import { Mover } from './queues/redrive/mover.ts';
import { Waiters } from './queues/waiters.ts';
import type { Options } from './settings/options.ts';
import type { Engine } from './storage/engine.ts';
import type { CatalogueChange, Nodes } from './storage/nodes.ts';
import { openEngine } from './storage/open-engine.ts';
import { StoreUnavailable } from './storage/store.ts';
import { type Clock, shiftedClock, systemClock } from './time/clock.ts';
import { onSetBack } from './time/set-back.ts';
import { VirtualClock } from './time/virtual-clock.ts';
import { deliveryLog } from './topics/delivery-log.ts';
import { EndedSubscriptions } from './topics/ended.ts';
import type { TopicsEnv } from './topics/env.ts';
import { Lapses } from './topics/lapses.ts';
import { Signatures } from './topics/signing/signatures.ts';
import { deliverBacklogs, followBacklogs, makeDeliverer } from './topics/subscribers.ts';
import { TopicReports } from './topics/topic-reports.ts';
import { version } from './version.ts';

type Log = Parameters<typeof outageLog>[1] & FunctionLog;

export type Works = Awaited<ReturnType<typeof startWorks>>;

interface Clocks {
  /** SQS's clock, which may be frozen or moved. */
  clock: Clock;
  /** Real time. */
  machine: Clock;
}

/** What all parts need. */
interface Base extends Clocks {
  options: Options;
  store: Engine;
  log: Log;
}

/**
 * Opens the engine and starts the background work, except for message move tasks, which `resume` continues.
 * Throws DataFolderError, DatabaseUnusable.
 */
export async function startWorks(options: Options, given: Partial<Clocks>, log: Log) {
  const store = await openEngine({ ...options, version });
  const { clock, machine } = clocksOf(options, given, store.nodes);
  store.onFault(outageLog(machine, log));
  store.nodes?.onWarning((message) => log.warn(message));
  const base: Base = { options, clock, machine, store, log };
  const background = backgroundOf(base);
  const { waiters, mover, janitor, lapses } = background;
  const faults = new Faults(machine, clock);
  const happenings = fanOut(store);
  const { env, functions } = topicsAndFunctions(base, rulesOf(base, faults, background), happenings);
  const { deliverer } = env;
  lapses.onRemoved = (subscription) => deliverer.release(subscription);
  store.onAnnounce((queueId, at) => {
    waiters.announce(queueId, at);
    deliverer.announce(queueId, at);
  });
  store.onCatalogueChanged((change) => followCatalogue(base, env, functions, change));
  if (clock instanceof VirtualClock) {
    const portions = () => janitor.portions + mover.portions + lapses.sweeps + deliverer.progress + functions.progress;
    clock.trackWork(() => portions() + (store.nodes?.progress ?? 0));
  }
  const stopWatching = onSetBack(clock, machine, (byMs) => {
    for (const part of [waiters, mover, faults, env.cooldowns, functions]) part?.setBack(byMs);
  });
  return {
    ...{ clock, machine, store, env, faults, functions, happenings },
    /** Continues the message move tasks and the deliveries that were not finished when Squab last stopped. */
    async resume() {
      lapses.look();
      await deliverBacklogs(env);
      await mover.resume();
    },
    /** Ends everything that waits: long polls, and responses that fault rules delay, and verbs for a database that is away. */
    wakeAll() {
      store.nodes?.stops();
      stopWatching();
      functions.stop();
      waiters.close();
      faults.end();
    },
    /** Stops the background work and closes the engine. */
    async end() {
      await Promise.all([janitor.end(), mover.end(), functions.end(), lapses.end(), deliverer.end()]);
      await store.close();
    },
  };
}

/** Nodes that share the data also share the time, which is the database's, unless a program brings its own clock. */
function clocksOf({ control }: Options, given: Partial<Clocks>, nodes: Nodes | undefined): Clocks {
  const own = nodes ? shiftedClock(systemClock, () => nodes.offset()) : systemClock;
  const machine = given.machine ?? own;
  return { machine, clock: given.clock ?? (control ? VirtualClock.running(machine) : machine) };
}

/** Has everything that depends on queues, topics and mappings look again after another node has changed them. */
function followCatalogue({ log }: Base, env: TopicsEnv, functions: Functions, change: CatalogueChange): void {
  const { queueIds, created, topics, mappings, restored } = change;
  const report = reporter(log, 'A change that another node made could not be read; it will be with the next one.');
  // First of all, because the messages that are received after pollers and lines are woken are not void.
  if (restored) {
    functions.queuesReplaced().catch(report);
    env.deliverer.queuesReplaced();
  } else if (mappings) functions.sync().catch(report);
  if (queueIds === 'all') {
    env.waiters.wakeEveryone();
    env.deliverer.lookAgain();
  } else {
    env.waiters.wakeAll(queueIds);
  }
  if (created) functions.queuesCreated();
  if (topics) {
    env.onLapsable?.();
    followBacklogs(env).catch(report);
  }
}

/** Makes what works without a request: long polls that end, message move tasks, and the removal of old data. */
function backgroundOf({ options: { inFlightLimit, auth }, clock, machine, store, log }: Base) {
  const failed = (what: string) => reporter(log, `${what} failed; it will be retried.`);
  return {
    waiters: new Waiters(
      clock,
      (queueId, now) => store.nextVisibleAt(queueId, inFlightLimit, now),
      (queueId) => store.attend(queueId),
    ),
    mover: new Mover({ store, clock, machine, newId, onlyToSources: auth === 'policy' }, failed('A message move task')),
    janitor: startJanitor(store, { clock, machine }, failed('Freeing the space of old messages')),
    lapses: new Lapses(store.topics, clock, failed('Removing old subscriptions')),
  };
}

/** What the rules of queues and topics need, except the deliverer. */
type Rules = Omit<TopicsEnv, 'deliverer'>;

function rulesOf(
  { options, clock, store, log }: Base,
  faults: Faults,
  { waiters, mover, lapses }: ReturnType<typeof backgroundOf>,
): Rules {
  const { inFlightLimit, autoCreate } = options;
  const cooldowns = options.cooldowns ? new Cooldowns(clock) : undefined;
  const reports = new TopicReports();
  reports.listen(deliveryLog(log));
  return {
    receiptHandles: new ReceiptHandles(store.receiptSecret),
    ...{ store, clock, waiters, mover, inFlightLimit, newId, faults, autoCreate, cooldowns },
    fifoQuotas: options.fifoQuotas ? new FifoQuotas(clock, cooldowns?.settings) : undefined,
    ...{ topics: store.topics, signatures: new Signatures(store.topics), reports },
    enforcesPolicies: options.auth === 'policy',
    ended: new EndedSubscriptions(),
    confirmsByItself: options.confirmHttp,
    onLapsable: (at) => lapses.look(at),
    linkBase: linksOf(options),
  };
}

/** Makes deliveries of topics and functions, which need each other: topics deliver to functions. */
function topicsAndFunctions({ options, clock, machine, store, log }: Base, rules: Rules, happenings: FanOut) {
  const deliverer = makeDeliverer(rules, {
    ...{ machine, publicEndpoints: options.publicEndpoints, anyCertificate: options.anyCertificate },
    invoke: (functionArn, event, signal) => functions.invocations.deliver(functionArn, event, signal),
    onReport: (report) => rules.reports.attempted(report),
    onError: reporter(log, 'A delivery to a subscriber failed; it will be retried.'),
  });
  const env: TopicsEnv = { ...rules, deliverer };
  const functions = new Functions({
    ...{ env, mappings: store.mappings, machine, given: options.functions, log, report: happenings.report },
    mayFeed: (queue, account) => !rules.enforcesPolicies || mayFeed(queue, account, rules.clock.now()),
    track: (invocation) => clock instanceof VirtualClock && clock.trackCall(invocation),
  });
  env.onQueueCreated = (queue) => functions.queueCreated(queue);
  env.feeding = functions;
  return { env, functions };
}

/** Returns a function that logs an error with a message. The outage log already reports the engine's own faults. */
function reporter(log: Log, message: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof StoreUnavailable)) log.error(error, message);
  };
}

/** Returns the base of links in SNS's messages, if the options set one. */
function linksOf({ linkUrl, baseUrl }: Options): TopicsEnv['linkBase'] {
  const base = linkUrl ?? baseUrl;
  if (base === undefined || /\{(host|port)\}/.test(base)) return undefined;
  return (topic) => baseFor(base.replace(/\/+$/, ''), topic);
}
