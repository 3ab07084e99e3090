/** GetEventSourceMapping. */

import { findMapping } from '../../functions/mappings.ts';
import { required, string, structure } from '../wires/shape.ts';
import { lambdaOperation } from './lambda-operation.ts';
import { configurationOf } from './mapping-shapes.ts';

export const getEventSourceMapping = lambdaOperation({
  name: 'GetEventSourceMapping',
  summary: 'Returns the configuration of an event source mapping.',
  input: structure({ UUID: required(string) }),
  async handle({ UUID }, { caller: { account, region } }, functions) {
    return configurationOf(await findMapping(functions, { account, region }, UUID));
  },
});
