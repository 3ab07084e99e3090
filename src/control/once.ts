/**
 * The schemas of the control interface are made when they are first needed. Making all of them took a twentieth of the
 * time of a start, and most runs of Squab need few of them.
 */

/** Returns a function that makes a value when it is first called, and then returns the same value. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
