/**
 * Which Node Squab runs on. Its SQLite binding is built for Node-API 10, and crashes the process that loads it where that
 * is missing; so this is checked before it is loaded. Node-API 10 came with Node 22.14 and 23.6.
 */

const OLDEST = '22.14';
const NODE_API = 10;

/** What is wrong with the Node that runs this; undefined when nothing is. */
export function nodeVersionProblem(versions: NodeJS.Dict<string> = process.versions): string | undefined {
  if (Number(versions.napi) >= NODE_API) return undefined;
  return `Squab needs Node.js ${OLDEST} or newer (of Node.js 23: 23.6 or newer); this is Node.js ${versions.node}.`;
}
