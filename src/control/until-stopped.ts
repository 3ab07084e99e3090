/** Makes calls of the control interface fail with a clear error once Squab has stopped. */

import { ControlError } from './control-error.ts';

/** The class of async functions, which has no name in JavaScript. */
const AsyncFunction = (async () => {}).constructor;

/**
 * Returns an object with the members of `target`. Once `hasStopped` returns true, its methods and those of the objects in
 * it throw ControlError (409); async methods reject with it.
 */
export function untilStopped<T extends object>(target: T, hasStopped: () => boolean): T {
  const parts = new Map<object, object>();
  const partOf = (value: object) => {
    const part = parts.get(value) ?? untilStopped(value, hasStopped);
    parts.set(value, part);
    return part;
  };
  return new Proxy(target, {
    get(_target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value === 'object' && value !== null) return partOf(value);
      if (typeof value !== 'function' || name === 'constructor') return value;
      return (...args: unknown[]) => {
        if (!hasStopped()) return Reflect.apply(value, target, args);
        const error = new ControlError(409, 'This Squab has stopped.');
        if (value instanceof AsyncFunction) return Promise.reject(error);
        throw error;
      };
    },
  });
}
