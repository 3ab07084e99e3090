/** Values by name, as flags and environment variables give them: `Stage=dev`. */

/**
 * Converts a list of texts `NAME=VALUE`, or a text with one per line, to an object. Returns anything else unchanged.
 */
export function namesAndValues(given: unknown): unknown {
  const texts = typeof given === 'string' ? given.split(/\r?\n/).filter((line) => line.trim() !== '') : given;
  if (!Array.isArray(texts)) return given;
  // A text of another form becomes a value that is not valid.
  return Object.fromEntries(texts.map((text) => /^\s*([^=\s]+)=([\s\S]*)$/.exec(String(text))?.slice(1) ?? ['', null]));
}
