/** ListEventSourceMappings. */

import { listMappings } from '../../functions/mappings.ts';
import { integer, optional, string, structure } from '../wires/shape.ts';
import { lambdaOperation } from './lambda-operation.ts';
import { configurationOf } from './mapping-shapes.ts';

export const listEventSourceMappings = lambdaOperation({
  name: 'ListEventSourceMappings',
  summary: 'Lists event source mappings, of all queues and functions or of one.',
  input: structure({
    EventSourceArn: optional(string),
    FunctionName: optional(string),
    Marker: optional(string),
    MaxItems: optional(integer),
  }),
  async handle({ EventSourceArn, FunctionName, Marker, MaxItems }, { caller: { account, region } }, functions) {
    // An empty filter counts as absent.
    const [queueArn, functionName] = [EventSourceArn || undefined, FunctionName || undefined];
    const listing = { queueArn, functionName, marker: Marker, max: MaxItems };
    const page = await listMappings(functions, { account, region }, listing);
    return {
      EventSourceMappings: page.mappings.map((mapping) => configurationOf(mapping)),
      ...(page.marker !== undefined && { NextMarker: page.marker }),
    };
  },
});
