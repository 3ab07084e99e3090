/**
 * The parameters of a CloudFormation template.
 * Source: CloudFormation template reference, "Parameters" and "Pseudo parameters".
 */

import { queueArn } from '../../queues/arn.ts';
import type { Deployment } from '../declared.ts';
import { type Entry, type Findings, keysOf, partOf, scalar, type Tree } from '../syntax/tree.ts';
import { Unresolved } from './unresolved.ts';

/** The name for `AWS::StackName` by default. No stack exists, but templates often build other names from it. */
const STACK = 'squab';

export class Parameters {
  readonly #declared: Tree | undefined;
  readonly #given: Readonly<Record<string, string>>;
  readonly #pseudo: Readonly<Record<string, string>>;

  constructor(template: Tree, { account, region, parameters = {}, stackName = STACK }: Deployment) {
    this.#declared = partOf(template, 'Parameters');
    this.#given = parameters;
    this.#pseudo = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::StackName': stackName,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/0`,
      'AWS::Partition': queueArn({ account, region, name: '' }).split(':')[1]!,
      'AWS::URLSuffix': region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com',
    };
  }

  /** The names of the template's own parameters. */
  names(): string[] {
    return keysOf(this.#declared);
  }

  /** The names of these, and of the pseudo parameters. */
  allNames(): string[] {
    return [...Object.keys(this.#pseudo), ...this.names()];
  }

  /** Reports values that the template does not allow. */
  check(findings: Findings): void {
    for (const { key, value } of this.#declared?.kind === 'map' ? this.#declared.entries : []) {
      const allowed = partOf(value, 'AllowedValues');
      const given = this.#givenFor(key);
      if (given === undefined || allowed?.kind !== 'list') continue;
      const texts = allowed.items.map((item) => (item.kind === 'scalar' ? item.text : ''));
      if (texts.includes(given)) continue;
      const shown = texts.map((text) => JSON.stringify(text)).join(', ');
      findings.problem(allowed.at, `${key} cannot be ${JSON.stringify(given)}: the template allows only ${shown}.`);
    }
  }

  /** Returns the value of a parameter or pseudo parameter; undefined if there is none. Throws Unresolved. */
  valueOf(name: string, at: string): Tree | undefined {
    if (Object.hasOwn(this.#pseudo, name)) return scalar(at, this.#pseudo[name]!);
    const parameter = partOf(this.#declared, name);
    if (!parameter) return undefined;
    const typeTree = partOf(parameter, 'Type');
    const type = typeTree?.kind === 'scalar' ? typeTree.text : '';
    const given = this.#givenFor(name);
    const standard = partOf(parameter, 'Default');
    if (given === undefined && !standard) throw new Unresolved(`the parameter ${name} has no Default`, name);
    if (given === undefined && type.startsWith('AWS::SSM::')) {
      throw new Unresolved(`the value of the parameter ${name} is stored outside the template`, name);
    }
    const value = given === undefined ? standard! : scalar(parameter.at, given);
    if (value.kind !== 'scalar' || !/List/.test(type)) return value;
    return { kind: 'list', at: value.at, items: value.text.split(',').map((item) => scalar(value.at, item.trim())) };
  }

  #givenFor(name: string): string | undefined {
    return Object.hasOwn(this.#given, name) ? this.#given[name] : undefined;
  }
}

/** A reference to a parameter or resource. */
export function refTo(name: string, at: string): Tree {
  const entry: Entry = { key: 'Ref', at, value: scalar(at, name) };
  return { kind: 'map', at, entries: [entry] };
}
