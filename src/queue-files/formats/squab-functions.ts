/** Reads functions of Squab's own format: their URLs, and the queues that feed them. */

import { FUNCTION_NAME, FUNCTION_SECONDS_MAX, type FunctionTarget, isFunctionUrl } from '../../settings/functions.ts';
import type { DeclaredTrigger } from '../declared.ts';
import { type Findings, jsonOf, plain, type Tree } from '../syntax/tree.ts';
import type { Fields } from './squab-reader.ts';

const TARGET_KEYS = ['url', 'timeoutSeconds'];
const TRIGGER_KEYS = [
  'name',
  'enabled',
  'batchSize',
  'windowSeconds',
  'reportBatchItemFailures',
  'maxConcurrency',
  'filters',
];

/** Returns the functions of a file, with their URLs. */
export function targetsIn(tree: Tree, fields: Fields, findings: Findings): Map<string, FunctionTarget> {
  const targets = new Map<string, FunctionTarget>();
  if (tree.kind !== 'map') {
    findings.problem(tree.at, 'functions must be a map of names to URLs.');
    return targets;
  }
  for (const { key, at, value } of tree.entries) {
    if (!FUNCTION_NAME.test(key)) {
      findings.problem(
        at,
        `${JSON.stringify(key)} is not the name of a function: up to 140 letters, digits, hyphens and underscores, or *.`,
      );
    }
    const target = targetOf(value, fields, findings);
    if (target) targets.set(key, target);
  }
  return targets;
}

function targetOf(tree: Tree, fields: Fields, findings: Findings): FunctionTarget | undefined {
  const given = tree.kind === 'scalar' ? undefined : fields(tree, 'A function', TARGET_KEYS);
  const url = tree.kind === 'scalar' ? tree : given?.get('url')?.value;
  if (url?.kind !== 'scalar' || !isFunctionUrl(url.text)) {
    findings.problem(url?.at ?? tree.at, 'A function needs a URL such as http://localhost:9000/.');
    return undefined;
  }
  const timeout = given?.get('timeoutSeconds')?.value;
  if (!timeout) return { url: url.text };
  const timeoutSeconds = timeout.kind === 'scalar' && /^\d{1,3}$/.test(timeout.text) ? Number(timeout.text) : 0;
  if (timeoutSeconds >= 1 && timeoutSeconds <= FUNCTION_SECONDS_MAX) return { url: url.text, timeoutSeconds };
  findings.problem(timeout.at, `timeoutSeconds must be a number of seconds from 1 to ${FUNCTION_SECONDS_MAX}.`);
  return undefined;
}

/** Returns the functions that a queue feeds: a list of names, or of names with settings. */
export function triggersIn(tree: Tree, fields: Fields, findings: Findings): DeclaredTrigger[] {
  if (tree.kind !== 'list') {
    findings.problem(tree.at, 'functions of a queue must be a list of names of functions.');
    return [];
  }
  return tree.items.flatMap((item) => triggerOf(item, fields, findings) ?? []);
}

function triggerOf(tree: Tree, fields: Fields, findings: Findings): DeclaredTrigger | undefined {
  if (tree.kind === 'scalar' && tree.value !== null) return { at: tree.at, functionName: tree.text, settings: {} };
  const given = fields(tree, 'A function of a queue', TRIGGER_KEYS);
  if (!given) return undefined;
  const value = (key: string) => {
    const part = given.get(key)?.value;
    return part && plain(part);
  };
  const name = given.get('name')?.value;
  if (name?.kind !== 'scalar' || name.value === null) {
    findings.problem(tree.at, 'A function of a queue needs a name.');
    return undefined;
  }
  const [reports, concurrency] = ['reportBatchItemFailures', 'maxConcurrency'].map(value);
  const filters = given.get('filters')?.value;
  const settings = {
    Enabled: value('enabled'),
    BatchSize: value('batchSize'),
    MaximumBatchingWindowInSeconds: value('windowSeconds'),
    ...(reports !== undefined && { FunctionResponseTypes: reports ? ['ReportBatchItemFailures'] : [] }),
    ...(concurrency !== undefined && { ScalingConfig: { MaximumConcurrency: concurrency } }),
    ...(filters !== undefined && { FilterCriteria: filterCriteria(filters) }),
  };
  const set = Object.entries(settings).filter(([, one]) => one !== undefined);
  return { at: tree.at, functionName: name.text, settings: Object.fromEntries(set) };
}

function filterCriteria(filters: Tree): object {
  if (filters.kind !== 'list') return { Filters: plain(filters) };
  const patternOf = (item: Tree) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? item.value : jsonOf(item);
  return { Filters: filters.items.map((item) => ({ Pattern: patternOf(item) })) };
}
