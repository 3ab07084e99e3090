/** A store that records how its verbs are called, so that a failing random walk can report its last step. */

import { inspect } from 'node:util';
import type { Engine } from '../../src/storage/engine.ts';

/** A verb as it was called. */
export interface Call {
  verb: string;
  args: readonly unknown[];
}

/** The store. Each call, including those of its states, its inspection and its topics, is added to `calls` before it is made. */
export function recorded<Part extends Engine | Engine['states'] | Engine['inspection'] | Engine['topics']>(
  part: Part,
  calls: Call[],
): Part {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'states' || name === 'inspection' || name === 'topics')
        return recorded(member as Engine['states'], calls);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        calls.push({ verb: String(name), args });
        return member.apply(target, args);
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
