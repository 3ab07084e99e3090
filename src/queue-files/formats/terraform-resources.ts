/**
 * The resources in the output of `terraform show -json`.
 * Source: Terraform documentation, "JSON Output Format".
 */

import { parseArn } from '../../queues/arn.ts';
import { FIFO_SUFFIX } from '../../queues/catalog.ts';
import { type Findings, type Located, partOf, type Tree } from '../syntax/tree.ts';

/** An instance of a resource. */
export interface Resource {
  at: string;
  /** `module.jobs["a"].aws_sqs_queue.this[0]` */
  address: string;
  type: string;
  name: string;
  /** Its key or number; an empty string if the resource has only one instance. */
  index: string;
  /** The arguments and computed attributes that are known. */
  values: Tree | undefined;
}

/** Whether a file is the output of `terraform show -json`. */
export function isTerraform(file: Tree): boolean {
  const hasPart = (key: string) => partOf(file, key) !== undefined;
  return hasPart('format_version') && ['values', 'planned_values', 'terraform_version'].some(hasPart);
}

/** Returns the resources of a state or plan, those of its modules included. */
export function resourcesOf(file: Tree): Resource[] {
  const root = partOf(partOf(file, 'planned_values') ?? partOf(file, 'values'), 'root_module');
  const found: Resource[] = [];
  const modules = root ? [root] : [];
  for (const module of modules) {
    for (const resource of itemsOf(partOf(module, 'resources'))) {
      if (textOf(resource, 'mode') === 'data') continue;
      const [address, type, name] = ['address', 'type', 'name'].map((key) => textOf(resource, key) ?? '');
      const index = textOf(resource, 'index') ?? '';
      found.push({
        at: resource.at,
        address: address!,
        type: type!,
        name: name!,
        index,
        values: partOf(resource, 'values'),
      });
    }
    for (const child of itemsOf(partOf(module, 'child_modules'))) modules.push(child);
  }
  return found;
}

/** Returns the arguments that a plan does not know, by address: `{ "arn": true }`. */
export function unknownIn(file: Tree): ReadonlyMap<string, Tree | undefined> {
  const changes = itemsOf(partOf(file, 'resource_changes'));
  return new Map(
    changes.map((change) => [textOf(change, 'address') ?? '', partOf(partOf(change, 'change'), 'after_unknown')]),
  );
}

/** Returns the region of a queue or topic: its own, or that of the AWS provider; undefined if the file names none. */
export function regionOf({ values }: Resource, file: Tree): string | undefined {
  const own = textOf(values, 'region') ?? parseArn(textOf(values, 'arn') ?? '')?.region;
  if (own !== undefined) return own;
  const providers = partOf(partOf(file, 'configuration'), 'provider_config');
  const region = partOf(partOf(partOf(providers, 'aws'), 'expressions'), 'region');
  const [reference] = itemsOf(partOf(region, 'references'));
  const variable = reference?.kind === 'scalar' ? /^var\.([\w-]+)$/.exec(reference.text)?.[1] : undefined;
  return (
    textOf(region, 'constant_value') ??
    (variable === undefined ? undefined : textOf(partOf(partOf(file, 'variables'), variable), 'value'))
  );
}

/** Returns a value as text; undefined if it is missing, null, empty or not a scalar. */
export function textOf(tree: Tree | undefined, key: string): string | undefined {
  const value = partOf(tree, key);
  return value?.kind === 'scalar' && value.text !== '' ? value.text : undefined;
}

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === 'list' ? tree.items : [];
}

/** Returns the name of a queue or topic. Terraform makes one up when it creates a resource without a name. */
export function nameOf({ at, address, values }: Resource, fifo: boolean, findings: Findings): string {
  const own = textOf(values, 'name');
  if (own !== undefined) return own;
  const words = address.replace(/\b(?:module|aws_sqs_queue|aws_sns_topic)\./g, '').match(/[A-Za-z0-9_-]+/g) ?? [];
  const name = `${textOf(values, 'name_prefix') ?? ''}${words.join('-')}`.slice(0, 75) + (fifo ? FIFO_SUFFIX : '');
  findings.warn(at, `${address} gets its name when Terraform creates it. Here, it is ${name}.`);
  return name;
}

export function tagsOf(values: Tree | undefined): Map<string, Located<string>> {
  const tags = partOf(values, 'tags_all') ?? partOf(values, 'tags');
  const found = new Map<string, Located<string>>();
  for (const { key, value } of tags?.kind === 'map' ? tags.entries : []) {
    if (value.kind === 'scalar' && value.value !== null) found.set(key, { value: value.text, at: value.at });
  }
  return found;
}

export function isTrue(tree: Tree | undefined, key: string): boolean {
  const value = partOf(tree, key);
  return value?.kind === 'scalar' && value.value === true;
}
