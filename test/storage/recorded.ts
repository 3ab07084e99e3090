/** A store that records how its verbs are called, so that a random walk that fails can say what it did last. */

import { inspect } from 'node:util';
import type { Store } from '../../src/storage/store.ts';

/** A verb as it was called. */
export interface Call {
  verb: string;
  args: readonly unknown[];
}

/** The store; each call is added to `calls` before it is made. */
export function recorded(store: Store, calls: Call[]): Store {
  return new Proxy(store, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== 'function') return verb;
      return (...args: unknown[]) => {
        calls.push({ verb: String(name), args });
        return verb.apply(target, args);
      };
    },
  });
}

const PRINTED = { depth: 5, breakLength: Number.POSITIVE_INFINITY, compact: true };
const LOOKS = ['counts', 'nextVisibleAt'];

/** The calls, one per line, without those that only look. */
export function textOf(calls: readonly Call[]): string {
  return calls
    .filter(({ verb }) => !LOOKS.includes(verb))
    .map(({ verb, args }) => `    ${verb}(${args.map((arg) => inspect(arg, PRINTED)).join(', ')})`)
    .join('\n');
}
