/**
 * The settings of event source mappings: their checks, their defaults, and how a change of some affects the others.
 * Source: Lambda API reference, CreateEventSourceMapping and UpdateEventSourceMapping; texts as observed on the
 * service.
 */

import { invalidParameter, SqsError } from '../errors.ts';
import { FIFO_SUFFIX } from '../queues/catalog.ts';
import { KMS_KEY_MAX } from '../queues/limits.ts';
import type { MappingSettings } from '../storage/mappings.ts';
import type { QueueKey } from '../storage/store.ts';
import { InvalidText } from '../topics/invalid-text.ts';
import { filtersOf } from './filters.ts';
import {
  BATCH_SIZE,
  CONCURRENCY,
  FILTERS_MAX,
  METRICS,
  PATTERN_MAX,
  POLLERS,
  WINDOW_SECONDS_MAX,
} from './lambda-limits.ts';

/** The settings of a request. What is undefined keeps its value. */
export interface SettingsInput {
  enabled?: boolean | undefined;
  batchSize?: number | undefined;
  windowSeconds?: number | undefined;
  responseTypes?: readonly string[] | undefined;
  filters?: readonly string[] | undefined;
  /** Without a number, the limit is removed. */
  scaling?: { maxConcurrency?: number | undefined } | undefined;
  pollers?: { minimum?: number | undefined; maximum?: number | undefined } | undefined;
  /** Settings that are only kept, by Lambda's names. */
  others: Readonly<Record<string, unknown>>;
}

export const DEFAULT_SETTINGS: MappingSettings = {
  enabled: true,
  batchSize: BATCH_SIZE.default,
  windowSeconds: 0,
  reportsFailures: false,
  filters: [],
  others: {},
};

const REPORT = 'ReportBatchItemFailures';
const POLLER_CONFIG = 'ProvisionedPollerConfig';

/** Returns the settings with those of a request. Throws `InvalidParameterValue` and `ValidationException`. */
export function changedSettings(before: MappingSettings, input: SettingsInput, queue: QueueKey): MappingSettings {
  checkRanges(input);
  const { pollers, scaling, filters = before.filters } = input;
  if (filters !== before.filters) checkFilters(filters);
  const maxConcurrency = scaling ? scaling.maxConcurrency : before.maxConcurrency;
  const others = Object.entries({ ...before.others, ...input.others, ...pollersOf(pollers) });
  const settings: MappingSettings = {
    enabled: input.enabled ?? before.enabled,
    batchSize: input.batchSize ?? before.batchSize,
    windowSeconds: input.windowSeconds ?? before.windowSeconds,
    reportsFailures: input.responseTypes ? input.responseTypes.includes(REPORT) : before.reportsFailures,
    filters,
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    others: Object.fromEntries(others.filter(([, value]) => value !== undefined)),
  };
  checkTogether(settings, queue);
  return settings;
}

function checkRanges(input: SettingsInput): void {
  const { batchSize, windowSeconds, responseTypes = [], scaling, pollers = {}, others } = input;
  checkRange('batchSize', batchSize, 1, BATCH_SIZE.max);
  checkRange('maximumBatchingWindowInSeconds', windowSeconds, 0, WINDOW_SECONDS_MAX);
  checkRange('scalingConfig.maximumConcurrency', scaling?.maxConcurrency, CONCURRENCY.min, CONCURRENCY.max);
  checkRange('provisionedPollerConfig.minimumPollers', pollers.minimum, POLLERS.min, POLLERS.max);
  checkRange('provisionedPollerConfig.maximumPollers', pollers.maximum, POLLERS.min, POLLERS.max);
  checkOthers(others);
  const unknown = responseTypes.find((type) => type !== REPORT);
  if (unknown === undefined) return;
  throw invalidMember('functionResponseTypes', `[${unknown}]`, `Member must satisfy enum value set: [${REPORT}]`);
}

/** Checks the settings that are only kept: a list of mappings repeats them. */
function checkOthers({ MetricsConfig, KMSKeyArn }: SettingsInput['others']): void {
  const { Metrics = [] } = (MetricsConfig ?? {}) as { Metrics?: readonly string[] };
  if (Metrics.length > METRICS.length) {
    const constraint = `Member must have length less than or equal to ${METRICS.length}`;
    throw invalidMember('metricsConfig.metrics', `${Metrics.length} metrics`, constraint);
  }
  const unknown = Metrics.find((metric) => !METRICS.includes(metric));
  if (unknown !== undefined) {
    throw invalidMember(
      'metricsConfig.metrics',
      unknown,
      `Member must satisfy enum value set: [${METRICS.join(', ')}]`,
    );
  }
  if (typeof KMSKeyArn === 'string' && KMSKeyArn.length > KMS_KEY_MAX) {
    const constraint = `Member must have length less than or equal to ${KMS_KEY_MAX}`;
    throw invalidMember('kMSKeyArn', KMSKeyArn.slice(0, 100), constraint);
  }
}

function checkTogether({ batchSize, windowSeconds, maxConcurrency, others }: MappingSettings, queue: QueueKey): void {
  if (queue.name.endsWith(FIFO_SUFFIX)) {
    if (windowSeconds > 0) throw invalidParameter('Batching window is not supported for FIFO queues.');
    if (batchSize > BATCH_SIZE.maxOfFifo) {
      throw invalidParameter(`Maximum batch size for FIFO queues is ${BATCH_SIZE.maxOfFifo}.`);
    }
  }
  if (batchSize > BATCH_SIZE.maxWithoutWindow && windowSeconds === 0) {
    throw invalidParameter(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  }
  if (maxConcurrency !== undefined && others[POLLER_CONFIG] !== undefined) {
    throw invalidParameter('ScalingConfig and ProvisionedPollerConfig cannot be used together.');
  }
}

function checkFilters(filters: readonly string[]): void {
  if (filters.length > FILTERS_MAX) {
    throw invalidParameter(`The maximum number of filters is ${FILTERS_MAX}, not ${filters.length}.`);
  }
  const long = filters.find((pattern) => pattern.length > PATTERN_MAX);
  if (long !== undefined) {
    const limit = `Member must have length less than or equal to ${PATTERN_MAX}`;
    throw invalidMember('filterCriteria.filters.pattern', `${long.slice(0, 100)}…`, limit);
  }
  try {
    filtersOf(filters);
  } catch (error) {
    if (error instanceof InvalidText) throw invalidParameter('Invalid filter pattern definition.');
    throw error;
  }
}

function pollersOf(pollers: SettingsInput['pollers']): Record<string, unknown> {
  if (!pollers) return {};
  const { minimum, maximum } = pollers;
  if (minimum === undefined && maximum === undefined) return { [POLLER_CONFIG]: undefined };
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    throw invalidParameter('MinimumPollers must be less than or equal to MaximumPollers.');
  }
  return {
    [POLLER_CONFIG]: { MinimumPollers: minimum ?? POLLERS.min, MaximumPollers: maximum ?? Math.max(200, minimum!) },
  };
}

function checkRange(member: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (value >= min && value <= max)) return;
  const [relation, bound] = value < min ? ['greater', min] : ['less', max];
  throw invalidMember(member, String(value), `Member must have value ${relation} than or equal to ${bound}`);
}

/** Returns the error of the framework that Lambda runs on. */
export function invalidMember(member: string, value: string, constraint: string): SqsError {
  return new SqsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}
