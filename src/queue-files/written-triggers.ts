/** Event source mappings in the form of a file: the functions of queues. */

import type { QueueKey } from '../storage/store.ts';
import { type CallSqs, NotSqs, type Owner, Refused } from './call-sqs.ts';
import type { TriggerDefinition } from './definition.ts';
import { writtenObject } from './written-values.ts';

/** The configuration of a mapping, as Lambda reports it. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Reads the configurations of all mappings of an owner, by the ARNs of their queues. */
export async function collectMappings(callSqs: CallSqs, owner: Owner): Promise<Map<string, Configuration[]>> {
  const all: Configuration[] = [];
  try {
    for (let marker: unknown = ''; marker !== undefined; ) {
      const page = await callSqs('ListEventSourceMappings', marker === '' ? {} : { Marker: marker }, owner);
      all.push(...(page.EventSourceMappings as Configuration[]));
      marker = page.NextMarker;
    }
  } catch (error) {
    // Servers other than Squab may have queues only.
    if (!(error instanceof Refused || error instanceof NotSqs)) throw error;
  }
  return Map.groupBy(all, ({ EventSourceArn }) => String(EventSourceArn));
}

/** Returns a mapping as the function of a queue. Defaults need not be written. */
export function triggerOf(configuration: Configuration, { account, region }: QueueKey): string | TriggerDefinition {
  const { State, BatchSize, MaximumBatchingWindowInSeconds, FunctionResponseTypes } = configuration;
  const { ScalingConfig, FilterCriteria } = configuration as Record<string, Record<string, unknown> | undefined>;
  const arn = String(configuration.FunctionArn);
  const isNear = arn.split(':').slice(3, 5).join(':') === `${region}:${account}`;
  const name = isNear ? arn.split(':').slice(6).join(':') : arn;
  const filters = ((FilterCriteria?.Filters ?? []) as { Pattern: string }[]).map(
    ({ Pattern }) => writtenObject(Pattern) ?? Pattern,
  );
  const settings = {
    ...(State === 'Disabled' && { enabled: false }),
    ...(BatchSize !== 10 && { batchSize: Number(BatchSize) }),
    ...(MaximumBatchingWindowInSeconds !== 0 && { windowSeconds: Number(MaximumBatchingWindowInSeconds) }),
    ...((FunctionResponseTypes as unknown[]).length > 0 && { reportBatchItemFailures: true }),
    ...(ScalingConfig && { maxConcurrency: Number(ScalingConfig.MaximumConcurrency) }),
    ...(filters.length > 0 && { filters }),
  };
  return Object.keys(settings).length === 0 ? name : { name, ...settings };
}
