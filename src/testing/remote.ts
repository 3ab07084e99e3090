/** The control interface of a Squab in another thread: methods with the same names, which return promises. */

import type { Outline } from './wire.ts';

/**
 * Whether a method cannot be called from another thread: it returns a stream (use HTTP instead), or it takes or
 * returns a function.
 */
type IsLocal<F> = F extends (...args: infer A) => infer R
  ? R extends AsyncIterable<unknown> | ((...args: never[]) => unknown)
    ? true
    : Extract<A[number], (...args: never[]) => unknown> extends never
      ? false
      : true
  : never;

/** An object whose methods run in another thread. Plain values (numbers, strings) are left out: they would be stale. */
export type Remote<T> = {
  readonly [K in keyof T as true extends IsLocal<T[K]> ? never : T[K] extends object ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : Remote<T[K]>;
};

/** Returns the names of the methods of an object, and of the objects in it. */
export function outline(target: object): Outline {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(target)))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => [name, null] as const);
  const nested = Object.entries(target)
    .filter(([, value]) => typeof value === 'object' && value !== null)
    .map(([name, value]) => [name, outline(value as object)] as const);
  return Object.fromEntries([...methods, ...nested]);
}

/** Calls the method at a path such as `['clock', 'advance']`, and returns its result. */
export function called(target: object, path: readonly string[], args: readonly unknown[]): unknown {
  const at = (owner: object, name: string) => (owner as Record<string, object>)[name]!;
  const owner = path.slice(0, -1).reduce(at, target);
  return (at(owner, path.at(-1)!) as (...args: readonly unknown[]) => unknown).apply(owner, [...args]);
}

/** Returns an object with the methods of an outline; each passes its path and its arguments to `call`. */
export function remote<T>(
  outline: Outline,
  call: (path: readonly string[], args: readonly unknown[]) => Promise<unknown>,
  path: readonly string[] = [],
): Remote<T> {
  const members = Object.entries(outline).map(([name, nested]) => {
    const here = [...path, name];
    return [name, nested ? remote(nested, call, here) : (...args: unknown[]) => call(here, args)];
  });
  return Object.fromEntries(members) as Remote<T>;
}
