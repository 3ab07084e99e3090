/**
 * Creates, finds, lists, changes and deletes event source mappings.
 * Source: Lambda API reference; order of checks, states and texts as observed on the service.
 */

import { invalidParameter, SqsError } from '../errors.ts';
import { parseArn, queueArn } from '../queues/arn.ts';
import { numberOf } from '../queues/attributes.ts';
import type { Env } from '../queues/env.ts';
import { TAGS_MAX } from '../queues/limits.ts';
import { ownText } from '../queues/own-text.ts';
import { checkTag } from '../queues/tags.ts';
import type { Mapping, MappingChange, Mappings } from '../storage/mappings.ts';
import type { QueueKey } from '../storage/store.ts';
import { type FunctionName, functionNameOf, type Owner } from './function-names.ts';
import type { FunctionTable, LocalFunction } from './function-table.ts';
import { LISTED_MAX } from './lambda-limits.ts';
import type { Pollers } from './pollers.ts';
import { changedSettings, DEFAULT_SETTINGS, invalidMember, type SettingsInput } from './settings.ts';

export interface MappingContext {
  env: Env;
  mappings: Mappings;
  functions: FunctionTable;
  pollers: Pollers;
}

export interface CreateMappingInput {
  queueArn: string | undefined;
  functionName: string;
  settings: SettingsInput;
  tags: ReadonlyMap<string, string>;
}

/**
 * Creates a mapping, and begins to poll for it. Throws `InvalidParameterValue`, `ValidationException`,
 * `ResourceConflictException`.
 */
export async function createMapping(
  context: MappingContext,
  owner: Owner,
  input: CreateMappingInput,
): Promise<Mapping> {
  const { env, mappings, pollers } = context;
  const queue = eventSourceOf(input.queueArn);
  const settings = changedSettings(DEFAULT_SETTINGS, input.settings, queue);
  checkTags(input.tags);
  const { name, target } = functionOf(context, input.functionName, owner);
  await checkQueue(env, queue, target);
  const place = { account: ownText(owner.account), region: ownText(owner.region) };
  const given = { id: env.newId(), ...place, queue, functionArn: ownText(name.arn), settings, tags: input.tags };
  const { mapping, created } = await mappings.createMapping(given, env.clock.now());
  if (!created) throw alreadyExists(mapping, input.functionName);
  await pollers.put(mapping);
  return mapping;
}

/** Throws `ResourceNotFoundException`. */
export async function findMapping({ mappings }: MappingContext, owner: Owner, id: string): Promise<Mapping> {
  const mapping = await mappings.findMapping(id);
  if (!mapping || !belongsTo(mapping, owner)) throw noSuchMapping();
  return mapping;
}

/** Changes a mapping. Throws as `createMapping` does, and `ResourceNotFoundException`. */
export async function changeMapping(
  context: MappingContext,
  owner: Owner,
  id: string,
  { functionName, settings }: { functionName: string | undefined; settings: SettingsInput },
): Promise<{ before: Mapping; mapping: Mapping }> {
  const { env, mappings, pollers } = context;
  for (;;) {
    const before = await findMapping(context, owner, id);
    const change: MappingChange = { settings: changedSettings(before.settings, settings, before.queue) };
    if (functionName !== undefined) {
      const { name, target } = functionOf(context, functionName, owner);
      await checkTimeout(env, before.queue, target);
      change.functionArn = ownText(name.arn);
    }
    const mapping = await mappings.changeMapping(id, { ...change, expected: before.revision }, env.clock.now());
    if (mapping === 'outdated') continue;
    if (mapping === 'taken') {
      const { queue } = before;
      const [other] = await mappings.listMappings({ queue, functionArn: change.functionArn, limit: 1 });
      if (other) throw alreadyExists(other, functionName!);
      continue;
    }
    if (!mapping || mapping === 'over-limit') throw noSuchMapping();
    await pollers.put(mapping);
    return { before, mapping };
  }
}

/** Deletes a mapping. A batch that is in progress ends as usual. Throws `ResourceNotFoundException`. */
export async function deleteMapping(context: MappingContext, owner: Owner, id: string): Promise<Mapping> {
  await findMapping(context, owner, id);
  const mapping = await context.mappings.deleteMapping(id);
  if (!mapping) throw noSuchMapping();
  await context.pollers.remove(id);
  return mapping;
}

export interface ListInput {
  queueArn: string | undefined;
  functionName: string | undefined;
  marker: string | undefined;
  max: number | undefined;
}

/** Lists the mappings of an account and region. Throws `InvalidParameterValue`, `ValidationException`. */
export async function listMappings(
  { mappings }: MappingContext,
  owner: Owner,
  { queueArn: arn, functionName, marker, max = LISTED_MAX }: ListInput,
): Promise<{ mappings: Mapping[]; marker: string | undefined }> {
  if (max < 1) throw invalidMember('maxItems', String(max), 'Member must have value greater than or equal to 1');
  const queue = arn === undefined ? undefined : parseArn(arn);
  const after = marker === undefined ? undefined : placeIn(marker);
  // No mapping has another event source than a queue.
  if (arn !== undefined && queue?.service !== 'sqs') return { mappings: [], marker: undefined };
  const functionArn = functionName === undefined ? undefined : namedFunction(functionName, owner).arn;
  const limit = Math.min(max, LISTED_MAX);
  const found = await mappings.listMappings({ ...owner, queue, functionArn, after, limit: limit + 1 });
  const page = found.slice(0, limit);
  return { mappings: page, marker: found.length > limit ? markerAfter(page.at(-1)!) : undefined };
}

/**
 * Adds tags to the mapping with this ARN, or removes those whose value is undefined. Throws `InvalidParameterValue`,
 * `ResourceNotFoundException`.
 */
export async function changeTags(
  context: MappingContext,
  owner: Owner,
  arn: string,
  tags: ReadonlyMap<string, string | undefined>,
): Promise<void> {
  const { id } = await mappingByArn(context, owner, arn);
  checkTags(new Map([...tags].filter((tag): tag is [string, string] => tag[1] !== undefined)));
  const adds = [...tags.values()].some((value) => value !== undefined);
  const change = { tags, ...(adds && { tagsMax: TAGS_MAX }) };
  const changed = await context.mappings.changeMapping(id, change, context.env.clock.now());
  if (changed === 'over-limit') throw tooManyTags();
  if (!changed) throw noMappingFor(arn);
}

/** Returns the mapping with this ARN. Throws `ResourceNotFoundException`, with the text of tag operations. */
export async function mappingByArn({ mappings }: MappingContext, owner: Owner, arn: string): Promise<Mapping> {
  const [, id] = /^arn:aws[a-z-]*:lambda:[^:]+:\d{12}:event-source-mapping:([^:]+)$/.exec(arn) ?? [];
  const mapping = id === undefined ? undefined : await mappings.findMapping(id);
  if (!mapping || !belongsTo(mapping, owner)) throw noMappingFor(arn);
  return mapping;
}

function eventSourceOf(arn: string | undefined): QueueKey {
  const parsed = arn === undefined ? undefined : parseArn(arn);
  if (parsed?.service !== 'sqs') throw invalidParameter('Unrecognized event source.');
  const { account, region, name } = parsed;
  return { account, region, name };
}

function namedFunction(text: string, owner: Owner): FunctionName {
  const name = functionNameOf(text, owner);
  if (name) return name;
  const constraint = 'Member must satisfy regular expression pattern: a name, a partial ARN or an ARN of a function';
  throw invalidMember('functionName', text, constraint);
}

/** Returns the function with this name. Throws `InvalidParameterValue` if there is no URL for it. */
function functionOf({ functions }: MappingContext, text: string, owner: Owner) {
  const name = namedFunction(text, owner);
  const target = functions.find(name.name);
  if (!target) throw invalidParameter('Function does not exist');
  return { name, target };
}

async function checkQueue(env: Env, key: QueueKey, target: LocalFunction): Promise<void> {
  if (!(await env.store.findQueue(key))) {
    throw invalidParameter(
      'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. ' +
        'SQS Error Message: The specified queue does not exist.',
    );
  }
  await checkTimeout(env, key, target);
}

/** Throws `InvalidParameterValue` if messages would become visible again while the function may still work on them. */
async function checkTimeout(env: Env, key: QueueKey, { timeoutSeconds }: LocalFunction): Promise<void> {
  const queue = await env.store.findQueue(key);
  const visibilitySeconds = queue ? numberOf(queue, 'VisibilityTimeout') : Number.POSITIVE_INFINITY;
  if (timeoutSeconds === undefined || visibilitySeconds >= timeoutSeconds) return;
  throw invalidParameter(
    `Queue visibility timeout: ${visibilitySeconds} seconds is less than Function timeout: ${timeoutSeconds} seconds`,
  );
}

function checkTags(tags: ReadonlyMap<string, string>): void {
  if (tags.size > TAGS_MAX) throw tooManyTags();
  for (const [key, value] of tags) checkTag(key, value);
}

function tooManyTags(): SqsError {
  return invalidParameter(`An event source mapping can have up to ${TAGS_MAX} tags.`);
}

function belongsTo(mapping: Mapping, { account, region }: Owner): boolean {
  return mapping.account === account && mapping.region === region;
}

/** A marker is the place of the last mapping of a page. */
function markerAfter({ place }: Mapping): string {
  return Buffer.from(String(place)).toString('base64');
}

function placeIn(marker: string): number {
  const text = Buffer.from(marker, 'base64').toString();
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalidParameter('Invalid Marker.');
}

function alreadyExists({ id, queue }: Mapping, functionName: string): SqsError {
  return new SqsError(
    'ResourceConflictException',
    `An event source mapping with SQS arn (" ${queueArn(queue)} ") and function (" ${functionName} ") already exists. ` +
      `Please update or delete the existing mapping with UUID ${id}`,
  );
}

function noSuchMapping(): SqsError {
  return new SqsError('ResourceNotFoundException', 'The resource you requested does not exist.');
}

function noMappingFor(arn: string): SqsError {
  return new SqsError('ResourceNotFoundException', `Event source mapping not found: ${arn}`);
}
