/** Squab's operations, shapes and errors are those of the models that AWS publishes (test/data/README.md). */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sns, snsOperations } from '../../src/api/sns/table.ts';
import { operations } from '../../src/api/sqs/index.ts';
import type { Shape, StructureShape } from '../../src/api/wires/shape.ts';
import { errorTable } from '../../src/errors.ts';
import { reportAttributes, settableAttributes } from '../../src/queues/attributes.ts';

type Traits = Record<string, unknown>;

interface Reference {
  target: string;
  traits?: Traits;
}

interface ModelShape {
  type: string;
  traits?: Traits;
  members?: Record<string, Reference>;
  /** The item of a list. */
  member?: Reference;
  /** The key and value of a map. */
  key?: Reference;
  value?: Reference;
  /** The input and output of an operation. */
  input?: Reference;
  output?: Reference;
}

const read = (name: string) =>
  (
    JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8')) as {
      shapes: Record<string, ModelShape>;
    }
  ).shapes;

/** All shapes; their names begin with their services. */
const shapes = { ...read('sqs-model.json'), ...read('sns-model.json') };

const shapeNames = (service: string, wanted: (shape: ModelShape) => boolean) =>
  Object.entries(shapes).flatMap(([id, shape]) =>
    id.startsWith(`com.amazonaws.${service}#`) && wanted(shape) ? [id.split('#')[1]!] : [],
  );

const operationsOf = (service: string) => shapeNames(service, ({ type }) => type === 'operation');

/** The common form of the model's shapes and Squab's: the part that clients can see. */
type Picture =
  | { kind: string }
  | { kind: 'list'; wrapped: boolean; name: unknown; member: Picture }
  | { kind: 'map'; wrapped: boolean; name: unknown; keyName: unknown; valueName: unknown; value: Picture }
  | { kind: 'structure'; members: Record<string, Picture & { required: boolean }> };

/** Kinds that the model distinguishes and the wires do not. */
const KINDS: Record<string, string> = { long: 'integer', enum: 'string' };

/** `reference` is the member that refers to the shape; its traits define its spelling on the wires. */
function pictureOfModel({ target, traits = {} }: Reference): Picture {
  if (target.startsWith('smithy.api#')) return { kind: target.slice('smithy.api#'.length).toLowerCase() };
  const { type: kind, members = {}, member, key, value } = shapes[target]!;
  const wrapped = !Object.hasOwn(traits, 'smithy.api#xmlFlattened');
  const nameOf = ({ traits: own = {} }: Reference, otherwise: string) => own['smithy.api#xmlName'] ?? otherwise;
  if (kind === 'list') {
    const name = wrapped ? nameOf(member!, 'member') : traits['smithy.api#xmlName'];
    return { kind, wrapped, name, member: pictureOfModel(member!) };
  }
  if (kind === 'map') {
    const name = wrapped ? 'entry' : traits['smithy.api#xmlName'];
    const [keyName, valueName] = [nameOf(key!, 'key'), nameOf(value!, 'value')];
    return { kind, wrapped, name, keyName, valueName, value: pictureOfModel(value!) };
  }
  if (kind !== 'structure') return { kind: KINDS[kind] ?? kind };
  const pictures = Object.entries(members).map(([memberName, reference]) => {
    const required = reference.traits?.['smithy.api#required'] !== undefined;
    return [memberName, { ...pictureOfModel(reference), required }] as const;
  });
  return { kind, members: Object.fromEntries(pictures) };
}

function pictureOf(shape: Shape): Picture {
  switch (shape.kind) {
    case 'list':
      return { kind: 'list', wrapped: shape.wrapped, name: shape.queryName, member: pictureOf(shape.member) };
    case 'map': {
      const { kind, wrapped, queryName: name, queryKey: keyName, queryValue: valueName, value } = shape;
      return { kind, wrapped, name, keyName, valueName, value: pictureOf(value) };
    }
    case 'structure': {
      const pictures = Object.entries(shape.members).map(
        ([name, { shape, required }]) => [name, { ...pictureOf(shape), required }] as const,
      );
      return { kind: 'structure', members: Object.fromEntries(pictures) };
    }
    default:
      return { kind: shape.kind };
  }
}

const pictureOrUnit = (shape: StructureShape<unknown> | undefined) => (shape ? pictureOf(shape) : { kind: 'unit' });

describe.each([
  ['sqs', operations],
  ['sns', snsOperations],
])('operations of %s', (service, table) => {
  it('are those of the model', () => {
    expect([...table.keys()].sort()).toEqual(operationsOf(service).sort());
  });

  it.each(operationsOf(service))('%s has the input and output of the model', (name) => {
    const { input, output } = shapes[`com.amazonaws.${service}#${name}`]!;
    const operation = table.get(name);
    if (!operation) return expect.fail(`${name} is not in the table of operations in src/api/${service}`);
    expect(pictureOf(operation.input)).toEqual(pictureOfModel(input!));
    expect(pictureOrUnit(operation.output)).toEqual(pictureOfModel(output!));
  });
});

describe('attributes of queues', () => {
  const { members } = shapes['com.amazonaws.sqs#QueueAttributeName']!;
  const names = Object.values(members!).map(({ traits }) => String(traits!['smithy.api#enumValue']));
  const settings = { fifo: true, retentionMs: 0, attributes: new Map(), tags: new Map() };
  const queue = { ...settings, account: '', region: '', name: '', id: 1, createdAt: 0, modifiedAt: 0 };

  it.each(names)('%s is known', (name) => {
    expect(() => reportAttributes(queue, [name], { visible: 0, inFlight: 0, delayed: 0 })).not.toThrow();
  });

  it.each(settableAttributes)('%s is in the model', (name) => {
    expect(names).toContain(name);
  });
});

describe('errors', () => {
  const errorsOf = (service: string) => shapeNames(service, ({ traits }) => traits?.['smithy.api#error'] !== undefined);
  const modelErrors = errorsOf('sqs');

  it.each(modelErrors)('%s has the names and the status of the model', (name) => {
    const { traits = {} } = shapes[`com.amazonaws.sqs#${name}`]!;
    const query = traits['aws.protocols#awsQueryError'] as { code: string; httpResponseCode: number } | undefined;
    expect(errorTable[name as keyof typeof errorTable]).toEqual({
      shape: name,
      namespace: 'com.amazonaws.sqs',
      queryCode: query?.code ?? name,
      status: traits['smithy.api#httpError'] ?? 400,
      fault: traits['smithy.api#error'] === 'client' ? 'Sender' : 'Receiver',
    });
    // One status serves both wires: if the model has one for each, they are equal.
    if (query) expect(query.httpResponseCode).toBe(traits['smithy.api#httpError']);
  });

  it.each(errorsOf('sns'))('%s of SNS has the code and the status of the model', (name) => {
    const { traits = {} } = shapes[`com.amazonaws.sns#${name}`]!;
    const { code } = traits['aws.protocols#awsQueryError'] as { code: string };
    // The recorded code differs from the model's.
    const recorded = code === 'ValidationException' ? 'ValidationError' : code;
    const withPrefix = `${sns.query!.codesWithout}${recorded}`;
    const row = Object.values(errorTable).find(({ queryCode }) => queryCode === recorded || queryCode === withPrefix);
    expect(row).toMatchObject({
      status: traits['smithy.api#httpError'],
      fault: traits['smithy.api#error'] === 'client' ? 'Sender' : 'Receiver',
    });
  });

  it("outside the models are the framework's", () => {
    const others = Object.entries(errorTable).filter(([name]) => !modelErrors.includes(name));
    for (const [name, row] of others) expect(row.namespace, name).not.toBe('com.amazonaws.sqs');
  });
});
