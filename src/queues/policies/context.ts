/** The condition keys of a request, with their values. */

/** The keys are in lower case, since they are case-insensitive. */
export type Context = ReadonlyMap<string, readonly string[]>;

/**
 * Returns the values by key. A key whose spellings differ only in case has all of their values: two tags `env` and `ENV`
 * are the same key to a policy, and neither may hide the other.
 */
export function contextOf(entries: Iterable<readonly [key: string, value: string | readonly string[]]>): Context {
  const context = new Map<string, string[]>();
  for (const [key, value] of entries) {
    const name = key.toLowerCase();
    const values = context.get(name);
    if (values) values.push(...[value].flat());
    else context.set(name, [...[value].flat()]);
  }
  return context;
}
