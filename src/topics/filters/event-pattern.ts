/**
 * The patterns of an event source mapping, which decide which messages of a queue a function gets. They are patterns of
 * EventBridge: more operators can be negated than in SNS, and SNS's limits do not apply.
 * Source: Lambda developer guide, "Using event filtering with an Amazon SQS event source".
 */

import { isJsonObject } from '../../queues/json-object.ts';
import { Steps } from '../../queues/policies/answers.ts';
import { InvalidText } from '../invalid-text.ts';
import type { Dialect } from './conditions.ts';
import { JsonTree } from './json-tree.ts';
import { parseRules } from './parse-rules.ts';
import {
  type AllOf,
  type Examined,
  FILTER_STEPS_MAX,
  type Found,
  type Key,
  reasonAgainst,
  satisfies,
} from './rules.ts';

export interface EventPattern {
  readonly rules: AllOf;
}

const dialect: Dialect = {
  negatable: new Set(['prefix', 'suffix', 'equals-ignore-case', 'wildcard']),
  starsMax: Number.POSITIVE_INFINITY,
};

/** Parses the text of a pattern. Throws InvalidText; its message says what is wrong, which AWS does not. */
export function parseEventPattern(text: string): EventPattern {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    throw new InvalidText('failed to parse JSON.');
  }
  if (!isJsonObject(object)) throw new InvalidText('Filter is not an object');
  return { rules: parseRules(object, text.length, dialect) };
}

/** Found where the form of a pattern does not fit that of the body: such a message never matches. */
const UNFIT: Found = { present: true, values: [] };

/** A record of an event, as patterns look at it. Its body is read only if a pattern needs it. */
export class FilteredRecord {
  readonly #record: RecordTree;
  /** What all patterns together may still take. */
  readonly #steps = new Steps(FILTER_STEPS_MAX);

  constructor(record: { readonly body: string; readonly [name: string]: unknown }) {
    this.#record = new RecordTree(record);
  }

  /** How many steps all comparisons so far took. */
  get stepsTaken(): number {
    return FILTER_STEPS_MAX - this.#steps.left;
  }

  /** Returns whether the record matches a pattern. Throws OutOfSteps. */
  matches({ rules }: EventPattern): boolean {
    return satisfies(this.#record, rules, this.#steps);
  }

  /** Returns why the record does not match a pattern, as a text for users; undefined if it does. Throws OutOfSteps. */
  reasonAgainst({ rules }: EventPattern): string | undefined {
    return reasonAgainst(this.#record, rules, this.#steps);
  }
}

class RecordTree implements Examined {
  readonly #members: JsonTree;
  readonly #body: string;
  #json: JsonTree | 'plain text' | undefined;

  constructor({ body, ...members }: { readonly body: string }) {
    this.#members = new JsonTree(members);
    this.#body = body;
  }

  /** A list of values for `body` matches plain texts only, an object only JSON. */
  find(key: Key): Found {
    if (key.segments[0] !== 'body') return this.#members.find(key);
    this.#json ??= jsonTreeOf(this.#body);
    const wantsText = key.segments.length === 1;
    if (this.#json === 'plain text') return wantsText ? { present: true, values: [this.#body] } : UNFIT;
    return wantsText ? UNFIT : this.#json.find(key);
  }
}

/** Returns the tree of the parsed body, as the member `body`. Only JSON objects and arrays are not plain text. */
function jsonTreeOf(body: string): JsonTree | 'plain text' {
  if (!/^\s*[[{]/.test(body)) return 'plain text';
  try {
    return new JsonTree({ body: JSON.parse(body) });
  } catch {
    return 'plain text';
  }
}
