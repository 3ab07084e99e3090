/** Input of every operation arrives unchanged, over both wires. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routeOf } from '../../src/api/services.ts';
import { operations } from '../../src/api/sqs/index.ts';
import type { Request } from '../../src/api/wire.ts';
import type { StructureShape } from '../../src/api/wires/shape.ts';
import type { Input } from '../helpers.ts';
import { queryForm } from '../query-client.ts';
import { plain, valid } from './arbitrary.ts';

const raw = { rawHeaders: [], socket: {} };
const empty: Request = { method: 'POST', path: '/', query: '', headers: {}, body: Buffer.alloc(0), raw };

function decoded(request: Partial<Request>, shape: StructureShape<unknown>): unknown {
  return routeOf({ ...empty, ...request })!.wire.decode(shape);
}

describe.each([...operations.values()])('input of $name', ({ name, input: shape }) => {
  const inputs = valid(shape) as fc.Arbitrary<Input>;

  it('arrives unchanged in a JSON body', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const body = Buffer.from(JSON.stringify(plain(input)));
        expect(decoded({ headers: { 'x-amz-target': `AmazonSQS.${name}` }, body }, shape)).toEqual(input);
      }),
    );
  });

  it('arrives unchanged in a form, in the body and in the query string', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const input = asForm(name, given);
        const form = queryForm(name, plain(input) as Input);
        expect(decoded({ body: Buffer.from(form) }, shape)).toEqual(input);
        expect(decoded({ method: 'GET', query: form }, shape)).toEqual(input);
      }),
    );
  });
});

/** In a form, ReceiveMessage's two lists of system attributes have the same name, and therefore the same items. */
function asForm(operation: string, input: Input): Input {
  if (operation !== 'ReceiveMessage') return input;
  const { AttributeNames, MessageSystemAttributeNames: names = AttributeNames, ...others } = input;
  return names === undefined ? others : { ...others, AttributeNames: names, MessageSystemAttributeNames: names };
}
