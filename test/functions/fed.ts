/** A Squab whose function `f` is fed from a queue, and a client of Lambda's operations. */

import type { StartOptions } from '../../src/index.ts';
import { type Client, Refusal, type Setup, type SetupOptions, setup } from '../helpers.ts';
import { type FunctionServer, functionServer } from './function-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: each test asserts what it expects
type Json = any;

export const ACCOUNT = '000000000000';
export const arnOf = (queue: string, region = 'us-east-1') => `arn:aws:sqs:${region}:${ACCOUNT}:${queue}`;

/** Calls Lambda's REST API. Throws Refusal. */
export type Lambda = (method: string, path: string, body?: unknown, options?: LambdaOptions) => Promise<Json>;

interface LambdaOptions {
  account?: string;
  region?: string;
  headers?: Record<string, string>;
}

export function lambdaOf(url: string): Lambda {
  return async (method, path, body, { account = 'test', region = 'us-east-1', headers = {} } = {}) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/${region}/lambda/aws4_request, SignedHeaders=host, Signature=0`,
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = text === '' ? undefined : JSON.parse(text);
    if (!response.ok) {
      const type = response.headers.get('x-amzn-errortype') ?? '';
      throw new Refusal(response.status, type, json.Type, json.Message ?? json.message);
    }
    return json;
  };
}

export const MAPPINGS = '/2015-03-31/event-source-mappings';

export interface Fed extends Setup {
  functions: FunctionServer;
  lambda: Lambda;
  call: Client['call'];
  /** Creates a queue, and a mapping of the function `f` for it. Resolves to the queue's URL and the mapping. */
  feed(
    settings?: object,
    attributes?: Record<string, string>,
    name?: string,
  ): Promise<{ QueueUrl: string; mapping: Json }>;
  send(QueueUrl: string, ...bodies: string[]): Promise<void>;
  /** Resolves to the numbers of visible messages and of those in flight. */
  counts(QueueUrl: string): Promise<[visible: number, inFlight: number]>;
}

/** Starts a Squab and a server of functions. `path`: the path of the function `f`. */
export async function fed({ path = '/f', ...options }: SetupOptions & { path?: string } = {}): Promise<Fed> {
  const functions = await functionServer();
  const given: StartOptions['functions'] = { f: `${functions.url}${path}`, ...options.functions };
  const started = await setup({ ...options, functions: given });
  const { call } = started.client('JSON');
  const lambda = lambdaOf(started.squab.url);
  return {
    ...started,
    ...{ functions, lambda, call },
    async feed(settings = {}, attributes, name = 'q') {
      const Attributes = { ...attributes, ...(name.endsWith('.fifo') && { FifoQueue: 'true' }) };
      const { QueueUrl } = await call('CreateQueue', { QueueName: name, Attributes });
      const input = { EventSourceArn: arnOf(name), FunctionName: 'f', ...settings };
      return { QueueUrl, mapping: await lambda('POST', MAPPINGS, input) };
    },
    async send(QueueUrl, ...bodies) {
      for (const MessageBody of bodies) await call('SendMessage', { QueueUrl, MessageBody });
    },
    async counts(QueueUrl) {
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
      const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes;
      return [Number(ApproximateNumberOfMessages), Number(ApproximateNumberOfMessagesNotVisible)];
    },
  };
}
