/**
 * Shapes: what the members of an operation are, described once for both wires. On the JSON wire a shape is checked by its
 * zod schema; for the Query wire it also knows how lists and maps are spelled as form parameters and as XML elements.
 *
 * A shape says only what type a thing has and whether it has to be there, nothing about values: in a batch a bad value
 * must fail its entry, and not the other nine.
 */

import { z } from 'zod';

interface Base<T> {
  readonly schema: z.ZodType<T>;
}

export interface ScalarShape<T> extends Base<T> {
  readonly kind: 'string' | 'integer' | 'boolean' | 'blob';
}

export interface ListShape<T> extends Base<T[]> {
  readonly kind: 'list';
  readonly member: Shape<T>;
  /** Name of one member on the Query wire: `AttributeName` in `AttributeName.1`. */
  readonly queryName: string;
}

export interface MapShape<T> extends Base<ReadonlyMap<string, T>> {
  readonly kind: 'map';
  readonly value: Shape<T>;
  /** `Attribute`, `Name` and `Value` in `Attribute.1.Name=…&Attribute.1.Value=…`. */
  readonly queryName: string;
  readonly queryKey: string;
  readonly queryValue: string;
}

export interface StructureShape<T> extends Base<T> {
  readonly kind: 'structure';
  readonly members: Readonly<Record<string, Member>>;
}

export type Shape<T = unknown> = ScalarShape<T> | AnyList<T> | AnyMap<T> | StructureShape<T>;
type AnyList<T> = Base<T> & Pick<ListShape<unknown>, 'kind' | 'member' | 'queryName'>;
type AnyMap<T> = Base<T> & Pick<MapShape<unknown>, 'kind' | 'value' | 'queryName' | 'queryKey' | 'queryValue'>;

export interface Member<T = unknown, R extends boolean = boolean> {
  readonly shape: Shape<T>;
  readonly required: R;
}

export const string: ScalarShape<string> = { kind: 'string', schema: z.string() };
export const integer: ScalarShape<number> = { kind: 'integer', schema: z.int() };
export const boolean: ScalarShape<boolean> = { kind: 'boolean', schema: z.boolean() };

/** Bytes; base64 text on both wires and inside. */
export const blob: ScalarShape<string> = {
  kind: 'blob',
  schema: z.string().refine(isBase64, { params: { base64: false } }),
};

export function list<T>(member: Shape<T>, queryName: string): ListShape<T> {
  return { kind: 'list', schema: z.array(member.schema), member, queryName };
}

/** Maps come as `Map`, since their keys are the client's: `__proto__` is a name like any other. */
export function map<T>(value: Shape<T>, query: { name: string; key: string; value: string }): MapShape<T> {
  const schema = z.preprocess(
    (input) => (isPlainObject(input) ? new Map(Object.entries(input)) : input),
    z.map(z.string(), value.schema),
  );
  return { kind: 'map', schema, value, queryName: query.name, queryKey: query.key, queryValue: query.value };
}

export function required<T>(shape: Shape<T>): Member<T, true> {
  return { shape, required: true };
}

export function optional<T>(shape: Shape<T>): Member<T, false> {
  return { shape, required: false };
}

type Members = Readonly<Record<string, Member>>;
type TypeOf<M> = M extends Member<infer T> ? T : never;
type RequiredNames<M extends Members> = { [N in keyof M]: M[N] extends Member<unknown, true> ? N : never }[keyof M];

/** An operation's input or output. Whether required members are there is checked later, since that has its own errors. */
export type Structure<M extends Members> = { [N in RequiredNames<M>]: TypeOf<M[N]> } & {
  [N in Exclude<keyof M, RequiredNames<M>>]?: TypeOf<M[N]> | undefined;
};

/** A structure within a request: nothing vouches that a member is there. */
export type Nested<M extends Members> = { [N in keyof M]?: TypeOf<M[N]> | undefined };

export function structure<M extends Members>(members: M): StructureShape<Structure<M>> {
  return { kind: 'structure', schema: objectOf(members) as z.ZodType<Structure<M>>, members };
}

export function nested<M extends Members>(members: M): StructureShape<Nested<M>> {
  return { kind: 'structure', schema: objectOf(members) as z.ZodType<Nested<M>>, members };
}

/**
 * Members that a client gives and the shape does not have are ignored. Schemas transform nothing where that can be
 * helped: for each member of each request it costs more than the check does.
 */
function objectOf(members: Members): z.ZodType {
  const schemas = Object.entries(members).map(
    ([name, { shape }]) => [name, (shape.schema as z.ZodType).optional()] as const,
  );
  return z.object(Object.fromEntries(schemas));
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

/** An empty list or map. */
export function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
}

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
