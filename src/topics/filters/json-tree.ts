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
  /** Set when a policy looks inside. */
  inside?: Inside;
}

interface Inside {
  byName: Map<string, Place>;
  /** The places whose names contain dots, with the names split at them. */
  dotted: { segments: string[]; place: Place }[];
}

const NONE: Found = { present: false, values: [] };

export class JsonTree implements Examined {
  readonly #root: Place = { scalars: [], objects: [] };
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
    const reached: Scalar[][] = [];
    const pending = [{ place: this.#root, at: 0 }];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const { place, at } = next;
      if (at === segments.length) {
        reached.push(place.scalars);
        continue;
      }
      place.inside ??= openObjects(place.objects);
      for (const { segments: names, place: inner } of place.inside.dotted) {
        if (names.every((name, index) => name === segments[at + index])) {
          pending.push({ place: inner, at: at + names.length });
        }
      }
      const inner = place.inside.byName.get(segments[at]!);
      if (inner) pending.push({ place: inner, at: at + 1 });
    }
    return reached.length === 1 ? reached[0]! : reached.flat();
  }
}

/** Opens all objects of a place together: members of the same name share a place. */
function openObjects(objects: readonly object[]): Inside {
  const byName = new Map<string, Place>();
  const dotted: Inside['dotted'] = [];
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      let place = byName.get(name);
      if (!place) {
        place = { scalars: [], objects: [] };
        byName.set(name, place);
        if (name.includes('.')) dotted.push({ segments: name.split('.'), place });
      }
      add(place, value);
    }
  }
  return { byName, dotted };
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
