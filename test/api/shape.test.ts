/** Shapes: mistakes in their definitions that the compiler must reject. */

import { expect, it } from 'vitest';
import { integer, nested, structure } from '../../src/api/wires/shape.ts';

it('does not accept a bare shape as a member of a structure', () => {
  // @ts-expect-error: wrap each member in required(…) or optional(…)
  expect(() => structure({ Count: integer }).schema).toThrow();
  // @ts-expect-error: wrap each member in required(…) or optional(…)
  expect(() => nested({ Count: integer }).schema).toThrow();
});
