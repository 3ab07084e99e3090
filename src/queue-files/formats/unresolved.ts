/** Values that a file does not determine, such as an export of another stack or a parameter without a value. */

import { suggestion } from '../../suggest.ts';

/** A file with more names may refer to unknown ones just as often, and each would be compared with all of them. */
const KNOWN_MAX = 200;

/** Returns ` (did you mean "x"?)` for a reason, or an empty string if no known word is close. */
export function guess(word: string, known: readonly string[]): string {
  if (known.includes(word)) return '';
  return suggestion(word, known.slice(0, KNOWN_MAX)).replace(/^ D(.*)$/, ' (d$1)');
}

export class Unresolved extends Error {
  override readonly name = 'Unresolved';
  /** The name of the parameter whose value is missing, if that is the reason. */
  readonly parameter: string | undefined;

  /** `reason` completes "… is ignored:". */
  constructor(reason: string, parameter?: string) {
    super(parameter === undefined ? reason : `${reason}: give it with --parameter ${parameter}=VALUE`);
    this.parameter = parameter;
  }
}
