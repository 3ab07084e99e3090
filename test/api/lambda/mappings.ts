/** A Squab with the queues `q` and `q.fifo`, and shorthands for operations on event source mappings. */

import type { FunctionTarget } from '../../../src/settings/functions.ts';
import { ACCOUNT, arnOf, fed, MAPPINGS } from '../../functions/fed.ts';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;

export async function withQueues(functions: Record<string, string | FunctionTarget> = {}) {
  const f = await fed({ functions });
  await f.call('CreateQueue', { QueueName: 'q' });
  await f.call('CreateQueue', { QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } });
  const create = (settings: object = {}) =>
    f.lambda('POST', MAPPINGS, { EventSourceArn: arnOf('q'), FunctionName: 'f', ...settings });
  const update = (id: string, settings: object) => f.lambda('PUT', `${MAPPINGS}/${id}`, settings);
  const get = (id: string) => f.lambda('GET', `${MAPPINGS}/${id}`);
  return { ...f, create, update, get };
}

export const invalid = (message: string) => ({ status: 400, code: 'InvalidParameterValueException', message });
