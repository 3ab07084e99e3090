/** The functions that Squab can invoke. A function is a URL that takes events: nothing else of it is known. */

import type { FunctionTarget } from '../settings/functions.ts';
import { FUNCTION_NAME, FUNCTION_SECONDS_MAX } from '../settings/functions.ts';
import type { Millis } from '../time/clock.ts';

export interface LocalFunction {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: Millis;
  /** The timeout that the user configured, in seconds. */
  readonly timeoutSeconds: number | undefined;
  /** Whether the URL is that of a Runtime Interface Emulator, which can handle one invocation at a time. */
  readonly isEmulator: boolean;
}

/** The path of a Lambda Runtime Interface Emulator, in which the function is literally called `function`. */
const EMULATOR = /\/functions\/function\/invocations\/?$/;

type Given = Readonly<Record<string, string | FunctionTarget>>;

export class FunctionTable {
  /** The names of functions, and `*`. */
  readonly #targets: Map<string, FunctionTarget>;

  constructor(given: Given = {}) {
    this.#targets = new Map(Object.entries(given).map(([name, target]) => [name, targetOf(target)]));
  }

  /** Adds functions. Those that are known already keep their URLs. */
  add(given: Given): void {
    for (const [name, target] of Object.entries(given)) {
      if (!this.#targets.has(name)) this.#targets.set(name, targetOf(target));
    }
  }

  /** Returns the function with this name, if there is a URL for it. */
  find(name: string): LocalFunction | undefined {
    const target = this.#targets.get(name) ?? this.#targets.get('*');
    // Subscribers of topics may have any text as a name, which could lead to another host or path.
    if (!target || name === '*' || !FUNCTION_NAME.test(name)) return undefined;
    const url = target.url.replaceAll('{name}', name);
    const { timeoutSeconds } = target;
    const timeoutMs = (timeoutSeconds ?? FUNCTION_SECONDS_MAX) * 1000;
    return { name, url, timeoutMs, timeoutSeconds, isEmulator: EMULATOR.test(new URL(url).pathname) };
  }
}

function targetOf(given: string | FunctionTarget): FunctionTarget {
  return typeof given === 'string' ? { url: given } : given;
}
