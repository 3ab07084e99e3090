/** UpdateEventSourceMapping. */

import { changeMapping } from '../../functions/mappings.ts';
import type { Mapping } from '../../storage/mappings.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { refuseDestination } from './create-event-source-mapping.ts';
import { lambdaOperation } from './lambda-operation.ts';
import { configurationOf, settingsMembers, settingsOf } from './mapping-shapes.ts';

export const updateEventSourceMapping = lambdaOperation({
  name: 'UpdateEventSourceMapping',
  summary: 'Changes the function or the settings of an event source mapping.',
  input: structure({ UUID: required(string), FunctionName: optional(string), ...settingsMembers }),
  async handle(input, { caller: { account, region } }, functions) {
    refuseDestination(input);
    const { UUID, FunctionName } = input;
    const change = { functionName: FunctionName || undefined, settings: settingsOf(input) };
    const { before, mapping } = await changeMapping(functions, { account, region }, UUID, change);
    return configurationOf(mapping, transitionOf(before, mapping));
  },
});

/** Returns the state while the change is in progress: clients poll until it is done. */
function transitionOf({ settings: before }: Mapping, { settings }: Mapping): string {
  if (before.enabled === settings.enabled) return settings.enabled ? 'Updating' : 'Disabled';
  return settings.enabled ? 'Enabling' : 'Disabling';
}
