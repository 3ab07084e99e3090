/**
 * AWS JSON 1.0: a header names the operation, and input and output are JSON objects.
 * Source: Smithy, "AWS JSON 1.0 protocol".
 */

import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import { SqsError } from '../../errors.ts';
import { excessOf } from '../../queues/json-bounds.ts';
import type { Operation } from '../operation.ts';
import type { Response, Wire, WireRequest } from '../wire.ts';
import { isEmpty, isPlainObject, type Shape, type StructureShape } from './shape.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.0';
export class JsonWire implements Wire {
  readonly action: string;
  readonly #request: WireRequest;

  /** `action`: the part of `X-Amz-Target` that names the operation. */
  constructor(request: WireRequest, action: string) {
    this.#request = request;
    this.action = action;
  }

  decode(shape: StructureShape<unknown>): unknown {
    return parseInput(shape, parseBody(this.#request.body));
  }

  reply(operation: Operation, output: unknown, requestId: string): Response {
    const body = operation.output ? encoderOf(operation.output)(output) : '';
    return response(200, body, requestId);
  }

  refusal(error: SqsError, requestId: string): Response {
    const { shape, namespace, status, queryCode, fault } = error.row;
    const refusal = response(
      status,
      JSON.stringify({ __type: `${namespace}#${shape}`, message: error.message }),
      requestId,
    );
    // SDKs read the error's code from this header; some crash if it is missing.
    refusal.headers['x-amzn-query-error'] = `${queryCode};${fault}`;
    return refusal;
  }
}

/** Returns the input in the operation's shape. Throws `MalformedInput`, with SQS's message. */
export function parseInput(shape: StructureShape<unknown>, raw: unknown): unknown {
  const parsed = shape.schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new SqsError('MalformedInput', wording(parsed.error.issues[0]!, raw));
}

/** Parses a body, which is an object or empty. Throws `MalformedInput`. */
export function parseBody(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw new SqsError('MalformedInput', 'The request body is not valid UTF-8.');
  const excess = excessOf(body);
  if (excess) throw new SqsError('MalformedInput', `The request body ${excess}.`);
  const text = body.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SqsError('MalformedInput', 'Unexpected character');
  }
  if (!isPlainObject(value)) throw new SqsError('MalformedInput', 'The request body is not a JSON object.');
  if (text.includes('null')) dropNulls(value);
  return value;
}

/**
 * Removes `null` members, which AWS's SDKs treat as absent, but not `null` items of lists. Does not recurse, since
 * clients choose how deeply JSON is nested.
 */
function dropNulls(root: object): void {
  const open = [root];
  for (let value = open.pop(); value; value = open.pop()) {
    for (const [name, part] of Object.entries(value)) {
      if (typeof part === 'object' && part !== null) open.push(part);
      else if (part === null && !Array.isArray(value)) delete (value as Record<string, unknown>)[name];
    }
  }
}

/** Returns SQS's message for a member of the wrong type. */
function wording(issue: z.core.$ZodIssue, raw: unknown): string {
  let value = raw;
  for (const step of issue.path) {
    value = value instanceof Map ? value.get(step) : (value as Record<PropertyKey, unknown>)[step];
  }
  if (issue.code === 'custom') return 'Value is not valid base64.';
  if (Array.isArray(value)) return 'Start of list found where not expected';
  if (typeof value === 'object') return 'Start of structure or map found where not expected.';
  const expected = issue.code === 'invalid_type' ? issue.expected : 'number';
  if (expected === 'array' || expected === 'map' || expected === 'object') {
    return `Unrecognized collection type class java.lang.${javaName(value)}`;
  }
  const target = expected === 'string' ? 'a String' : expected === 'boolean' ? 'a Boolean' : 'an Integer';
  return `${tokenName(value)} can not be converted to ${target}`;
}

function tokenName(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  if (typeof value === 'number') return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
  return 'STRING_VALUE';
}

function javaName(value: unknown): string {
  if (typeof value === 'boolean') return 'Boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Integer' : 'Double';
  return 'String';
}

type Encode = (value: unknown) => string;

/** Returns a shape's encoder. Each is made only once: walking the shape costs more than encoding a response. */
function encoderOf(shape: Shape): Encode {
  let encode = encoders.get(shape);
  if (!encode) {
    encode = makeEncoder(shape);
    encoders.set(shape, encode);
  }
  return encode;
}

const encoders = new WeakMap<Shape, Encode>();

/** Structures omit empty lists and maps, since users of SDKs test for `undefined`. */
function makeEncoder(shape: Shape): Encode {
  switch (shape.kind) {
    case 'structure':
      return structureEncoder(shape);
    case 'list': {
      const encode = encoderOf(shape.member);
      if (encode === JSON.stringify) return encode;
      return (value) => `[${(value as unknown[]).map(encode).join(',')}]`;
    }
    case 'map': {
      const encode = encoderOf(shape.value);
      return (value) => {
        let json = '';
        for (const [name, part] of value as ReadonlyMap<string, unknown>) {
          json += `${json && ','}${JSON.stringify(name)}:${encode(part)}`;
        }
        return `{${json}}`;
      };
    }
    default:
      return JSON.stringify;
  }
}

function structureEncoder(shape: StructureShape<unknown>): Encode {
  const members = Object.entries(shape.members).map(([name, member]) => ({
    name,
    key: `${JSON.stringify(name)}:`,
    encode: encoderOf(member.shape),
    kind: member.shape.kind,
  }));
  // Without maps, and lists that may be empty, the structure is JSON as it is.
  if (members.every(({ encode, kind }) => encode === JSON.stringify && kind !== 'list')) return JSON.stringify;
  return (value) => {
    let json = '';
    for (const { name, key, encode } of members) {
      const part = (value as Record<string, unknown>)[name];
      if (part === undefined || isEmpty(part)) continue;
      json += `${json && ','}${key}${encode(part)}`;
    }
    return `{${json}}`;
  };
}

function response(status: number, body: string, requestId: string): Response {
  return { status, headers: { 'x-amzn-RequestId': requestId, 'content-type': CONTENT_TYPE }, body };
}
