/** What queues and topics have in common in the form of a file: their owners and their attributes. */

import { parseJsonObject } from '../queues/json-object.ts';
import type { QueueKey } from '../storage/store.ts';

/** The defaults of the options. Any other account or region is written with the queue. */
const DEFAULT_OWNER = { account: '000000000000', region: 'us-east-1' };

/** Returns the account and the region, where they are not the defaults. */
export function ownerOf({ account, region }: Pick<QueueKey, 'account' | 'region'>): {
  account?: string;
  region?: string;
} {
  return {
    ...(account !== DEFAULT_OWNER.account && { account }),
    ...(region !== DEFAULT_OWNER.region && { region }),
  };
}

/** Identifies a queue among those of all accounts and regions. */
export function identity({ account, region, name }: QueueKey): string {
  return `${account}/${region}/${name}`;
}

/** Writes numbers and booleans as such, and policies as objects if the same text can be recreated from them. */
export function writtenValue(text: string): string | number | boolean | object {
  if (/^(0|[1-9]\d{0,9})$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return writtenObject(text) ?? text;
}

/** A file may have 100 levels of nesting, of which up to ten are around an object. */
const DEPTH_MAX = 90;

/** Returns the object in a text, if the same text can be recreated from it in a file. */
export function writtenObject(text: string): object | undefined {
  const object = parseJsonObject(text);
  if (!object || depthOf(text) > DEPTH_MAX) return undefined;
  return JSON.stringify(object) === text ? object : undefined;
}

/** Returns how many levels of objects and lists a JSON text has. On other texts, the search could take a quadratic time. */
function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (const [bracket] of json.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
