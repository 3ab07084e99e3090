/**
 * A client of SNS, written by hand from the API reference: it encodes input as a form, and decodes XML. By design, it
 * shares no code with src/api. With it come a Squab, and topics and queues to test with.
 */

import {
  type CallOptions,
  type Client,
  type Input,
  type Output,
  Refusal,
  type Setup,
  type SetupOptions,
  setup,
} from './helpers.ts';
import { type Element, parseXml, queryError } from './query-client.ts';

/** Encodes the input of an operation. */
export function snsForm(operation: string, input: Input): string {
  const form = new URLSearchParams({ Action: operation, Version: '2010-03-31' });
  const put = (name: string, value: unknown) => {
    if (value === undefined) return;
    if (typeof value !== 'object' || value === null) {
      form.append(name, String(value));
      return;
    }
    const parts = Object.entries(value);
    if (Array.isArray(value) && value.length === 0) form.append(name, '');
    for (const [index, [key, part]] of parts.entries()) {
      if (Array.isArray(value)) put(`${name}.member.${index + 1}`, part);
      else if (/(^|\.)Attributes$/.test(name)) {
        form.append(`${name}.entry.${index + 1}.key`, key);
        form.append(`${name}.entry.${index + 1}.value`, String(part));
      } else if (name.endsWith('MessageAttributes')) {
        form.append(`${name}.entry.${index + 1}.Name`, key);
        put(`${name}.entry.${index + 1}.Value`, part);
      } else put(`${name}.${key}`, part);
    }
  };
  for (const [name, value] of Object.entries(input)) put(name, value);
  return form.toString();
}

const LISTS = new Set(['Topics', 'Subscriptions', 'Tags', 'Successful', 'Failed']);

function decoded({ name, text, children }: Element): Output {
  if (LISTS.has(name)) return children.map(decoded);
  if (name === 'Attributes')
    return Object.fromEntries(children.map((entry) => entry.children.map((part) => part.text)));
  if (children.length === 0) return text;
  return Object.fromEntries(children.map((child) => [child.name, decoded(child)]));
}

/** Calls an operation. Throws Refusal. */
export type CallSns = (operation: string, input?: Input, options?: CallOptions) => Promise<Output>;

export function snsClient(url: string): CallSns {
  return async (operation, input = {}, options = {}) => {
    const { account = 'test', region = 'us-east-1', headers = {}, path = '/', sign } = options;
    const scope = `${account}/20260101/${region}/sns/aws4_request`;
    const request = {
      url: new URL(path, url),
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        ...headers,
      },
      body: snsForm(operation, input),
    };
    const { method, body } = request;
    const response = await fetch(request.url, { method, body, headers: sign ? await sign(request) : request.headers });
    const xml = await response.text();
    if (!response.ok) {
      const { Code = '', Message = '' } = queryError(xml);
      throw new Refusal(response.status, Code, Code, Message);
    }
    const result = parseXml(xml).children.find(({ name }) => name === `${operation}Result`);
    return result ? decoded({ ...result, name: '' }) || {} : undefined;
  };
}

export interface TestQueue {
  url: string;
  arn: string;
}

export interface Sns extends Setup {
  sns: CallSns;
  sqs: Client['call'];
  /** Creates a topic, and resolves to its ARN. A name that ends with `.fifo` makes it a FIFO topic. */
  topic(name?: string, attributes?: Record<string, string>): Promise<string>;
  /** Creates a queue; likewise. */
  queue(name?: string, attributes?: Record<string, string>): Promise<TestQueue>;
  /** Subscribes a queue, and resolves to the subscription's ARN. */
  subscribed(topicArn: string, queue: TestQueue, attributes?: Record<string, string>): Promise<string>;
  /** Receives and deletes up to ten messages. */
  taken(queue: TestQueue): Promise<Output[]>;
  /** The same, and resolves to the bodies, parsed as JSON. */
  envelopes(queue: TestQueue): Promise<Output[]>;
}

/** Starts a Squab. */
export async function withSns(options?: SetupOptions): Promise<Sns> {
  const made = await setup(options);
  const sns = snsClient(made.squab.url);
  const { call: sqs } = made.client('JSON');
  const taken = async ({ url: QueueUrl }: TestQueue) => {
    const all = { MessageAttributeNames: ['All'], AttributeNames: ['All'], MaxNumberOfMessages: 10 };
    const { Messages = [] } = await sqs('ReceiveMessage', { QueueUrl, ...all });
    for (const { ReceiptHandle } of Messages) await sqs('DeleteMessage', { QueueUrl, ReceiptHandle });
    return Messages;
  };
  return {
    ...{ ...made, sns, sqs, taken },
    async topic(Name = 't', attributes = {}) {
      const Attributes = { ...(Name.endsWith('.fifo') && { FifoTopic: 'true' }), ...attributes };
      return (await sns('CreateTopic', { Name, Attributes })).TopicArn;
    },
    async queue(QueueName = 'q', attributes = {}) {
      const Attributes = { ...(QueueName.endsWith('.fifo') && { FifoQueue: 'true' }), ...attributes };
      const { QueueUrl: url } = await sqs('CreateQueue', { QueueName, Attributes });
      return { url, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
    },
    async subscribed(TopicArn, { arn }, Attributes = {}) {
      return (await sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: arn, Attributes })).SubscriptionArn;
    },
    envelopes: async (queue) => (await taken(queue)).map(({ Body }: { Body: string }) => JSON.parse(Body)),
  };
}

/** The error of SNS for an invalid parameter, as `rejects.toMatchObject` expects it. */
export const invalid = (what: string) => ({
  status: 400,
  code: 'InvalidParameter',
  message: `Invalid parameter: ${what}`,
});

export const ACCOUNT = '000000000000';
export const MISSING = `arn:aws:sns:us-east-1:${ACCOUNT}:missing`;

/** The ARNs that every operation with this parameter refuses, with the reason. */
export const badArns = (parameter: string): [arn: string, what: string][] => [
  ...(
    [
      ['', 1],
      ['randomstring', 1],
      ['a:b', 2],
      ['arn:aws:sns:us-east-1:x', 5],
    ] as const
  ).map(([arn, count]): [string, string] => [
    arn,
    `${parameter} Reason: An ARN must have at least 6 elements, not ${count}`,
  ]),
];
