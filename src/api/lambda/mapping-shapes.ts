/** Shapes of event source mappings, and the translation between Lambda's spelling and Squab's. */

import type { SettingsInput } from '../../functions/settings.ts';
import { queueArn } from '../../queues/arn.ts';
import type { Mapping } from '../../storage/mappings.ts';
import { boolean, entryMap, integer, memberList, nested, optional, type Structure, string } from '../wires/shape.ts';

/** The members of a request that creates or changes a mapping. */
export const settingsMembers = {
  Enabled: optional(boolean),
  BatchSize: optional(integer),
  MaximumBatchingWindowInSeconds: optional(integer),
  FunctionResponseTypes: optional(memberList(string)),
  FilterCriteria: optional(nested({ Filters: optional(memberList(nested({ Pattern: optional(string) }))) })),
  ScalingConfig: optional(nested({ MaximumConcurrency: optional(integer) })),
  ProvisionedPollerConfig: optional(nested({ MinimumPollers: optional(integer), MaximumPollers: optional(integer) })),
  MetricsConfig: optional(nested({ Metrics: optional(memberList(string)) })),
  KMSKeyArn: optional(string),
  // Only for other event sources.
  DestinationConfig: optional(nested({})),
};

export const tagsShape = entryMap(string);

/** Converts the settings in the input of an operation. Members that the request does not have are undefined. */
export function settingsOf(input: Structure<typeof settingsMembers>): SettingsInput {
  const { ScalingConfig: scaling, ProvisionedPollerConfig: pollers, MetricsConfig, KMSKeyArn } = input;
  return {
    enabled: input.Enabled,
    batchSize: input.BatchSize,
    windowSeconds: input.MaximumBatchingWindowInSeconds,
    responseTypes: input.FunctionResponseTypes,
    filters: input.FilterCriteria && (input.FilterCriteria.Filters ?? []).map(({ Pattern = '' }) => Pattern),
    scaling: scaling && { maxConcurrency: scaling.MaximumConcurrency },
    pollers: pollers && { minimum: pollers.MinimumPollers, maximum: pollers.MaximumPollers },
    others: { ...(MetricsConfig && { MetricsConfig }), ...(KMSKeyArn !== undefined && { KMSKeyArn }) },
  };
}

/** Returns the state that a mapping has once its last change is done. */
export function stateOf({ settings }: Mapping): 'Enabled' | 'Disabled' {
  return settings.enabled ? 'Enabled' : 'Disabled';
}

function mappingArn({ account, region, id, functionArn }: Mapping): string {
  const [, partition] = functionArn.split(':');
  return `arn:${partition}:lambda:${region}:${account}:event-source-mapping:${id}`;
}

/** Returns the configuration of a mapping, as Lambda reports it. */
export function configurationOf(mapping: Mapping, state: string = stateOf(mapping)) {
  const { settings, id, queue, functionArn, modifiedAt } = mapping;
  const { batchSize, windowSeconds, reportsFailures, filters, maxConcurrency, others } = settings;
  return {
    UUID: id,
    EventSourceMappingArn: mappingArn(mapping),
    EventSourceArn: queueArn(queue),
    FunctionArn: functionArn,
    BatchSize: batchSize,
    MaximumBatchingWindowInSeconds: windowSeconds,
    FunctionResponseTypes: reportsFailures ? ['ReportBatchItemFailures'] : [],
    ...(filters.length > 0 && { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
    ...(maxConcurrency !== undefined && { ScalingConfig: { MaximumConcurrency: maxConcurrency } }),
    ...others,
    LastModified: modifiedAt / 1000,
    State: state,
    StateTransitionReason: 'USER_INITIATED',
  };
}
