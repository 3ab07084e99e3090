/**
 * Shapes: the members of an operation's input and output, described once for both wires. A shape's zod schema
 * validates input; for the Query wire, the shape also defines the names of lists and maps in form parameters and XML
 * elements.
 *
 * A shape defines only the types of its members and which are required, not which values are valid: in a batch, an
 * invalid value must fail its own entry, and not the other nine.
 */

import { z } from 'zod';

interface Base<T> {
  /** Made when it is first read: most runs use a few operations, and outputs are never validated. */
  readonly schema: z.ZodType<T>;
}

export interface ScalarShape<T> extends Base<T> {
  readonly kind: 'string' | 'integer' | 'boolean' | 'blob' | 'bytes';
}

export interface ListShape<T> extends Base<T[]> {
  readonly kind: 'list';
  readonly member: Shape<T>;
  /** Name of an item on the Query wire: `AttributeName` in `AttributeName.1`. */
  readonly queryName: string;
  /** Whether the items are inside an element with the name of the member, as in all services but SQS. */
  readonly wrapped: boolean;
}

export interface MapShape<T> extends Base<ReadonlyMap<string, T>> {
  readonly kind: 'map';
  readonly value: Shape<T>;
  /** The names `Attribute`, `Name` and `Value` in `Attribute.1.Name=…&Attribute.1.Value=…`. */
  readonly queryName: string;
  readonly queryKey: string;
  readonly queryValue: string;
  /** As in lists. */
  readonly wrapped: boolean;
}

export interface StructureShape<T> extends Base<T> {
  readonly kind: 'structure';
  readonly members: Readonly<Record<string, Member>>;
}

export type Shape<T = unknown> = ScalarShape<T> | AnyList<T> | AnyMap<T> | StructureShape<T>;
type AnyList<T> = Base<T> & Pick<ListShape<unknown>, 'kind' | 'member' | 'queryName' | 'wrapped'>;
type AnyMap<T> = Base<T> &
  Pick<MapShape<unknown>, 'kind' | 'value' | 'queryName' | 'queryKey' | 'queryValue' | 'wrapped'>;

export interface Member<T = unknown, R extends boolean = boolean> {
  readonly shape: Shape<T>;
  readonly required: R;
}

export const string: ScalarShape<string> = { kind: 'string', schema: z.string() };
export const integer: ScalarShape<number> = { kind: 'integer', schema: z.int() };
/** A whole body. Only REST has it. */
export const rawBytes: ScalarShape<Buffer> = { kind: 'bytes', schema: z.instanceof(Buffer) };
export const boolean: ScalarShape<boolean> = { kind: 'boolean', schema: z.boolean() };

/** Bytes, as base64 text on both wires and inside Squab. */
export const blob: ScalarShape<string> = {
  kind: 'blob',
  schema: z.string().refine(isBase64, { params: { base64: false } }),
};

/** A list; `queryName` is the name of an item on the Query wire. */
export function list<T>(member: Shape<T>, queryName: string): ListShape<T> {
  return listOf(member, queryName, false);
}

/** A list as in `Tags.member.1.Key=…`. */
export function memberList<T>(member: Shape<T>): ListShape<T> {
  return listOf(member, 'member', true);
}

function listOf<T>(member: Shape<T>, queryName: string, wrapped: boolean): ListShape<T> {
  return madeOnce({ kind: 'list', member, queryName, wrapped }, () => z.array(member.schema));
}

/** A map is decoded to a `Map`, since the client chooses the keys: `__proto__` is a key like any other. */
export function map<T>(value: Shape<T>, query: { name: string; key: string; value: string }): MapShape<T> {
  return mapOf(value, query, false);
}

/** A map as in `Attributes.entry.1.key=…&Attributes.entry.1.value=…`. */
export function entryMap<T>(value: Shape<T>, names = { key: 'key', value: 'value' }): MapShape<T> {
  return mapOf(value, { name: 'entry', ...names }, true);
}

function mapOf<T>(value: Shape<T>, query: { name: string; key: string; value: string }, wrapped: boolean): MapShape<T> {
  const names = { queryName: query.name, queryKey: query.key, queryValue: query.value };
  return madeOnce({ kind: 'map', value, ...names, wrapped } as const, () =>
    z.preprocess(
      (input) => (isPlainObject(input) ? new Map(Object.entries(input)) : input),
      z.map(z.string(), value.schema),
    ),
  );
}

/** A member that must be present. */
export function required<T>(shape: Shape<T>): Member<T, true> {
  return { shape, required: true };
}

/** A member that may be absent. */
export function optional<T>(shape: Shape<T>): Member<T, false> {
  return { shape, required: false };
}

type Members = Readonly<Record<string, Member>>;
type TypeOf<M> = M extends Member<infer T> ? T : never;
type RequiredNames<M> = { [N in keyof M]: M[N] extends Member<unknown, true> ? N : never }[keyof M];

/**
 * Makes the compiler say how to fix a bare shape in place of a member, as in `structure({ Count: integer })`.
 */
type Wrapped<M> = { [N in keyof M]: M[N] extends Member ? M[N] : 'wrap each member in required(…) or optional(…)' };

/** The type of an operation's input or output. Required members are checked later, since SQS has errors for them. */
export type Structure<M> = { [N in RequiredNames<M>]: TypeOf<M[N]> } & {
  [N in Exclude<keyof M, RequiredNames<M>>]?: TypeOf<M[N]> | undefined;
};

/** The type of a structure within a request, of which any member may be missing. */
export type Nested<M> = { [N in keyof M]?: TypeOf<M[N]> | undefined };

/** The input or output of an operation. */
export function structure<M extends object>(members: M & Wrapped<M>): StructureShape<Structure<M>> {
  return structureOf(members as Members);
}

/** A structure within an operation's input or output. */
export function nested<M extends object>(members: M & Wrapped<M>): StructureShape<Nested<M>> {
  return structureOf(members as Members);
}

function structureOf<T>(members: Members): StructureShape<T> {
  return madeOnce({ kind: 'structure', members }, () => objectOf(members) as z.ZodType<T>);
}

/** Adds a schema to the other parts of a shape. */
function madeOnce<P extends object, T>(parts: P, make: () => z.ZodType<T>): P & Base<T> {
  let schema: z.ZodType<T> | undefined;
  return {
    ...parts,
    get schema() {
      schema ??= make();
      return schema;
    },
  };
}

/**
 * Ignores members that the shape does not have. Schemas avoid transforming values: for every member of every request,
 * that would cost more than validating it.
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

/** Returns whether the value is an empty list or map. */
export function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
}

/** Whether a text is base64 with padding. */
export function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
