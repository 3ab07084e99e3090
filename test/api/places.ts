/** The places in the input of an operation, for tests that put odd values into each of them. */

import fc from 'fast-check';
import { operations } from '../../src/api/sqs/index.ts';
import type { Shape } from '../../src/api/wires/shape.ts';
import { plain, valid } from './arbitrary.ts';

export type Place = readonly (string | number)[];

/** Returns the paths to all places in a value of the shape, including the value itself. */
export function placesIn(shape: Shape, value: unknown, place: Place = []): Place[] {
  const inside = (part: Shape, key: string | number) =>
    placesIn(part, (value as Record<string | number, unknown>)[key], [...place, key]);
  if (shape.kind === 'structure') {
    const members = Object.entries(shape.members).filter(([name]) => Object.hasOwn(value as object, name));
    return [place, ...members.flatMap(([name, member]) => inside(member.shape, name))];
  }
  if (shape.kind === 'list') return [place, ...inside(shape.member, 0)];
  if (shape.kind === 'map') return [place, ...inside(shape.value, Object.keys(value as object)[0]!)];
  return [place];
}

const HERE = 'the wrong value goes here';

/** Returns the value as JSON, with the part at `place` replaced by `json`. */
export function jsonWith(value: unknown, place: Place, json: string): string {
  const copy = { root: structuredClone(value) };
  let holder = copy as unknown as Record<string | number, unknown>;
  let key: string | number = 'root';
  for (const step of place) {
    holder = holder[key] as Record<string | number, unknown>;
    key = step;
  }
  holder[key] = HERE;
  return JSON.stringify(copy.root).replace(JSON.stringify(HERE), () => json);
}

/** Returns input with every member set, for a queue that exists. */
export function complete(name: string): Record<string, unknown> {
  const { input } = operations.get(name)!;
  const everything = valid(input).filter(
    (made) => Object.keys(made as object).length === Object.keys(input.members).length,
  );
  const [sample] = fc.sample(everything, { numRuns: 1, seed: 1 });
  return { ...(plain(sample) as object), ...('QueueUrl' in input.members && { QueueUrl: 'q' }) };
}
