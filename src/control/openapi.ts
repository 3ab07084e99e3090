/** Describes the control interface as an OpenAPI 3.1 document, generated from its routes. */

import { z } from 'zod';
import type { Route } from './route.ts';

const problem = () => z.object({ error: z.string().describe('What went wrong, and what to do') });

/** Returns the OpenAPI document of the routes, whose paths all begin with `base`. */
export function openApi(base: string, routes: readonly Route[]) {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = `${base}${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: "Squab's control interface",
      summary: 'Inspects and controls a running Squab. It has no counterpart in SQS.',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
  };
}

function operationOf({ summary, path, answer, ...route }: Route) {
  const [parameters, body] = [route.parameters(), route.body?.()];
  return {
    summary,
    ...(Object.keys(parameters.shape).length > 0 && { parameters: parametersOf(path, parameters) }),
    ...(body && { requestBody: { required: !body.safeParse({}).success, content: json(body) } }),
    responses: {
      200: {
        description: 'Success.',
        content: answer === 'events' ? { 'text/event-stream': { schema: { type: 'string' } } } : json(answer()),
      },
      default: { description: 'The request failed; see the status code and `error`.', content: json(problem()) },
    },
  };
}

function parametersOf(path: string, parameters: z.ZodObject) {
  return Object.entries(parameters.shape).map(([name, schema]) => {
    const inPath = path.includes(`{${name}}`);
    const type = schema as z.ZodType;
    return {
      name,
      in: inPath ? 'path' : 'query',
      required: inPath || !type.safeParse(undefined).success,
      ...(type.description && { description: type.description }),
      schema: schemaOf(type),
    };
  });
}

function json(type: z.ZodType) {
  return { 'application/json': { schema: schemaOf(type) } };
}

function schemaOf(type: z.ZodType) {
  const { $schema, ...schema } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' });
  return schema;
}
