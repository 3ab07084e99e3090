/**
 * The page's way to its Squab: SQS's JSON wire, SNS's Query wire, and the control interface. There is no other way in; a program can do
 * everything that the page does.
 */

import { signal } from '@preact/signals';
import { settings } from './settings.ts';
import { accessKey, canSign, sign } from './signature.ts';

/** Which queue: its name, account and region. */
export interface QueueKey {
  name: string;
  account: string;
  region: string;
}

/** A refusal, in the words of SQS or of the control interface. */
export class Refusal extends Error {
  readonly status: number;
  /** SQS's error code, such as `InvalidParameterValue`; of the control interface, the status. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Squab did not answer. */
export class Unreachable extends Error {
  constructor() {
    super('Squab does not answer. Is it still running?');
  }
}

/** Whether the last request got no answer. */
export const isGone = signal(false);

/** How long a request may take. Waits and long polls are not among the page's requests. */
const TIMEOUT_MS = 30_000;

type Json = Record<string, unknown>;

async function ask(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
  const limits = [AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])];
  try {
    const response = await fetch(path, { ...init, cache: 'no-store', signal: AbortSignal.any(limits) });
    isGone.value = false;
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    isGone.value = true;
    throw new Unreachable();
  }
}

/** The requests that change nothing, although they are not GETs. */
const READS =
  /^POST \/(counts|queues\/[^/]+\/explain-send\?.*|topics\/[^/]+\/explain-publish\?.*)$|^ListMessageMoveTasks$/;

/** Throws Refusal if the page is read-only and the request may change something, whichever button asked for it. */
function checkAllowed(request: string): void {
  if (settings.readOnly && !READS.test(request)) throw new Refusal(403, 'ReadOnly', READ_ONLY);
}

const READ_ONLY = 'This page is read-only: Squab was started with --read-only-console.';

/** Calls a route of the control interface: `/queues`. Throws Refusal or Unreachable. */
export async function control<T>(method: string, path: string, body?: Json, signal?: AbortSignal): Promise<T> {
  if (method !== 'GET') checkAllowed(`${method} ${path}`);
  const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await ask(`/_squab${path}`, { method, ...json }, signal);
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw new Refusal(response.status, String(response.status), errorIn(text));
}

function errorIn(text: string): string {
  try {
    return (JSON.parse(text) as { error: string }).error;
  } catch {
    return text || 'The request failed.';
  }
}

/** Where an operation takes place. */
export type Place = Pick<QueueKey, 'account' | 'region'>;

/** Calls an operation of SQS. Throws Refusal or Unreachable. */
export async function sqs<T>(operation: string, input: Json, place: Place): Promise<T> {
  checkAllowed(operation);
  const body = JSON.stringify(input);
  const headers = await headersFor('sqs', jsonOf(operation), place, body);
  const response = await ask('/', { method: 'POST', headers, body }, undefined);
  const text = await response.text();
  if (response.ok) return (text === '' ? {} : JSON.parse(text)) as T;
  const [code = ''] = (response.headers.get('x-amzn-query-error') ?? '').split(';');
  throw new Refusal(response.status, code, messageIn(text));
}

/**
 * Calls an operation of SNS with these parameters, as they are spelled in forms. Resolves to the text of the element of
 * the answer with this name. Throws Refusal or Unreachable.
 */
export async function sns(
  operation: string,
  parameters: Record<string, string>,
  place: Place,
  element = '',
): Promise<string> {
  checkAllowed(operation);
  const body = new URLSearchParams({ Action: operation, Version: '2010-03-31', ...parameters }).toString();
  const headers = await headersFor('sns', { 'content-type': 'application/x-www-form-urlencoded' }, place, body);
  const response = await ask('/', { method: 'POST', headers, body }, undefined);
  const xml = await response.text();
  if (response.ok) return textIn(xml, element);
  throw new Refusal(response.status, textIn(xml, 'Code'), textIn(xml, 'Message') || 'The request failed.');
}

/** The text of the first element with this name. The page may not use the parser of the browser (Trusted Types). */
function textIn(xml: string, element: string): string {
  const [, text = ''] = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml) ?? [];
  return text.replace(/&(?:#x([0-9a-f]+)|(\w+));/gi, (whole, code?: string, name = '') =>
    code === undefined ? (ENTITIES[name] ?? whole) : String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function jsonOf(operation: string): Record<string, string> {
  return { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` };
}

async function headersFor(
  service: 'sqs' | 'sns',
  headers: Record<string, string>,
  { account, region }: Place,
  body: string,
): Promise<Record<string, string>> {
  if (settings.signed) {
    const key = accessKey.value;
    if (!key) throw new Refusal(403, 'MissingAuthenticationToken', NO_KEY);
    if (!canSign) throw new Refusal(403, 'IncompleteSignature', CANNOT_SIGN);
    return sign(service, headers, body, region, key);
  }
  // An access key of twelve digits selects an account.
  const credential = `Credential=${account}/20260101/${region}/${service}/aws4_request`;
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0` };
}

const CANNOT_SIGN =
  'The browser signs requests only on a page that it has by HTTPS, or from localhost. Open the page by such an address.';
const NO_KEY = 'This Squab checks signatures. Enter an access key at the top of the page first.';

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text || 'The request failed.';
  }
}

/** The URL of a queue, as SDKs get it. */
export const urlOf = ({ account, name }: QueueKey): string => `${location.origin}/${account}/${name}`;

/** The path of a topic in the control interface, with a path below it and parameters. */
export function topicPath(topic: QueueKey, below = '', parameters: Parameters = {}): string {
  return queuePath(topic, below, parameters).replace('/queues/', '/topics/');
}

/** The path of a queue in the control interface, with a path below it and parameters. */
export function queuePath({ name, account, region }: QueueKey, below = '', parameters: Parameters = {}): string {
  return `/queues/${encodeURIComponent(name)}${below}?${query({ account, region, ...parameters })}`;
}

type Parameters = Record<string, string | number | boolean | undefined>;

/** A query string of these parameters, without those that are undefined. */
export function query(parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

/** The place of requests that name none. */
export const home: Place = { account: settings.account, region: settings.region };
