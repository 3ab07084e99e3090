/**
 * Evaluates the intrinsic functions of a CloudFormation template, with the defaults of its parameters.
 * Source: CloudFormation template reference, "Intrinsic functions" and "Pseudo parameters".
 */

import { queueArn } from '../../queues/arn.ts';
import type { Deployment } from '../declared.ts';
import { partOf, plain, scalar, type Tree } from '../syntax/tree.ts';

/** A value that the template does not determine, such as the name of another resource or an export of another stack. */
export class Unresolved extends Error {
  override readonly name = 'Unresolved';
}

/** The name for `AWS::StackName`. No stack exists, but templates often build other names from it. */
const STACK = 'squab';
const NESTED_MAX = 100;
/** Limits conditions that refer to each other more than once, because their cost grows exponentially. */
const STEPS_MAX = 1_000_000;

type Evaluate = (argument: Tree) => Tree | undefined;

/** Returns the name of the queue with a logical ID, or undefined if there is none. */
export type QueueNameOf = (logicalId: string) => string | undefined;

export class Intrinsics {
  readonly #template: Tree;
  readonly #deployment: Deployment;
  readonly #queueName: QueueNameOf;
  #depth = 0;
  #steps = 0;

  constructor(template: Tree, deployment: Deployment, queueName: QueueNameOf) {
    this.#template = template;
    this.#deployment = deployment;
    this.#queueName = queueName;
  }

  /** Returns the tree with its functions evaluated, or undefined for `AWS::NoValue`. Throws Unresolved. */
  resolve(tree: Tree): Tree | undefined {
    this.#enter();
    try {
      return this.#resolve(tree);
    } finally {
      this.#depth--;
    }
  }

  /** Returns the string that a tree evaluates to. Throws Unresolved. */
  textOf(tree: Tree): string {
    const resolved = this.resolve(tree);
    if (resolved?.kind !== 'scalar') throw new Unresolved('it is not a string');
    return resolved.text;
  }

  /** Whether a condition of the template is true. Throws Unresolved. */
  isTrue(name: string): boolean {
    const condition = partOf(partOf(this.#template, 'Conditions'), name);
    if (!condition) throw new Unresolved(`there is no condition ${name}`);
    return this.#evaluateCondition(condition);
  }

  #resolve(tree: Tree): Tree | undefined {
    if (tree.kind === 'scalar') {
      if (tree.text.includes('{{resolve:')) throw new Unresolved(`${tree.text} is stored outside the template`);
      return tree;
    }
    if (tree.kind === 'list') return { ...tree, items: this.#items(tree) };
    const [only, ...others] = tree.entries;
    if (only && others.length === 0 && /^(Ref|Condition|Fn::.*)$/.test(only.key)) {
      const evaluate = this.#functions.get(only.key);
      if (evaluate) return evaluate(only.value);
      // In a policy, Condition is not a function.
      if (only.key !== 'Condition') throw new Unresolved(`${only.key} is not supported`);
    }
    const entries = tree.entries.flatMap((entry) => {
      const value = this.resolve(entry.value);
      return value ? [{ ...entry, value }] : [];
    });
    return { ...tree, entries };
  }

  readonly #functions: ReadonlyMap<string, Evaluate> = new Map<string, Evaluate>([
    ['Ref', (tree) => this.#ref(tree)],
    ['Fn::GetAtt', (tree) => scalar(tree.at, this.#attribute(tree))],
    ['Fn::Sub', (tree) => scalar(tree.at, this.#sub(tree))],
    ['Fn::Join', (tree) => scalar(tree.at, this.#join(tree))],
    ['Fn::Select', (tree) => this.#select(tree)],
    ['Fn::Split', (tree) => this.#split(tree)],
    ['Fn::FindInMap', (tree) => this.#findInMap(tree)],
    ['Fn::If', (tree) => this.#if(tree)],
  ]);

  #enter(): void {
    if (this.#depth > NESTED_MAX) throw new Unresolved('it refers to itself');
    if (++this.#steps > STEPS_MAX) throw new Unresolved('it takes too long to evaluate');
    this.#depth++;
  }

  #items(tree: Tree, count?: number): Tree[] {
    if (tree.kind !== 'list' || (count !== undefined && tree.items.length !== count)) {
      throw new Unresolved(`a list${count === undefined ? '' : ` of ${count} items`} is expected`);
    }
    return tree.items.map((item) => this.resolve(item)).filter((item) => item !== undefined);
  }

  #ref(tree: Tree): Tree | undefined {
    const name = this.textOf(tree);
    if (name === 'AWS::NoValue') return undefined;
    const { account, region } = this.#deployment;
    const pseudo: Readonly<Record<string, string>> = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::StackName': STACK,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${STACK}/0`,
      'AWS::Partition': queueArn({ account, region, name: '' }).split(':')[1]!,
      'AWS::URLSuffix': region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com',
    };
    if (Object.hasOwn(pseudo, name)) return scalar(tree.at, pseudo[name]!);
    const parameter = partOf(partOf(this.#template, 'Parameters'), name);
    if (parameter) return this.#parameter(name, parameter);
    const queue = this.#queueName(name);
    if (queue === undefined) throw new Unresolved(`${name} is neither a queue nor a parameter of this template`);
    return scalar(tree.at, `https://sqs.${region}.${pseudo['AWS::URLSuffix']}/${account}/${queue}`);
  }

  #parameter(name: string, parameter: Tree): Tree {
    const value = partOf(parameter, 'Default');
    const type = partOf(parameter, 'Type');
    if (!value) throw new Unresolved(`the parameter ${name} has no Default`);
    if (type?.kind !== 'scalar' || value.kind !== 'scalar') return value;
    if (type.text.startsWith('AWS::SSM::'))
      throw new Unresolved(`the value of the parameter ${name} is stored outside the template`);
    if (!/List/.test(type.text)) return value;
    return { kind: 'list', at: value.at, items: value.text.split(',').map((item) => scalar(value.at, item.trim())) };
  }

  #attribute(tree: Tree): string {
    const text =
      tree.kind === 'list'
        ? this.#items(tree, 2)
            .map((item) => this.textOf(item))
            .join('.')
        : this.textOf(tree);
    const [, logicalId = '', attribute = ''] = /^([^.]*)\.(.*)$/.exec(text) ?? [];
    const name = this.#queueName(logicalId);
    if (name === undefined) throw new Unresolved(`${text} does not refer to a queue of this template`);
    if (attribute === 'Arn') return queueArn({ ...this.#deployment, name });
    if (attribute === 'QueueName') return name;
    if (attribute === 'QueueUrl') return this.textOf(refTo(logicalId, tree.at));
    throw new Unresolved(`queues have no attribute ${attribute}`);
  }

  /** `${Name}`, `${Resource.Attribute}`; `${!Literal}` is the text `${Literal}`. */
  #sub(tree: Tree): string {
    const [text, variables] = tree.kind === 'list' ? [tree.items[0], tree.items[1]] : [tree, undefined];
    if (text?.kind !== 'scalar') throw new Unresolved('a string is expected');
    return text.text.replace(/\$\{([^}]*)\}/g, (_all, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      const own = partOf(variables, name.trim());
      if (own) return this.textOf(own);
      const at = tree.at;
      return name.includes('.') ? this.#attribute(scalar(at, name.trim())) : this.textOf(refTo(name.trim(), at));
    });
  }

  #join(tree: Tree): string {
    const [separator, parts] = this.#items(tree, 2);
    return this.#items(parts!)
      .map((part) => this.textOf(part))
      .join(this.textOf(separator!));
  }

  #select(tree: Tree): Tree {
    const [index, from] = this.#items(tree, 2);
    const item = this.#items(from!)[Number(this.textOf(index!))];
    if (!item) throw new Unresolved('the list has no such item');
    return item;
  }

  #split(tree: Tree): Tree {
    const [separator, text] = this.#items(tree, 2);
    const parts = this.textOf(text!).split(this.textOf(separator!));
    return { kind: 'list', at: tree.at, items: parts.map((part) => scalar(tree.at, part)) };
  }

  #findInMap(tree: Tree): Tree {
    let found = partOf(this.#template, 'Mappings');
    for (const key of this.#items(tree, 3)) found = partOf(found, this.textOf(key));
    if (!found) throw new Unresolved('the map has no such entry');
    return found;
  }

  /** Evaluates only the branch that is chosen. */
  #if(tree: Tree): Tree | undefined {
    if (tree.kind !== 'list' || tree.items.length !== 3) throw new Unresolved('a list of 3 items is expected');
    const [condition, yes, no] = tree.items as [Tree, Tree, Tree];
    return this.resolve(this.isTrue(this.textOf(condition)) ? yes : no);
  }

  #evaluateCondition(tree: Tree): boolean {
    const [only] = tree.kind === 'map' ? tree.entries : [];
    if (!only) throw new Unresolved('a condition is expected');
    const { key, value } = only;
    const all = () => (value.kind === 'list' ? value.items.map((item) => this.#evaluateCondition(item)) : []);
    this.#enter();
    try {
      if (key === 'Condition') return this.isTrue(this.textOf(value));
      if (key === 'Fn::And') return all().every((one) => one);
      if (key === 'Fn::Or') return all().some((one) => one);
      if (key === 'Fn::Not') return !all()[0];
      if (key !== 'Fn::Equals') throw new Unresolved(`${key} is not supported`);
      const [left, right] = this.#items(value, 2);
      return (
        JSON.stringify(plain(left!)) === JSON.stringify(plain(right!)) || this.textOf(left!) === this.textOf(right!)
      );
    } finally {
      this.#depth--;
    }
  }
}

function refTo(name: string, at: string): Tree {
  return { kind: 'map', at, entries: [{ key: 'Ref', at, value: scalar(at, name) }] };
}
