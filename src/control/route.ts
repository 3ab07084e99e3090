/** A route of the control interface, declared once for HTTP, for the OpenAPI document and for `GET /_squab`. */

import { z } from 'zod';
import type { Control } from './control.ts';
import { once } from './once.ts';

export type LineName = 'reads' | 'moves of the clock' | 'snapshots';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The path below `/_squab`, with parameters in braces: `/queues/{name}/explain`. */
  readonly path: string;
  /** What the route does, in one sentence. */
  readonly summary: string;
  /** The parameters of the path and of the query string. They arrive as strings. Made when they are needed: see once.ts. */
  readonly parameters: () => z.ZodObject;
  readonly body?: (() => z.ZodType) | undefined;
  /** The maximum length of the body in bytes, if it is not the usual 1 MiB. */
  readonly bodyBytes?: number | undefined;
  /**
   * How many requests over HTTP may be in progress at once, if they last until something happens: each has a price for
   * every event, and in memory.
   */
  readonly atOnce?: number | undefined;
  /**
   * The line in which requests over HTTP wait for their turn, those of other routes with the same line too, since they may
   * take a while. One whose client has gone by then is not carried out. By default, GET has the line `reads`, and other
   * methods have none.
   */
  readonly line?: LineName | undefined;
  /** Makes the schema of the response; `events` means server-sent events, each a JSON object. */
  readonly answer: (() => z.ZodType) | 'events';
  /** Carries out the request. Throws ControlError. `signal` is aborted when the client disconnects. */
  run(control: Control, input: { parameters: unknown; body: unknown }, signal: AbortSignal): unknown;
}

/** The body of a route that needs none: empty, or an object without members. */
export const noBody = once(() => z.strictObject({}));

type TypeOf<S> = S extends z.ZodType ? z.output<S> : undefined;

interface Description<P, B> extends Omit<Route, 'parameters' | 'body' | 'run'> {
  parameters?: () => P;
  body?: () => B;
  handle(control: Control, input: { parameters: TypeOf<P>; body: TypeOf<B> }, signal: AbortSignal): unknown;
}

/** Declares a route. Its handler receives the parameters and the body as the types that their schemas parse to. */
export function route<P extends z.ZodObject, B extends z.ZodType>(description: Description<P, B>): Route {
  const { handle, parameters = () => z.object({}), body, ...rest } = description;
  return {
    ...rest,
    // A misspelt parameter must not be ignored, on any route.
    parameters: once(() => parameters().strict()),
    ...(body && { body: once(body) }),
    run: (control, input, signal) => handle(control, input as { parameters: TypeOf<P>; body: TypeOf<B> }, signal),
  };
}
