/** Squab's oldest Node. On older ones its SQLite binding crashes the process, so this is checked before it is loaded. */

const OLDEST = [22, 12] as const;

/** What is wrong with the Node that runs this; undefined when nothing is. */
export function nodeVersionProblem(version: string = process.versions.node): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `Squab needs Node.js ${OLDEST.join('.')} or newer; this is Node.js ${version}.`;
}
