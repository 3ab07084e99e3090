/**
 * The versions of Node.js that Squab runs on. Its SQLite binding is built for Node-API 10, and merely loading it
 * crashes an older Node.js, so the version is checked first. Node-API 10 arrived in Node.js 22.14 and 23.6.
 */

const OLDEST = '22.14';
const NODE_API = 10;

/** Returns a message if the running Node.js is too old, and undefined otherwise. */
export function nodeVersionProblem(versions: NodeJS.Dict<string> = process.versions): string | undefined {
  if (Number(versions.napi) >= NODE_API) return undefined;
  return `Squab needs Node.js ${OLDEST} or newer (for Node.js 23, 23.6 or newer); this is Node.js ${versions.node}.`;
}
