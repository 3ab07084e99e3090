/** SQS and SNS without their HTTP interfaces: the engine, the rules, and the background work. */

import { v4 as newId } from 'uuid';
import { baseFor } from './api/names.ts';
import { fanOut } from './control/events/fan-out.ts';
import { Functions } from './functions/functions.ts';
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
import { openEngine } from './storage/open-engine.ts';
import { StoreUnavailable } from './storage/store.ts';
import type { Clock } from './time/clock.ts';
import { onSetBack } from './time/set-back.ts';
import { VirtualClock } from './time/virtual-clock.ts';
import { deliveryLog } from './topics/delivery-log.ts';
import { EndedSubscriptions } from './topics/ended.ts';
import type { TopicsEnv } from './topics/env.ts';
import { Lapses } from './topics/lapses.ts';
import { Signatures } from './topics/signing/signatures.ts';
import { deliverBacklogs, makeDeliverer } from './topics/subscribers.ts';
import { TopicReports } from './topics/topic-reports.ts';

type Log = Parameters<typeof outageLog>[1] & FunctionLog;

export type Works = Awaited<ReturnType<typeof startWorks>>;

interface Clocks {
  /** SQS's clock, which may be frozen or moved. */
  clock: Clock;
  /** Real time. */
  machine: Clock;
}

/**
 * Opens the engine and starts the background work, except for message move tasks, which `resume` continues.
 * Throws DataFolderError.
 */
export async function startWorks(options: Options, { clock, machine }: Clocks, log: Log) {
  const store = await openEngine(options.data, options.durability);
  store.onFault(outageLog(machine, log));
  // The outage log already reports the engine's own faults.
  const reporter = (message: string) => (error: unknown) => {
    if (!(error instanceof StoreUnavailable)) log.error(error, message);
  };
  const { inFlightLimit, autoCreate } = options;
  const waiters = new Waiters(clock, (queueId, now) => store.nextVisibleAt(queueId, inFlightLimit, now));
  const mover = new Mover(
    { store, clock, machine, newId },
    reporter('A message move task failed; it will be retried.'),
  );
  const janitor = startJanitor(
    store,
    { clock, machine },
    reporter('Freeing the space of old messages failed; it will be retried.'),
  );
  const lapses = new Lapses(store.topics, clock, reporter('Removing old subscriptions failed; it will be retried.'));
  const faults = new Faults(machine, clock);
  const cooldowns = options.cooldowns ? new Cooldowns(clock) : undefined;
  const rules = {
    receiptHandles: new ReceiptHandles(store.receiptSecret),
    ...{ store, clock, waiters, mover, inFlightLimit, newId, faults, autoCreate },
    topics: store.topics,
    signatures: new Signatures(store.topics),
    reports: new TopicReports(),
    enforcesPolicies: options.auth === 'policy',
    ended: new EndedSubscriptions(),
    confirmsByItself: options.confirmHttp,
    onLapsable: () => lapses.look(),
    linkBase: linksOf(options),
    cooldowns,
    fifoQuotas: options.fifoQuotas ? new FifoQuotas(clock, cooldowns?.settings) : undefined,
  };
  rules.reports.listen(deliveryLog(log));
  const deliverer = makeDeliverer(rules, {
    ...{ machine, publicEndpoints: options.publicEndpoints, anyCertificate: options.anyCertificate },
    invoke: (functionArn, event, signal) => functions.invocations.deliver(functionArn, event, signal),
    onReport: (report) => rules.reports.attempted(report),
    onError: reporter('A delivery to a subscriber failed; it will be retried.'),
  });
  const env: TopicsEnv = { ...rules, deliverer };
  const happenings = fanOut(store);
  const functions = new Functions({
    ...{ env, mappings: store.mappings, machine, given: options.functions, log, report: happenings.report },
    track: (invocation) => clock instanceof VirtualClock && clock.trackCall(invocation),
  });
  env.onQueueCreated = (queue) => functions.queueCreated(queue);
  env.onQueuesReplaced = () => functions.queuesReplaced();
  store.onAnnounce((queueId, at) => {
    waiters.announce(queueId, at);
    deliverer.announce(queueId, at);
  });
  if (clock instanceof VirtualClock) {
    clock.trackWork(() => janitor.portions + mover.portions + lapses.sweeps + deliverer.progress);
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
    /** Ends everything that waits: long polls, and responses that fault rules delay. */
    wakeAll() {
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

/** Returns the base of links in SNS's messages, if the options set one. */
function linksOf({ linkUrl, baseUrl }: Options): TopicsEnv['linkBase'] {
  const base = linkUrl ?? baseUrl;
  if (base === undefined || /\{(host|port)\}/.test(base)) return undefined;
  return (topic) => baseFor(base.replace(/\/+$/, ''), topic);
}
