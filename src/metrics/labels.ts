/** Values of labels. */

/** Returns a value in quotes: a region is whatever text the client put into its credential. */
export function quoted(value: string): string {
  return `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}
