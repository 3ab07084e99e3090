/** Requests for other services of AWS, which arrive when a program points all its clients at Squab. */

import { SqsError } from '../errors.ts';
import { serviceOf } from './names.ts';
import { services } from './services.ts';
import type { WireRequest } from './wire.ts';

/** Returns the name of the other service that a request is meant for; undefined if Squab has it, or it is unclear. */
export function otherService({ headers }: WireRequest, credential: string | undefined): string | undefined {
  const service = serviceOf(String(headers.authorization ?? ''), credential) ?? targetOf(headers['x-amz-target']);
  return service === undefined || own.has(service.toLowerCase()) ? undefined : service.slice(0, LONGEST_NAME);
}

const own = new Set(services.flatMap(({ name, target = name }) => [name, target.toLowerCase()]));

/** A client can send any name: this is longer than those of all services. */
const LONGEST_NAME = 64;

/** `DynamoDB_20120810.ListTables` is meant for `DynamoDB_20120810`. */
function targetOf(target: string | string[] | undefined): string | undefined {
  return /^([\w-]+)\./.exec(String(target ?? ''))?.[1];
}

/** Returns the error for a request to another service. `action` is empty if the wire did not find one. */
export function notServed(service: string, { headers }: WireRequest, action = ''): SqsError {
  const target = String(headers['x-amz-target'] ?? '');
  const name = (action || target.slice(target.indexOf('.') + 1)).slice(0, LONGEST_NAME);
  const request = name === '' ? `this request to ${service}` : `the action ${name} of ${service}`;
  return new SqsError(
    'InvalidAction',
    `Squab emulates SQS, SNS and the event source mappings of Lambda, and does not support ${request}. Point only ` +
      'clients of these services at it: set AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_SNS and AWS_ENDPOINT_URL_LAMBDA ' +
      'instead of AWS_ENDPOINT_URL.',
  );
}
