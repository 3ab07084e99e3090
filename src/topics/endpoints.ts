/**
 * The endpoints that each protocol accepts. Source: API reference, Subscribe; error texts as observed on the service.
 */

import { SqsError } from '../errors.ts';
import { parseArn } from '../queues/arn.ts';
import { FIFO_SUFFIX } from '../queues/catalog.ts';
import { checkLength, invalid } from './refusals.ts';

/** Throws if an endpoint is not valid for the protocol. */
type Check = (endpoint: string) => void;

const checks: Readonly<Record<string, Check>> = {
  sqs: arnOf('sqs', () => invalid('SQS endpoint ARN')),
  lambda: arnOf('lambda', () => invalid('Lambda endpoint ARN')),
  firehose: arnOf('firehose', () => invalid('Firehose endpoint ARN')),
  application: arnOf(undefined, (endpoint) => invalid(`Application endpoint arn invalid:${endpoint}`)),
  http: url,
  https: url,
  email: address,
  'email-json': address,
  sms: number,
};

/** Throws `InvalidParameter` for an unknown protocol, or an endpoint that its protocol or its topic does not accept. */
export function checkEndpoint(protocol: string, endpoint: string, fifo: boolean): void {
  const check = Object.hasOwn(checks, protocol) ? checks[protocol] : undefined;
  if (!check) throw invalid(`Amazon SNS does not support this protocol string: ${protocol}`);
  checkLength('Endpoint', endpoint);
  // A URL may have one, as far as its parser is concerned. No engine need store it.
  if (endpoint.includes('\0')) throw noMatch();
  check(endpoint);
  if (url === check && !endpoint.toLowerCase().startsWith(`${protocol}://`)) throw noMatch();
  const reason = 'Invalid parameter: Endpoint Reason: ';
  if (fifo && protocol !== 'sqs') throw invalid(`${reason}Please use FIFO SQS queue`);
  if (!fifo && protocol === 'sqs' && endpoint.endsWith(FIFO_SUFFIX)) {
    throw invalid(`${reason}FIFO SQS Queues can not be subscribed to standard SNS topics`);
  }
}

/** The protocols whose endpoints must confirm that they want the messages. */
export const confirming: ReadonlySet<string> = new Set(['http', 'https', 'email', 'email-json']);

/**
 * A URL's password is between the first colon of its authority and the last `@`. Extra slashes and whitespace are
 * skipped.
 */
const PASSWORD = /^(https?:[\\/\s]*(?:[^\\/?#:\s][^\\/?#:]*)?:)[^\\/?#]*@/i;

/** Returns an endpoint as logs and reports show it: with `***` in the place of a URL's password. */
export function shownEndpoint(endpoint: string): string {
  return endpoint.replace(PASSWORD, '$1***@');
}

function arnOf(service: string | undefined, refusal: (endpoint: string) => SqsError): Check {
  return (endpoint) => {
    const arn = /^arn:/.test(endpoint) ? endpoint.split(':') : [];
    const isValid = service === 'sqs' ? parseArn(endpoint)?.service === 'sqs' : arn.length >= 6;
    if (!isValid || (service !== undefined && arn[2] !== service)) throw refusal(endpoint);
  };
}

function url(endpoint: string): void {
  if (!URL.canParse(endpoint)) throw noMatch();
}

function noMatch(): SqsError {
  return invalid('Endpoint must match the specified protocol');
}

function address(endpoint: string): void {
  if (!/^[^\s@]+@[^\s@]+$/.test(endpoint)) throw invalid('Email address');
}

function number(endpoint: string): void {
  if (/^\+?\d(?:[-./]?\d)*$/.test(endpoint)) return;
  throw new SqsError('InvalidParameter', `Invalid SMS endpoint: ${endpoint}`);
}
