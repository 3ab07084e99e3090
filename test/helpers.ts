/**
 * A Squab with a frozen clock, and a client for each wire. The clients speak HTTP over a real socket. They have their
 * own implementation of the wires, so that the tests do not rely on the code under test.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect } from 'vitest';
import { type Squab, type StartOptions, start } from '../src/index.ts';
import { startServer } from '../src/server.ts';
import { completeOptions } from '../src/settings/complete.ts';
import { checkFolder } from '../src/storage/sqlite/offline/check-folder.ts';
import type { Clock } from '../src/time/clock.ts';
import { VirtualClock } from '../src/time/virtual-clock.ts';
import { queryError, queryForm, queryResult } from './query-client.ts';
import { databaseOptions, onDisk, reuse } from './stores.ts';

export type Input = Record<string, unknown>;
// Tests access responses untyped, as a client in JavaScript would; a wrong member name fails the test.
// biome-ignore lint/suspicious/noExplicitAny: each test asserts what it expects
export type Output = any;

/** An error response, as the client received it. */
export class Refusal extends Error {
  readonly status: number;
  /** The code: on the Query wire that of the body, on the JSON wire that of the header `x-amzn-query-error`. */
  readonly code: string;
  /** `__type` on the JSON wire; the same as `code` on the Query wire. */
  readonly type: string;

  constructor(status: number, code: string, type: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.type = type;
  }
}

export interface Client {
  wire: WireName;
  /** Calls an operation. On both wires, input and output have the member names of the JSON wire. Throws Refusal. */
  call(operation: string, input?: Input, options?: CallOptions): Promise<Output>;
}

export interface CallOptions {
  account?: string;
  region?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Signs the request: resolves to its headers, including those that the signature adds. */
  sign?: Sign;
  /** The path of the request. Default: `/`. */
  path?: string;
}

/** A request before it is signed. */
export interface Unsigned {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string;
}

export type Sign = (request: Unsigned) => Promise<Record<string, string>>;

export type WireName = 'JSON' | 'Query';
export const wires: readonly WireName[] = ['JSON', 'Query'];

export function client(wire: WireName, url: string): Client {
  return { wire, call: (operation, input = {}, options = {}) => send(wire, url, operation, input, options) };
}

const asIs: Sign = async ({ headers }) => headers;

async function send(
  wire: WireName,
  url: string,
  operation: string,
  input: Input,
  options: CallOptions,
): Promise<Output> {
  const { account = 'test', region = 'us-east-1', headers = {}, path = '/', sign = asIs, signal } = options;
  const isJson = wire === 'JSON';
  const request = {
    url: new URL(path, url),
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/${region}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
      'content-type': isJson ? 'application/x-amz-json-1.0' : 'application/x-www-form-urlencoded; charset=utf-8',
      ...(isJson && { 'x-amz-target': `AmazonSQS.${operation}` }),
      ...headers,
    },
    body: isJson ? JSON.stringify(input) : queryForm(operation, input),
  };
  const { method, body } = request;
  const signed = { method, headers: await sign(request), body, ...(signal && { signal }) };
  const response = await fetch(request.url, signed);
  const text = await response.text();
  if (!response.ok) throw isJson ? jsonRefusal(response, text) : queryRefusal(response, text);
  if (isJson) return text === '' ? {} : JSON.parse(text);
  return queryResult(operation, text);
}

function jsonRefusal(response: Response, text: string): Refusal {
  const { __type, message } = JSON.parse(text) as { __type: string; message: string };
  const [code = ''] = (response.headers.get('x-amzn-query-error') ?? '').split(';');
  return new Refusal(response.status, code, __type, message);
}

function queryRefusal(response: Response, text: string): Refusal {
  const { Code = '', Message = '' } = queryError(text);
  return new Refusal(response.status, Code, Code, Message);
}

export interface Setup {
  squab: Squab;
  clock: VirtualClock;
  client(wire: WireName): Client;
}

/** The settings of a test: the options of a program, and the machine's time. */
export type SetupOptions = StartOptions & { machine?: Clock };

/** Starts a Squab, which is stopped after the current test. */
export async function setup({ machine, ...options }: SetupOptions = {}): Promise<Setup> {
  const clock = new VirtualClock();
  // With `npm run test:disk`, whose data must be sound after each test.
  const data = onDisk ? temporaryFolder() : undefined;
  const given = { port: 0, clock, ...(data !== undefined && { data }), ...databaseOptions(options), ...options };
  const squab = machine ? await startWith(machine, given) : await start(given);
  if (data !== undefined && !('data' in options)) dataFolders.push(data);
  running.push({ squab, given });
  return { squab, clock, client: (wire) => client(wire, squab.url) };
}

function startWith(machine: Clock, { clock, logStream, queues, ...options }: StartOptions): Promise<Squab> {
  return startServer(completeOptions({ logLevel: 'silent', ...options }), { clock, machine, logStream, queues });
}

const running: { squab: Squab; given: StartOptions }[] = [];
const folders: string[] = [];
const dataFolders: string[] = [];

/** Creates a folder, which is removed after the current test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'squab-test-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  const stopping = running.splice(0).map(async ({ squab, given }) => {
    await squab.stop();
    await reuse(given);
  });
  await Promise.all(stopping);
  const problems = dataFolders.splice(0).flatMap((folder) => checkFolder(folder).problems);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  expect(problems).toEqual([]);
});

export interface Fixture extends Setup, Client {
  /** Creates a queue, `q` by default, and resolves to its URL. */
  queue(name?: string, attributes?: Record<string, string>): Promise<string>;
}

/** Declares tests that run over both wires. Each test starts its own Squab with `fixture()`. */
export function overBothWires(title: string, tests: (fixture: (options?: SetupOptions) => Promise<Fixture>) => void) {
  describe.each(wires)(`${title}, over %s`, (wire) => {
    tests(async (options) => {
      const started = await setup(options);
      const { call } = started.client(wire);
      const queue = async (name = 'q', attributes?: Record<string, string>): Promise<string> =>
        (await call('CreateQueue', { QueueName: name, ...(attributes && { Attributes: attributes }) })).QueueUrl;
      return { ...started, wire, call, queue };
    });
  });
}
