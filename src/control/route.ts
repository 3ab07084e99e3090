/** What the control interface is made of: routes, each described once for HTTP, for its OpenAPI document, and for people. */

import type { z } from 'zod';
import type { Control } from './control.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/_squab`, with parameters in braces: `/queues/{name}/explain`. */
  readonly path: string;
  /** One sentence, for people. */
  readonly summary: string;
  /** Those of the path, and of the query string; they come as texts. */
  readonly parameters?: z.ZodObject | undefined;
  readonly body?: z.ZodType | undefined;
  /** What it answers with; `events`: server-sent events, each an object as JSON. */
  readonly answer: z.ZodType | 'events';
  /** Carries the request out. Throws ControlError. `signal` is aborted when the client is gone. */
  run(control: Control, input: { parameters: unknown; body: unknown }, signal: AbortSignal): unknown;
}

type TypeOf<S> = S extends z.ZodType ? z.output<S> : undefined;

interface Description<P, B> extends Omit<Route, 'parameters' | 'body' | 'run'> {
  parameters?: P;
  body?: B;
  handle(control: Control, input: { parameters: TypeOf<P>; body: TypeOf<B> }, signal: AbortSignal): unknown;
}

/** A route whose handler sees its parameters and its body in the shapes that it names. */
export function route<P extends z.ZodObject | undefined = undefined, B extends z.ZodType | undefined = undefined>(
  description: Description<P, B>,
): Route {
  const { handle, ...rest } = description;
  return {
    ...rest,
    run: (control, input, signal) => handle(control, input as { parameters: TypeOf<P>; body: TypeOf<B> }, signal),
  };
}
