/** Creates the queues and topics that Squab is started with, before it serves the first request. */

import { basename } from 'node:path';
import type { Call } from '../api/operation.ts';
import { functionNameOf } from '../functions/function-names.ts';
import type { Server } from './add-messages.ts';
import { applyDeclared } from './apply.ts';
import type { AppliedTopics } from './apply-topics.ts';
import { callSqsInProcess, type Owner } from './call-sqs.ts';
import { addDeadLetterInProcess } from './dead-letters.ts';
import type { DeclaredSubscription, DeclaredTopic, Deployment } from './declared.ts';
import type { FileDefinition } from './definition.ts';
import { checkParameters, readDefinitions, readQueueFile } from './read.ts';

interface Log {
  info(fields: object, message: string): void;
  warn(message: string): void;
  error(fields: object, message: string): void;
}

interface StartSettings extends Deployment {
  config?: string | undefined;
}

/** Takes the URL of Squab once it listens. */
export type Finish = (url: string) => Promise<() => void>;

/**
 * Creates the queues and topics before Squab listens. Resolves to a function that subscribes HTTP endpoints, which need a
 * Squab that listens to confirm their subscriptions; that one resolves to a function that logs the result. Throws
 * QueueFileError if a queue or a topic is invalid or refused. Those that were created until then are deleted.
 */
export async function createQueues(
  definitions: FileDefinition,
  { config, account, region, parameters, stackName }: StartSettings,
  rules: Pick<Call, 'env' | 'functions'>,
  log: Log,
): Promise<Finish> {
  const deployment = { account, region, parameters, stackName };
  const file = config === undefined ? undefined : await readQueueFile(config, deployment);
  checkParameters(deployment, file ? [file] : []);
  if (file) rules.functions.add(Object.fromEntries(file.functions));
  const given = readDefinitions(definitions);
  const owned = <T extends Owner>(one: T) => ({
    ...one,
    account: one.account ?? account,
    region: one.region ?? region,
  });
  const queues = [...(file?.queues ?? []), ...given.queues].map(owned);
  const topics = [...(file?.topics ?? []), ...given.topics].map(owned);
  const serverAt = (url?: string): Server => ({
    callSqs: callSqsInProcess(rules, { account, region }, failed(log), url),
    addDeadLetter: addDeadLetterInProcess(rules.env),
  });
  const applied = await applyDeclared({ queues, topics: topics.map((topic) => part(topic, isNotHttp)) }, serverAt());
  const warnings = [...(file?.warnings ?? []), ...applied.warnings, ...withoutUrl(topics, rules.functions)];
  return async (url) => {
    const later = topics.map((topic) => part(topic, isHttp)).filter(({ subscriptions }) => subscriptions.length > 0);
    const { topics: subscribed } = await applyDeclared({ queues: [], topics: later }, serverAt(url));
    return () => {
      for (const warning of warnings) log.warn(warning);
      const { created, changed, unchanged, messages } = applied;
      const counts = { created: created.length, changed: changed.length, unchanged: unchanged.length, messages };
      const fields = { file: config && basename(config), kind: file?.kind, ...counts };
      log.info(fields, 'The queues are ready');
      if (topics.length > 0) log.info(countsOf(applied.topics, subscribed), 'The topics are ready');
    };
  };
}

const failed = (log: Log) => (error: unknown) => log.error({ err: error }, 'A queue or a topic could not be created.');

const isHttp = ({ protocol }: DeclaredSubscription) => /^https?$/.test(protocol);
const isNotHttp = (subscription: DeclaredSubscription) => !isHttp(subscription);

/** Returns a topic with some of its subscriptions. */
function part(topic: DeclaredTopic, has: (subscription: DeclaredSubscription) => boolean): DeclaredTopic {
  return { ...topic, subscriptions: topic.subscriptions.filter(has) };
}

/** Warns about functions that are subscribed, and have no URL. */
function withoutUrl(topics: readonly DeclaredTopic[], { functions }: Call['functions']): string[] {
  const subscriptions = topics.flatMap((topic) => topic.subscriptions.filter(({ protocol }) => protocol === 'lambda'));
  return subscriptions.flatMap(({ at, endpoint }) => {
    const name = functionNameOf(endpoint.value, { account: '', region: '' })?.name;
    if (name === undefined || functions.find(name)) return [];
    return [
      `${at}: The function ${name} has no URL, so the topic cannot reach it. Give it one with --function ${name}=URL ` +
        'when you start Squab.',
    ];
  });
}

/** Counts a topic that gets only HTTP endpoints as changed, unless it is new. */
function countsOf({ created, changed, unchanged }: AppliedTopics, later: AppliedTopics) {
  const changedLater = later.changed.filter((name) => unchanged.includes(name)).length;
  return {
    created: created.length,
    changed: changed.length + changedLater,
    unchanged: unchanged.length - changedLater,
  };
}
