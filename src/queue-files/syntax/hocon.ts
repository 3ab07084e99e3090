/**
 * Reads HOCON, the syntax of ElasticMQ's configurations, with the files that it includes.
 * Source: https://github.com/lightbend/config/blob/main/HOCON.md
 */

import { dirname, isAbsolute, join } from 'node:path';
import type { Surroundings } from './files.ts';
import { type Include, parseHocon } from './hocon-parser.ts';
import { type HoconDocument, resolveHocon } from './hocon-resolver.ts';
import type { RawObject } from './hocon-values.ts';
import { type Findings, QueueFileError } from './tree.ts';

export type { HoconDocument } from './hocon-resolver.ts';

/** ElasticMQ's own defaults, which declare no queues. */
const OWN_DEFAULTS = /^(?:application|reference)(?:\.conf)?$/;
/** A file that includes two files twice, each of which does the same, and so on, would never end. */
const INCLUDES_MAX = 1000;

/** Parses a document into a tree. Reports missing files to `findings`. Throws QueueFileError. */
export function readHocon(text: string, file: string, surroundings: Surroundings, findings: Findings): HoconDocument {
  const root = new Includes(surroundings, findings).document(text, file, [], [file]);
  return resolveHocon(root, surroundings.environment);
}

class Includes {
  readonly #surroundings: Surroundings;
  readonly #findings: Findings;
  #count = 0;

  constructor(surroundings: Surroundings, findings: Findings) {
    this.#surroundings = surroundings;
    this.#findings = findings;
  }

  /** Parses a file and what it includes. `open` lists the files that include it, itself included. */
  document(text: string, file: string, within: readonly string[], open: readonly string[]): RawObject {
    return parseHocon(text, file, within, (include) => {
      const path = pathOf(include, file);
      if (path === undefined) return undefined;
      const found = this.#found(path);
      if (!found) {
        if (include.required) throw new QueueFileError(`${include.at}: There is no file ${JSON.stringify(path)}.`);
        // ElasticMQ would look for its own defaults next.
        if (!OWN_DEFAULTS.test(path)) {
          this.#findings.warn(include.at, `The include is ignored: there is no file ${JSON.stringify(path)}.`);
        }
        return undefined;
      }
      if (open.includes(found.path)) {
        throw new QueueFileError(`${include.at}: ${JSON.stringify(found.path)} includes itself.`);
      }
      if (++this.#count > INCLUDES_MAX) throw new QueueFileError(`${include.at}: more than ${INCLUDES_MAX} includes.`);
      return this.document(found.text, found.path, include.within, [...open, found.path]);
    });
  }

  /** Finds a file by its path, which may lack the extension. */
  #found(path: string): { path: string; text: string } | undefined {
    for (const candidate of [path, `${path}.conf`, `${path}.json`]) {
      const text = this.#surroundings.readFile(candidate);
      if (text !== undefined) return { path: candidate, text };
    }
    return undefined;
  }
}

/** Returns the path of an included file, or undefined if it is one of ElasticMQ's own. Throws QueueFileError. */
function pathOf({ kind, path, at }: Include, file: string): string | undefined {
  if (kind === 'file') return isAbsolute(path) ? path : join(dirname(file), path);
  if (kind === 'classpath' && OWN_DEFAULTS.test(path)) return undefined;
  const shown = `include ${kind}(${JSON.stringify(path)})`;
  throw new QueueFileError(`${at}: ${shown} is not supported: save it beside this file, and include that file.`);
}
