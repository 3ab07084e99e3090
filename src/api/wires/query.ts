/**
 * AWS Query: the input is a form (in the body, the query string, or both), the output XML.
 * Source: API reference, "Making Query API requests"; Smithy, "AWS Query protocol".
 */

import { isUtf8 } from 'node:buffer';
import { parse } from 'node:querystring';
import { SqsError } from '../../errors.ts';
import type { Operation } from '../operation.ts';
import type { Response, Wire, WireRequest } from '../wire.ts';
import { decodeForm, type FormNode, formTree } from './form.ts';
import { parseInput } from './json.ts';
import type { QueryDialect } from './query-dialect.ts';
import { isEmpty, type Shape, type StructureShape } from './shape.ts';
import { element, textElement, xmlOf } from './xml.ts';

/** Ample: ten messages with ten attributes each need about 500 parameters. */
const MOST_PARAMETERS = 5000;

const SPACE = 0x20;
const PERCENT = 0x25;
const PLUS = 0x2b;

const PROLOG = '<?xml version="1.0"?>';

/** Operations that SQS does not accept on a queue's URL. */
const ENDPOINT_ONLY = new Set(['CreateQueue', 'ListQueues']);

/** A request on this wire, as far as it can be read without knowing its service. */
export interface QueryCall {
  /** The name of the requested operation; empty if the request has none. */
  readonly action: string;
  /** The version of the API. */
  readonly version: string | undefined;
  /** The credential in the parameters of a presigned request. */
  readonly credential: string | undefined;
  /** Returns whether the request has a parameter of this name. */
  has(name: string): boolean;
  readonly form: FormNode;
  readonly isUtf8: boolean;
  readonly onQueueUrl: boolean;
  /** Whether the client requests JSON instead of XML, by `Accept: application/json`. */
  readonly asJson: boolean;
}

export function readCall({ method, path, query, headers, body }: WireRequest): QueryCall {
  const inUrl = parseForm(withoutEmpty(query));
  const inBody = method === 'POST' ? parseForm(withSpaces(body).toString('latin1')) : undefined;
  // Of two parameters with the same name, the first counts.
  const form = formTree([...Object.entries(inBody?.parameters ?? {}), ...Object.entries(inUrl.parameters)]);
  const parameter = (name: string) => form.children.get(name)?.value;
  return {
    action: parameter('Action') ?? '',
    version: parameter('Version'),
    credential: parameter('X-Amz-Credential'),
    has: (name) => form.children.has(name),
    form,
    isUtf8: inUrl.isUtf8 && inBody?.isUtf8 !== false,
    onQueueUrl: path.split('/').filter(Boolean).length >= 2,
    asJson: /\bapplication\/json\b/.test(String(headers.accept ?? '')),
  };
}

export class QueryWire implements Wire {
  readonly action: string;
  readonly credential: string | undefined;
  readonly #call: QueryCall;
  readonly #dialect: QueryDialect;

  constructor(call: QueryCall, dialect: QueryDialect) {
    this.#call = call;
    this.#dialect = dialect;
    this.action = call.action;
    this.credential = call.credential;
  }

  hasOldSignature(): boolean {
    return ['SignatureVersion', 'AWSAccessKeyId'].some((name) => this.#call.has(name));
  }

  decode(shape: StructureShape<unknown>): unknown {
    if (this.#call.onQueueUrl && ENDPOINT_ONLY.has(this.action)) {
      throw new SqsError('InvalidAction', `The action ${this.action} is not valid for this endpoint.`);
    }
    if (!this.#call.isUtf8) throw new SqsError('MalformedInput', 'The request is not valid UTF-8.');
    return parseInput(shape, decodeForm(shape, this.#call.form));
  }

  reply({ name, output: shape }: Operation, output: unknown, requestId: string): Response {
    if (this.#call.asJson) {
      const result = shape && { [`${name}Result`]: plain(shape, output) };
      const json = { [`${name}Response`]: { ...result, ResponseMetadata: { RequestId: requestId } } };
      return response(200, JSON.stringify(json), requestId, 'application/json');
    }
    const result = shape ? element(`${name}Result`, xmlOf(shape, output)) : '';
    const metadata = element('ResponseMetadata', element('RequestId', requestId));
    const body = `${PROLOG}<${name}Response xmlns="${this.#dialect.namespace}">${result}${metadata}</${name}Response>`;
    return response(200, body, requestId);
  }

  refusal({ row, queryMessage }: SqsError, requestId: string): Response {
    const { namespace, hasDetail, codesWithout = '' } = this.#dialect;
    const { status, fault } = row;
    const code = row.queryCode.replace(codesWithout, '');
    if (this.#call.asJson) {
      const error = { Code: code, Message: queryMessage, Type: fault, ...(hasDetail && { Detail: {} }) };
      return response(status, JSON.stringify({ Error: error, RequestId: requestId }), requestId, 'application/json');
    }
    const error = [element('Type', fault), textElement('Code', code), textElement('Message', queryMessage)];
    const content = `${element('Error', `${error.join('')}${hasDetail ? '<Detail/>' : ''}`)}${element('RequestId', requestId)}`;
    const body = `${PROLOG}<ErrorResponse xmlns="${namespace}">${content}</ErrorResponse>`;
    return response(status, body, requestId);
  }
}

/** Returns the response to a request that names no operation, such as a browser's GET of a queue URL. */
export function unknownRequest(requestId: string): Response {
  return response(404, '<UnknownOperationException/>', requestId);
}

interface Form {
  parameters: Record<string, string | string[] | undefined>;
  isUtf8: boolean;
}

/**
 * Parses a form given as Latin-1, one character for each byte, so that no byte is lost before its encoding is checked.
 * An invalid escape, as in `100%`, stands for itself.
 */
function parseForm(text: string): Form {
  let valid = true;
  const decode = (token: string) => {
    const decoded = decodeAscii(token);
    if (decoded !== undefined) return decoded;
    const bytes = percentDecoded(token);
    valid &&= isUtf8(bytes);
    return bytes.toString();
  };
  const parameters = parse(text, '&', '=', { maxKeys: MOST_PARAMETERS, decodeURIComponent: decode });
  return { parameters, isUtf8: valid };
}

/**
 * Removes empty parameters. No signature covers them, so whoever passes a signed URL on can add any number, and `parse` would
 * count them: the signed parameters after them would be ignored.
 */
function withoutEmpty(query: string): string {
  return query.replace(/^&+/, '').replace(/&{2,}/g, '&');
}

/**
 * Replaces each `+` in a body with the space that it stands for: `parse` would too, but takes up to a second for the
 * millions that a body can have.
 */
function withSpaces(body: Buffer): Buffer {
  if (!body.includes(PLUS)) return body;
  const spaced = Buffer.from(body);
  for (let at = 0; at < spaced.length; at++) if (spaced[at] === PLUS) spaced[at] = SPACE;
  return spaced;
}

/**
 * Decodes ASCII with valid escapes, which is what clients normally send; returns undefined for anything else. V8 is 25
 * times as fast as `percentDecoded`.
 */
function decodeAscii(token: string): string | undefined {
  if (!/^[\x00-\x7f]*$/.test(token)) return undefined;
  try {
    return decodeURIComponent(token);
  } catch {
    return undefined;
  }
}

/** Returns the bytes that a Latin-1 token stands for. Decodes in place, since a token can have millions of escapes. */
function percentDecoded(token: string): Buffer {
  const bytes = Buffer.from(token, 'latin1');
  let length = bytes.indexOf(PERCENT);
  if (length === -1) return bytes;
  for (let at = length; at < bytes.length; at++) {
    const high = bytes[at] === PERCENT ? hexDigit(bytes[at + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(bytes[at + 2]);
    bytes[length++] = low === -1 ? bytes[at]! : high * 16 + low;
    if (low !== -1) at += 2;
  }
  return bytes.subarray(0, length);
}

/** Returns the value of a hexadecimal digit, given as a character code; -1 for other characters. */
function hexDigit(character = 0): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const letter = character | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/**
 * Returns the output as the services convert it to JSON. In SQS's, maps become lists of entries, and list names start in
 * lower case.
 */
function plain(shape: StructureShape<unknown>, value: unknown): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, { shape: member }] of Object.entries(shape.members)) {
    const part = (value as Record<string, unknown>)[name];
    const isWrapped = (member.kind === 'list' || member.kind === 'map') && member.wrapped;
    if (part === undefined || (isEmpty(part) && !isWrapped)) continue;
    const key = member.kind === 'list' && !isWrapped ? `${name[0]!.toLowerCase()}${name.slice(1)}` : name;
    result[key] = plainPart(member, part);
  }
  return result;
}

function plainPart(shape: Shape, value: unknown): unknown {
  if (shape.kind === 'structure') return plain(shape, value);
  if (shape.kind === 'list') return (value as unknown[]).map((item) => plainPart(shape.member, item));
  if (shape.kind !== 'map') return value;
  if (shape.wrapped) {
    const parts = value as ReadonlyMap<string, unknown>;
    return Object.fromEntries(Array.from(parts, ([name, entry]) => [name, plainPart(shape.value, entry)]));
  }
  return [...(value as ReadonlyMap<string, unknown>)].map(([name, entry]) => ({
    [shape.queryKey]: name,
    [shape.queryValue]: plainPart(shape.value, entry),
  }));
}

function response(status: number, body: string, requestId: string, contentType = 'text/xml'): Response {
  return { status, headers: { 'x-amzn-RequestId': requestId, 'content-type': contentType }, body };
}
