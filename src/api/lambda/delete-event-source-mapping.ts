/** DeleteEventSourceMapping. */

import { deleteMapping } from '../../functions/mappings.ts';
import { required, string, structure } from '../wires/shape.ts';
import { lambdaOperation } from './lambda-operation.ts';
import { configurationOf } from './mapping-shapes.ts';

export const deleteEventSourceMapping = lambdaOperation({
  name: 'DeleteEventSourceMapping',
  summary: 'Deletes an event source mapping; the messages stay in the queue.',
  input: structure({ UUID: required(string) }),
  async handle({ UUID }, { caller: { account, region } }, functions) {
    return configurationOf(await deleteMapping(functions, { account, region }, UUID), 'Deleting');
  },
});
