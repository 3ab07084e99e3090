/**
 * An evaluator of filter policies that is slow and obvious: it writes the policy out as all its combinations of
 * branches, and the message as the list of all its values, each with its path. It shares no code with src/.
 */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Policy = Record<string, unknown>;

/** A value of the message with the dotted path to it. */
interface Leaf {
  path: string;
  value: null | boolean | number | string;
}

/** Returns whether a policy of scope `MessageBody` lets a message pass. */
export function slowlyPasses(policy: Policy, message: Json): boolean {
  const leaves = leavesOf(message, []);
  return branchesOf(policy, []).some((branch) =>
    branch.every(({ path, conditions }) => {
      const values = leaves.filter((leaf) => leaf.path === path).map(({ value }) => value);
      return conditions.some((condition) => holds(condition, values));
    }),
  );
}

function leavesOf(value: Json, names: string[]): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((element) => leavesOf(element, names));
  if (typeof value !== 'object' || value === null) return [{ path: names.join('.'), value }];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...names, name]));
}

interface Part {
  path: string;
  conditions: unknown[];
}

/** The disjunctive normal form: the message passes if it satisfies all parts of any of these lists. */
function branchesOf(policy: Policy, names: string[]): Part[][] {
  let branches: Part[][] = [[]];
  for (const [name, value] of Object.entries(policy)) {
    let alternatives: Part[][];
    if (name === '$or') alternatives = (value as Policy[]).flatMap((branch) => branchesOf(branch, names));
    else if (Array.isArray(value)) alternatives = [[{ path: [...names, name].join('.'), conditions: value }]];
    else alternatives = branchesOf(value as Policy, [...names, name]);
    branches = branches.flatMap((branch) => alternatives.map((alternative) => [...branch, ...alternative]));
  }
  return branches;
}

function holds(condition: unknown, values: Leaf['value'][]): boolean {
  if (typeof condition !== 'object' || condition === null) return values.some((value) => value === condition);
  const [[operator, wanted]] = Object.entries(condition) as [[string, never]];
  if (operator === 'exists') return wanted === values.length > 0;
  return values.some((value) => value !== null && compares(operator, wanted, value));
}

function compares(operator: string, wanted: never, value: boolean | number | string): boolean {
  switch (operator) {
    case 'anything-but':
      if (Array.isArray(wanted)) return !(wanted as unknown[]).includes(value);
      if (typeof wanted === 'object') {
        const [[inner, text]] = Object.entries(wanted) as [[string, never]];
        return !compares(inner, text, value);
      }
      return value !== wanted;
    case 'numeric': {
      if (typeof value !== 'number') return false;
      const [operator1, bound1, operator2, bound2] = wanted as [string, number, string, number];
      return inBound(value, operator1, bound1) && (operator2 === undefined || inBound(value, operator2, bound2));
    }
  }
  if (typeof value !== 'string') return false;
  switch (operator) {
    case 'prefix':
      return value.startsWith(wanted);
    case 'suffix':
      return value.endsWith(wanted);
    case 'equals-ignore-case':
      return value.toLowerCase() === (wanted as string).toLowerCase();
    case 'wildcard':
      return new RegExp(`^${(wanted as string).replaceAll('*', '[^]*')}$`).test(value);
    default:
      throw new Error(`The evaluator does not know ${operator}`);
  }
}

function inBound(value: number, operator: string, bound: number): boolean {
  if (operator === '=') return value === bound;
  if (operator === '<') return value < bound;
  if (operator === '<=') return value <= bound;
  return operator === '>' ? value > bound : value >= bound;
}
