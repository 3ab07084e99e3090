/**
 * Finds the queues, topics and functions that an argument of a planned resource refers to. A plan does not contain the
 * ARNs of resources that do not exist yet, but its configuration says where they come from: `aws_sqs_queue.dlq.arn`,
 * `var.dlq_arn`.
 * Source: Terraform documentation, "JSON Output Format", expression representation.
 */

import { partOf, type Tree } from '../syntax/tree.ts';
import { itemsOf, type Resource, textOf } from './terraform-resources.ts';

/** The longest chain of modules and variables that is followed, since they may refer to each other. */
const STEPS_MAX = 100;

/** A module call on the way from the root module. The index is empty if it has only one instance. */
interface Call {
  name: string;
  index: string;
}

/** A place in the configuration, for a particular instance. */
interface Place {
  calls: readonly Call[];
  index: string;
}

/** How far a reference has been followed, and the expressions that were on the way, with their places. */
interface Way {
  steps: number;
  seen: Map<Tree, Set<string>>;
}

const INDEX = String.raw`(?:\[(?:(\d+)|"((?:[^"\\]|\\.)*)")\])?`;
const TARGET = new RegExp(String.raw`^((?:aws_sqs_queue|aws_sns_topic|aws_lambda_function)\.[\w-]+)${INDEX}`);
const OUTPUT = new RegExp(String.raw`^module\.([\w-]+)${INDEX}\.([\w-]+)`);
const CALL = new RegExp(String.raw`module\.([\w-]+)${INDEX}\.`, 'y');
const VARIABLE = /^var\.([\w-]+)/;

export class References {
  readonly #root: Tree | undefined;
  readonly #targets = new Map<string, Resource[]>();
  readonly #configurations = new Map<Tree, ReadonlyMap<string, Tree>>();

  constructor(file: Tree, resources: readonly Resource[]) {
    this.#root = partOf(partOf(file, 'configuration'), 'root_module');
    for (const resource of resources) {
      const key = keyOf(callsOf(resource.address), `${resource.type}.${resource.name}`);
      const others = this.#targets.get(key);
      if (others) others.push(resource);
      else this.#targets.set(key, [resource]);
    }
  }

  /** Whether the configuration sets an argument. Terraform computes a value for others too. */
  isSet(resource: Resource, argument: string): boolean {
    return this.#expression(resource, argument) !== undefined;
  }

  /** Returns what an argument refers to, without the resource itself. */
  targetsOf(resource: Resource, argument: string): Resource[] {
    const place = { calls: callsOf(resource.address), index: resource.index };
    const found = this.#resolve(this.#expression(resource, argument), place, { steps: 0, seen: new Map() });
    return [...new Set(found)].filter((target) => target !== resource);
  }

  #expression({ address, type, name }: Resource, argument: string): Tree | undefined {
    const configuration = this.#resourceIn(this.#moduleOf(callsOf(address)), `${type}.${name}`);
    return partOf(partOf(configuration, 'expressions'), argument);
  }

  #resolve(expression: Tree | undefined, place: Place, { steps, seen }: Way): Resource[] {
    if (!expression || steps > STEPS_MAX) return [];
    // Modules may pass a variable on several times each: the ways to it would multiply with each of them.
    const places = seen.get(expression) ?? new Set<string>();
    const size = places.size;
    if (places.add(JSON.stringify(place)).size === size) return [];
    seen.set(expression, places);
    return itemsOf(partOf(expression, 'references')).flatMap((reference) =>
      reference.kind === 'scalar' ? this.#followed(reference.text, place, { steps: steps + 1, seen }) : [],
    );
  }

  #followed(reference: string, { calls, index }: Place, way: Way): Resource[] {
    const target = TARGET.exec(reference);
    if (target) {
      const instances = this.#targets.get(keyOf(calls, target[1]!)) ?? [];
      const wanted = target[2] ?? target[3] ?? index;
      const same = instances.filter((instance) => instance.index === wanted);
      return same.length > 0 ? same : instances;
    }
    const output = OUTPUT.exec(reference);
    if (output) {
      const [, name, number, key, member] = output;
      const module = this.#moduleOf([...calls, { name: name!, index: '' }]);
      const expression = partOf(partOf(partOf(module, 'outputs'), member!), 'expression');
      // The instance of the module is either given, or the only one, or that of the same key.
      const indexes = number ?? key ?? ['', index];
      return [...new Set([indexes].flat())].flatMap((one) =>
        this.#resolve(expression, { calls: [...calls, { name: name!, index: one }], index: one }, way),
      );
    }
    const variable = VARIABLE.exec(reference)?.[1];
    const call = calls.at(-1);
    if (variable === undefined || !call) return [];
    const outer = calls.slice(0, -1);
    const expressions = partOf(partOf(partOf(this.#moduleOf(outer), 'module_calls'), call.name), 'expressions');
    return this.#resolve(partOf(expressions, variable), { calls: outer, index: call.index }, way);
  }

  #moduleOf(calls: readonly Call[]): Tree | undefined {
    return calls.reduce(
      (module, { name }) => partOf(partOf(partOf(module, 'module_calls'), name), 'module'),
      this.#root,
    );
  }

  #resourceIn(module: Tree | undefined, address: string): Tree | undefined {
    if (!module) return undefined;
    let known = this.#configurations.get(module);
    if (!known) {
      const resources = itemsOf(partOf(module, 'resources'));
      known = new Map(resources.map((resource) => [textOf(resource, 'address') ?? '', resource]));
      this.#configurations.set(module, known);
    }
    return known.get(address);
  }
}

/** Returns the module calls at the start of an address. */
function callsOf(address: string): Call[] {
  const calls: Call[] = [];
  CALL.lastIndex = 0;
  for (let match = CALL.exec(address); match; match = CALL.exec(address)) {
    calls.push({ name: match[1]!, index: match[2] ?? match[3] ?? '' });
  }
  return calls;
}

function keyOf(calls: readonly Call[], name: string): string {
  return JSON.stringify([calls, name]);
}
