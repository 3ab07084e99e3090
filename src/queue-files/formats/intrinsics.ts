/**
 * Evaluates the intrinsic functions of a CloudFormation template, and its conditions.
 * Source: CloudFormation template reference, "Intrinsic functions", "AWS::LanguageExtensions".
 */

import type { Deployment } from '../declared.ts';
import { countOf, jsonOf, keysOf, partOf, plain, scalar, type Tree } from '../syntax/tree.ts';
import { type Parameters, refTo } from './parameters.ts';
import { attributesOf, type Find, kindOf, type Place, referenceTo } from './referable.ts';
import { guess, Unresolved } from './unresolved.ts';

const NESTED_MAX = 100;
/** Functions can double a value again and again. More steps per value of the template than any real one needs. */
const STEPS_PER_VALUE = 20;
const STEPS_MIN = 1_000_000;
/** In characters. */
const TEXT_MAX = 1_000_000;

type Evaluate = (argument: Tree) => Tree | undefined;

export class Intrinsics {
  readonly #template: Tree;
  readonly #deployment: Deployment;
  readonly #parameters: Parameters;
  readonly #find: Find;
  readonly #conditions = new Map<string, boolean>();
  readonly #stepsMax: number;
  #ids: readonly string[] | undefined;
  #depth = 0;
  #steps = 0;

  constructor(template: Tree, deployment: Deployment, parameters: Parameters, find: Find) {
    this.#template = template;
    this.#deployment = deployment;
    this.#parameters = parameters;
    this.#find = find;
    this.#stepsMax = STEPS_MIN + STEPS_PER_VALUE * countOf(template);
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
    const known = this.#conditions.get(name);
    if (known !== undefined) return known;
    const condition = partOf(partOf(this.#template, 'Conditions'), name);
    if (!condition) throw new Unresolved(`there is no condition ${name}`);
    const value = this.#evaluateCondition(condition);
    this.#conditions.set(name, value);
    return value;
  }

  #resolve(tree: Tree): Tree | undefined {
    if (tree.kind === 'scalar') {
      if (tree.unresolved) throw tree.unresolved;
      if (tree.text.includes('{{resolve:')) throw new Unresolved(`${tree.text} is stored outside the template`);
      return tree;
    }
    if (tree.kind === 'list') return { ...tree, items: this.#items(tree) };
    const [only, ...others] = tree.entries;
    if (only && others.length === 0 && /^(Ref|Condition|Fn::.*)$/.test(only.key)) {
      const evaluate = this.#functions.get(only.key);
      if (evaluate) return evaluate(only.value);
      // In a policy, Condition is not a function.
      if (only.key !== 'Condition')
        throw new Unresolved(`${only.key} is not supported${guess(only.key, [...this.#functions.keys()])}`);
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
    ['Fn::Sub', (tree) => this.#text(tree.at, this.#sub(tree))],
    ['Fn::Join', (tree) => this.#text(tree.at, this.#join(tree))],
    ['Fn::Select', (tree) => this.#select(tree)],
    ['Fn::Split', (tree) => this.#split(tree)],
    ['Fn::FindInMap', (tree) => this.#findInMap(tree)],
    ['Fn::If', (tree) => this.#if(tree)],
    ['Fn::Length', (tree) => scalar(tree.at, this.#listOf(tree).length)],
    ['Fn::ToJsonString', (tree) => this.#text(tree.at, jsonOf(this.resolve(tree) ?? tree))],
  ]);

  #enter(): void {
    if (this.#depth > NESTED_MAX) throw new Unresolved('it refers to itself');
    if (++this.#steps > this.#stepsMax) throw new Unresolved('the template takes too long to evaluate');
    this.#depth++;
  }

  #text(at: string, text: string): Tree {
    checkLength(text.length);
    return scalar(at, text);
  }

  #items(tree: Tree, count?: number): Tree[] {
    if (tree.kind !== 'list' || (count !== undefined && tree.items.length !== count)) {
      throw new Unresolved(`a list${count === undefined ? '' : ` of ${count} items`} is expected`);
    }
    return tree.items.map((item) => this.resolve(item)).filter((item) => item !== undefined);
  }

  #listOf(tree: Tree): readonly Tree[] {
    const resolved = this.resolve(tree);
    if (resolved?.kind !== 'list') throw new Unresolved('a list is expected');
    return resolved.items;
  }

  #ref(tree: Tree): Tree | undefined {
    const name = this.textOf(tree);
    if (name === 'AWS::NoValue') return undefined;
    const value = this.#parameters.valueOf(name, tree.at);
    if (value) return value;
    const found = this.#find(name);
    if (found === undefined) {
      const hint = guess(name, [...this.#parameters.allNames(), ...this.#resourceIds()]);
      throw new Unresolved(`${name} is neither a queue, a topic nor a parameter of this template${hint}`);
    }
    return scalar(tree.at, referenceTo(found, this.#place(tree.at)));
  }

  #place(at: string): Place {
    return { ...this.#deployment, suffix: this.textOf(refTo('AWS::URLSuffix', at)) };
  }

  #attribute(tree: Tree): string {
    const text =
      tree.kind === 'list'
        ? this.#items(tree, 2)
            .map((item) => this.textOf(item))
            .join('.')
        : this.textOf(tree);
    const [, logicalId = '', attribute = ''] = /^([^.]*)\.(.*)$/.exec(text) ?? [];
    const found = this.#find(logicalId);
    if (found === undefined) {
      const hint = guess(logicalId, this.#resourceIds());
      throw new Unresolved(`${text} does not refer to a queue or a topic of this template${hint}`);
    }
    const attributes = attributesOf(found, this.#place(tree.at));
    const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    if (value !== undefined) return value;
    throw new Unresolved(`${found.kind}s have no attribute ${attribute}${guess(attribute, Object.keys(attributes))}`);
  }

  /** The logical IDs of the queues and topics, for suggestions. */
  #resourceIds(): readonly string[] {
    const resources = partOf(this.#template, 'Resources');
    this.#ids ??= keysOf(resources).filter((id) => kindOf(partOf(resources, id)) !== undefined);
    return this.#ids;
  }

  /** `${Name}`, `${Resource.Attribute}`; `${!Literal}` is the text `${Literal}`. */
  #sub(tree: Tree): string {
    const [template, variables] = tree.kind === 'list' ? [tree.items[0], tree.items[1]] : [tree, undefined];
    const text = template && this.textOf(template);
    if (text === undefined) throw new Unresolved('a string is expected');
    const known = new Map<string, string>();
    let inserted = 0;
    // Nothing after the last brace can be a variable; a search there would be repeated from each `${`.
    const end = text.lastIndexOf('}') + 1;
    const evaluated = text.slice(0, end).replace(/\$\{([^}]*)\}/g, (_all, inner: string) => {
      if (inner.startsWith('!')) return `\${${inner.slice(1)}}`;
      const name = inner.trim();
      const value = known.get(name) ?? this.#subValue(name, variables, tree.at);
      known.set(name, value);
      inserted += value.length;
      checkLength(inserted);
      return value;
    });
    return evaluated + text.slice(end);
  }

  #subValue(name: string, variables: Tree | undefined, at: string): string {
    const own = partOf(variables, name);
    if (own) return this.textOf(own);
    return name.includes('.') ? this.#attribute(scalar(at, name)) : this.textOf(refTo(name, at));
  }

  #join(tree: Tree): string {
    const [separator, parts] = this.#items(tree, 2);
    const between = this.textOf(separator!);
    const texts = this.#items(parts!).map((part) => this.textOf(part));
    checkLength(texts.reduce((sum, text) => sum + text.length + between.length, -between.length));
    return texts.join(between);
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
    this.#steps += parts.length;
    return { kind: 'list', at: tree.at, items: parts.map((part) => scalar(tree.at, part)) };
  }

  /** A fourth item may have a `DefaultValue`. */
  #findInMap(tree: Tree): Tree {
    const [names, standard] =
      tree.kind === 'list' && tree.items.length === 4
        ? [{ ...tree, items: tree.items.slice(0, 3) }, tree.items[3]]
        : [tree];
    let found = partOf(this.#template, 'Mappings');
    for (const key of this.#items(names!, 3)) found = partOf(found, this.textOf(key));
    const otherwise = found ? undefined : partOf(standard, 'DefaultValue');
    const value = found ?? (otherwise && this.resolve(otherwise));
    if (!value) throw new Unresolved('the map has no such entry');
    return value;
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

/** Also called before a text is made that may become too long for the memory. */
function checkLength(characters: number): void {
  if (characters > TEXT_MAX) throw new Unresolved(`it is longer than ${TEXT_MAX} characters`);
}
