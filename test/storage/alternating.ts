/** Several engines on the same data as one engine, whose calls each of them carries out in turn. */

import type { Engine } from '../../src/storage/engine.ts';

/** A list that each of them keeps, and reads again soon after another one has changed it: asked of the one that changed it. */
const LATEST = 'snapshots';

/** Calls that concern each of them: listeners, the clock, and the end. */
const ALL = /^(on[A-Z]\w*|setClock|close)$/;

export function alternating(engines: readonly Engine[]): Engine {
  let calls = 0;
  const together = (parts: readonly object[]): object =>
    new Proxy(parts[0]!, {
      get(_, name) {
        const members = parts.map((part) => Reflect.get(part, name) as unknown);
        const [first] = members;
        if (typeof first === 'function') {
          return (...args: unknown[]) => {
            const call = (index: number) => Reflect.apply(members[index] as typeof first, parts[index], args);
            if (name === LATEST) return call((calls + parts.length - 1) % parts.length);
            if (!ALL.test(String(name))) return call(calls++ % parts.length);
            const results = parts.map((_part, index) => call(index));
            return results[0] instanceof Promise ? Promise.all(results).then(([one]) => one) : results[0];
          };
        }
        return typeof first === 'object' && first !== null && !ArrayBuffer.isView(first) && !Array.isArray(first)
          ? together(members as object[])
          : first;
      },
    });
  return together(engines) as Engine;
}
