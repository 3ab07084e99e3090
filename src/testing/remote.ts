/** The control interface at a distance: its methods by the same names, each with a promise. */

import type { Outline } from './wire.ts';

/** What cannot be called from elsewhere: a stream, for which there is HTTP, and what takes or gives a function. */
type Stays<F> = F extends (...args: infer A) => infer R
  ? R extends AsyncIterable<unknown> | ((...args: never[]) => unknown)
    ? true
    : Extract<A[number], (...args: never[]) => unknown> extends never
      ? false
      : true
  : never;

/** An object whose methods are called elsewhere. Plain values (numbers, texts) are not there: they would be out of date. */
export type Remote<T> = {
  readonly [K in keyof T as true extends Stays<T[K]> ? never : T[K] extends object ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : Remote<T[K]>;
};

/** What can be called on an object, and on the objects that it holds. */
export function outline(target: object): Outline {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(target)))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => [name, null] as const);
  const held = Object.entries(target)
    .filter(([, value]) => typeof value === 'object' && value !== null)
    .map(([name, value]) => [name, outline(value as object)] as const);
  return Object.fromEntries([...methods, ...held]);
}

/** Calls the method that a path such as `['clock', 'advance']` leads to. */
export function called(target: object, path: readonly string[], args: readonly unknown[]): unknown {
  const at = (owner: object, name: string) => (owner as Record<string, object>)[name]!;
  const owner = path.slice(0, -1).reduce(at, target);
  return (at(owner, path.at(-1)!) as (...args: readonly unknown[]) => unknown).apply(owner, [...args]);
}

/** An object with the methods of an outline, which `call` carries out. */
export function remote<T>(
  outline: Outline,
  call: (path: readonly string[], args: readonly unknown[]) => Promise<unknown>,
  path: readonly string[] = [],
): Remote<T> {
  const members = Object.entries(outline).map(([name, held]) => {
    const here = [...path, name];
    return [name, held ? remote(held, call, here) : (...args: unknown[]) => call(here, args)];
  });
  return Object.fromEntries(members) as Remote<T>;
}
