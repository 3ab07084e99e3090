/** Lambda: its operations that have to do with queues, by the methods and paths that name them. */

import { operationTable, type Service } from '../service.ts';
import type { WireRequest } from '../wire.ts';
import { createEventSourceMapping } from './create-event-source-mapping.ts';
import { deleteEventSourceMapping } from './delete-event-source-mapping.ts';
import { getEventSourceMapping } from './get-event-source-mapping.ts';
import { invoke } from './invoke.ts';
import { listEventSourceMappings } from './list-event-source-mappings.ts';
import { listTags, tagResource, untagResource } from './mapping-tags.ts';
import { type RestRoute, RestWire } from './rest-wire.ts';
import { updateEventSourceMapping } from './update-event-source-mapping.ts';

/** The paths of Lambda that Squab answers. */
const PATHS = /^\/(2015-03-31\/(event-source-mappings|functions)|2017-03-31\/tags)(\/|$)/;

const MAPPINGS = /^\/2015-03-31\/event-source-mappings\/?$/;
const MAPPING = /^\/2015-03-31\/event-source-mappings\/(?<UUID>[^/]+)\/?$/;
// An ARN arrives percent-encoded, or with slashes of its own.
const TAGS = /^\/2017-03-31\/tags\/(?<Resource>.+?)\/?$/;

const routes: readonly RestRoute[] = [
  { method: 'POST', path: MAPPINGS, status: 202, operation: createEventSourceMapping },
  {
    ...{ method: 'GET', path: MAPPINGS, status: 200, operation: listEventSourceMappings },
    query: { EventSourceArn: 'EventSourceArn', FunctionName: 'FunctionName', Marker: 'Marker', MaxItems: 'MaxItems' },
  },
  { method: 'GET', path: MAPPING, status: 200, operation: getEventSourceMapping },
  { method: 'PUT', path: MAPPING, status: 202, operation: updateEventSourceMapping },
  { method: 'DELETE', path: MAPPING, status: 202, operation: deleteEventSourceMapping },
  { method: 'GET', path: TAGS, status: 200, operation: listTags },
  { method: 'POST', path: TAGS, status: 204, operation: tagResource },
  { method: 'DELETE', path: TAGS, status: 204, operation: untagResource, query: { tagKeys: 'TagKeys' } },
  {
    method: 'POST',
    path: /^\/2015-03-31\/functions\/(?<FunctionName>[^/]+)\/invocations\/?$/,
    ...{ status: 200, operation: invoke, payload: 'Payload', query: { Qualifier: 'Qualifier' } },
    headers: { 'x-amz-invocation-type': 'InvocationType', 'x-amz-client-context': 'ClientContext' },
  },
];

export const lambda: Service = {
  name: 'lambda',
  operations: operationTable(routes.map(({ operation }) => operation)),
  advice:
    'Squab has event source mappings and Invoke, but does not manage functions: give each function its URL with ' +
    '--function NAME=URL.',
  rest: wireOf,
};

function wireOf(request: WireRequest): RestWire | undefined {
  const { method, path } = request;
  if (!PATHS.test(path)) return undefined;
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match) return new RestWire(request, route, { ...match.groups });
  }
  return new RestWire(request, undefined, {});
}
