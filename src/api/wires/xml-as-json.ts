/**
 * LocalStack's JSON for `Accept: application/json`, which is its XML converted to JSON: an element that occurs once
 * is a value, one that occurs several times a list, an empty one null, and every value a string.
 */

import type { Operation } from '../operation.ts';
import type { Shape } from './shape.ts';

type Tree = string | null | { [name: string]: Tree | Tree[] };

/** Returns the response of an operation as LocalStack's JSON. */
export function xmlAsJson({ name, output: shape }: Operation, output: unknown, requestId: string): string {
  const result = { [`${name}Result`]: shape ? treeOf(shape, output) : null };
  return JSON.stringify({ [`${name}Response`]: { ...result, ResponseMetadata: { RequestId: requestId } } });
}

function treeOf(shape: Shape, value: unknown): Tree {
  if (shape.kind !== 'structure') return String(value) || null;
  const elements = Object.entries(shape.members).flatMap(([name, member]) => {
    const part = (value as Record<string, unknown>)[name];
    return part === undefined ? [] : elementsOf(name, member.shape, part);
  });
  if (elements.length === 0) return null;
  const tree: Record<string, Tree | Tree[]> = {};
  for (const [name, all] of Map.groupBy(elements, ([element]) => element)) {
    const trees = all.map(([, one]) => one);
    tree[name] = trees.length === 1 ? trees[0]! : trees;
  }
  return tree;
}

/** Lists and maps have no enclosing element, as in the XML. */
function elementsOf(name: string, shape: Shape, value: unknown): [name: string, tree: Tree][] {
  if (shape.kind === 'list') {
    return (value as unknown[]).map((item) => [shape.queryName, treeOf(shape.member, item)]);
  }
  if (shape.kind !== 'map') return [[name, treeOf(shape, value)]];
  return Array.from(value as ReadonlyMap<string, unknown>, ([key, entry]) => [
    shape.queryName,
    { [shape.queryKey]: key, [shape.queryValue]: treeOf(shape.value, entry) },
  ]);
}
