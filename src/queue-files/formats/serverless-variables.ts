/**
 * Evaluates the variables of a serverless.yml.
 * Source: Serverless Framework documentation, "Variables", "Parameters".
 */

import { isAbsolute } from 'node:path';
import type { Deployment } from '../declared.ts';
import type { Surroundings } from '../syntax/files.ts';
import { readJson } from '../syntax/json.ts';
import {
  DEPTH_MAX,
  entryOf,
  type Findings,
  keysOf,
  partOf,
  QueueFileError,
  scalar,
  type Tree,
} from '../syntax/tree.ts';
import { readYaml } from '../syntax/yaml.ts';
import { guess, Unresolved } from './unresolved.ts';
import { partsOf, type Source, type TextPart, type Variable } from './variable-text.ts';

/** Variables can repeat parts of the file again and again. */
const VALUES_MAX = 1_000_000;
/** In characters. */
const TEXT_MAX = 1_000_000;

const KNOWN_TYPES = ['self', 'opt', 'param', 'env', 'file', 'strToBool', 'sls', 'aws'];

export interface VariableSources {
  /** The whole file, for `${self:…}`. */
  file: Tree;
  deployment: Deployment;
  surroundings: Surroundings;
  findings: Findings;
}

export class Variables {
  readonly #sources: VariableSources;
  /** Names that variables take from `--parameter`. */
  readonly parameters = new Set<string>();
  readonly #resolved = new Map<Tree, Tree>();
  readonly #open = new Set<Tree>();
  readonly #files = new Map<string, Tree | undefined>();
  #values = 0;

  constructor(sources: VariableSources) {
    this.#sources = sources;
  }

  /**
   * Returns the tree with its variables evaluated. A value that cannot be evaluated is `unresolved`. Throws
   * QueueFileError.
   */
  resolve(tree: Tree): Tree {
    const known = this.#resolved.get(tree);
    if (known) return known;
    if (++this.#values > VALUES_MAX) throw new QueueFileError(`${tree.at}: more than ${VALUES_MAX} values.`);
    if (this.#open.has(tree)) return unresolved(tree.at, new Unresolved('it refers to itself'));
    if (this.#open.size > DEPTH_MAX)
      throw new QueueFileError(`${tree.at}: more than ${DEPTH_MAX} levels of variables.`);
    this.#open.add(tree);
    const resolved = this.#evaluated(tree);
    this.#open.delete(tree);
    this.#resolved.set(tree, resolved);
    return resolved;
  }

  /** Returns the string at an address of the file, such as `provider.region`; undefined if there is none. */
  textAt(address: string): string | undefined {
    const found = this.#at(this.#sources.file, address);
    return found?.kind === 'scalar' && !found.unresolved && found.value !== null ? found.text : undefined;
  }

  stage(): string {
    return this.#parameter('stage') ?? this.textAt('provider.stage') ?? 'dev';
  }

  #evaluated(tree: Tree): Tree {
    if (tree.kind === 'list') return { ...tree, items: tree.items.map((item) => this.resolve(item)) };
    if (tree.kind === 'map') {
      return { ...tree, entries: tree.entries.map((entry) => ({ ...entry, value: this.resolve(entry.value) })) };
    }
    if (typeof tree.value !== 'string' || !tree.text.includes('${')) return tree;
    const parts = partsOf(tree.text);
    if (parts.every((part) => typeof part === 'string')) return tree;
    try {
      const [only, ...others] = parts;
      if (typeof only === 'object' && others.length === 0) return this.#valueOf(only, tree.at);
      return scalar(tree.at, this.#text(parts, tree.at));
    } catch (error) {
      if (error instanceof Unresolved) return unresolved(tree.at, error);
      throw error;
    }
  }

  #text(parts: readonly TextPart[], at: string): string {
    const texts = parts.map((part) => {
      if (typeof part === 'string') return part;
      const value = this.#valueOf(part, at);
      if (value.kind !== 'scalar') throw new Unresolved(`${part.shown} is a ${value.kind}, not a string`);
      if (value.unresolved) throw value.unresolved;
      return value.text;
    });
    const text = texts.join('');
    if (text.length > TEXT_MAX) throw new Unresolved(`it is longer than ${TEXT_MAX} characters`);
    return text;
  }

  /** Returns the value of the first alternative that has one. Throws Unresolved if none has. */
  #valueOf({ shown, sources }: Variable, at: string): Tree {
    let reason: Unresolved | undefined;
    for (const source of sources) {
      try {
        const value = this.#alternative(source, shown, at);
        if (value?.kind === 'scalar' && value.unresolved) throw value.unresolved;
        if (value && !(value.kind === 'scalar' && value.value === null)) return value;
      } catch (error) {
        if (!(error instanceof Unresolved)) throw error;
        reason ??= error;
      }
    }
    const named = sources.find((source) => source.kind === 'reference' && /^(?:opt|param)$/.test(source.type));
    const name = named?.kind === 'reference' ? this.#text(named.address, at) : undefined;
    throw name === undefined && reason ? reason : new Unresolved(`${shown} has no value`, name);
  }

  #alternative(source: Source, shown: string, at: string): Tree | undefined {
    if (source.kind === 'literal') return scalar(at, source.value);
    if (source.kind === 'string') return scalar(at, this.#text(source.parts, at));
    if (source.kind === 'variable') return this.#valueOf(source.variable, at);
    if (!KNOWN_TYPES.includes(source.type)) {
      throw new Unresolved(`${shown} is stored outside the file${guess(source.type, KNOWN_TYPES)}`);
    }
    const address = this.#text(source.address, at);
    const { deployment, surroundings } = this.#sources;
    const given = (text: string | undefined) => (text === undefined ? undefined : scalar(at, text));
    switch (source.type) {
      case 'self':
        return this.#ownValue(address, at) ?? this.#missing(address, shown);
      case 'opt':
        return given(this.#parameter(address));
      case 'param':
        return given(this.#parameter(address)) ?? this.#declaredParameter(address);
      case 'env':
        return given(surroundings.environment[address]);
      case 'file':
        return this.#fromFile(this.#text(source.argument, at), address);
      case 'strToBool':
        return scalar(at, /^(?:true|1)$/i.test(this.#text(source.argument, at)));
      case 'sls':
        return address === 'stage' ? scalar(at, this.stage()) : undefined;
      case 'aws':
        return given({ accountId: deployment.account, region: deployment.region }[address]);
      default:
        return undefined;
    }
  }

  /** These two have defaults in Serverless. */
  #ownValue(address: string, at: string): Tree | undefined {
    const found = this.#at(this.#sources.file, address);
    if (found) return found;
    if (address === 'provider.stage') return scalar(at, this.stage());
    return address === 'provider.region' ? scalar(at, this.#sources.deployment.region) : undefined;
  }

  /** Throws Unresolved with a suggestion if a key of the address is misspelt. */
  #missing(address: string, shown: string): undefined {
    let place = this.#sources.file;
    for (const key of address.split('.')) {
      if (place.kind === 'scalar') place = this.resolve(place);
      const next = place.kind === 'list' ? place.items[Number(key)] : partOf(place, key);
      const hint = next || place.kind !== 'map' ? '' : guess(key, keysOf(place));
      if (hint !== '') throw new Unresolved(`${shown} has no value${hint}`);
      if (!next) return undefined;
      place = next;
    }
    return undefined;
  }

  #parameter(name: string): string | undefined {
    this.parameters.add(name);
    const { parameters = {} } = this.#sources.deployment;
    return Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  }

  /** Parameters by stage: below `stages`, or `params` in older versions. */
  #declaredParameter(name: string): Tree | undefined {
    const { file } = this.#sources;
    for (const stage of [this.stage(), 'default']) {
      const found =
        entryOf(partOf(partOf(partOf(file, 'stages'), stage), 'params'), name) ??
        entryOf(partOf(partOf(file, 'params'), stage), name);
      if (found) return this.resolve(found.value);
    }
    return undefined;
  }

  /** Returns the value at an address: keys and positions of lists, separated by dots. */
  #at(tree: Tree, address: string): Tree | undefined {
    let found: Tree | undefined = tree;
    for (const key of address.split('.')) {
      // Evaluates only the values on the way: others may refer back to this variable.
      if (found?.kind === 'scalar') found = this.resolve(found);
      found = found?.kind === 'list' ? found.items[Number(key)] : partOf(found, key);
    }
    return found && this.resolve(found);
  }

  #fromFile(path: string, address: string): Tree | undefined {
    if (!this.#files.has(path)) this.#files.set(path, this.#read(path));
    const tree = this.#files.get(path);
    if (!tree || address === '') return tree && this.resolve(tree);
    return this.#at(tree, address);
  }

  #read(path: string): Tree | undefined {
    if (!/\.(?:ya?ml|json)$/.test(path)) throw new Unresolved(`${path} is neither a YAML nor a JSON file`);
    const text = this.#sources.surroundings.readFile(path);
    if (text === undefined) return undefined;
    const name = isAbsolute(path) ? path : path.replace(/^\.\//, '');
    return path.endsWith('.json') ? readJson(text, name) : readYaml(text, name, this.#sources.findings);
  }
}

function unresolved(at: string, reason: Unresolved): Tree {
  return { ...scalar(at, null), unresolved: reason };
}
