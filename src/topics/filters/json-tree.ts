/**
 * A JSON value, as rules look at it: arrays are transparent at every level, and a dot in a name is the same as the
 * border between two objects.
 *
 * The tree is built only where a policy looks, and then once for all policies. Each object of the value is opened at
 * most once, so a message costs no more than its size, even if 1,000 policies look at it, and a list with thousands of
 * objects does not multiply with the keys of a policy.
 */

import type { Examined, Found, Key, Scalar } from './rules.ts';

/** Everything that the value has at one path. */
interface Place {
  scalars: Scalar[];
  objects: object[];
  /** Members whose names continue after this path, behind a dot. */
  continued: Continued[];
  /** The places one name further. Set when a policy looks inside. */
  inside?: Map<string, Place>;
}

/** A member whose name has dots: the names between them, how many of them lead to the place, and its value. */
interface Continued {
  names: readonly string[];
  at: number;
  value: unknown;
}

/** What it takes to parse a character of a text and to open what it contains, in steps of `Portions`. */
export const PARSING_STEPS = 5;

const NONE: Found = { present: false, values: [] };

export class JsonTree implements Examined {
  readonly #root = emptyPlace();
  readonly #found = new Map<string, Found>();

  constructor(value: unknown) {
    add(this.#root, value);
  }

  /** Objects and empty arrays are not values: they leave a key absent. */
  find({ text, segments }: Key): Found {
    let found = this.#found.get(text);
    if (!found) {
      const values = this.#valuesAt(segments);
      found = values.length > 0 ? { present: true, values } : NONE;
      this.#found.set(text, found);
    }
    return found;
  }

  /** Not recursive: a key can have as many segments as fit in a policy. */
  #valuesAt(segments: readonly string[]): readonly Scalar[] {
    let place = this.#root;
    for (const segment of segments) {
      place.inside ??= opened(place);
      const inner = place.inside.get(segment);
      if (!inner) return [];
      place = inner;
    }
    return place.scalars;
  }
}

function emptyPlace(): Place {
  return { scalars: [], objects: [], continued: [] };
}

/**
 * Opens all objects of a place together: members of the same name share a place. Names with dots share the places on
 * their way, so that a policy finds its keys without a look at each of thousands of such names.
 */
function opened({ objects, continued }: Place): Map<string, Place> {
  const inside = new Map<string, Place>();
  const enter = (names: readonly string[], at: number, value: unknown) => {
    const name = names[at]!;
    let place = inside.get(name);
    if (!place) {
      place = emptyPlace();
      inside.set(name, place);
    }
    if (at + 1 === names.length) add(place, value);
    else place.continued.push({ names, at: at + 1, value });
  };
  for (const { names, at, value } of continued) enter(names, at, value);
  for (const object of objects) for (const [name, value] of Object.entries(object)) enter(name.split('.'), 0, value);
  return inside;
}

/**
 * Adds a value to a place; of an array its elements. Not recursive: arrays can be nested as deep as a message is long.
 */
function add(place: Place, value: unknown): void {
  const pending = [value];
  for (let at = 0; at < pending.length; at++) {
    const one = pending[at];
    if (Array.isArray(one)) for (const element of one) pending.push(element);
    else if (typeof one === 'object' && one !== null) place.objects.push(one);
    else place.scalars.push(one as Scalar);
  }
}
