/** UpdateEventSourceMapping. */

import { changeMapping, findMapping } from '../../functions/mappings.ts';
import { NEEDED } from '../../functions/queue-access.ts';
import type { Mapping } from '../../storage/mappings.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { refuseDestination } from './create-event-source-mapping.ts';
import { lambdaOperation } from './lambda-operation.ts';
import { configurationOf, settingsMembers, settingsOf } from './mapping-shapes.ts';

export const updateEventSourceMapping = lambdaOperation({
  name: 'UpdateEventSourceMapping',
  summary: 'Changes the function or the settings of an event source mapping.',
  input: structure({ UUID: required(string), FunctionName: optional(string), ...settingsMembers }),
  async *needs({ UUID, Enabled, ...others }, { caller: { account, region }, functions }) {
    yield { action: 'UpdateEventSourceMapping', queue: { account, region, name: '' } };
    if (Enabled === false && Object.values(others).every((value) => value === undefined)) return;
    // Once the mapping is enabled, the change decides what happens to the messages.
    const { queue } = await findMapping(functions, { account, region }, UUID);
    for (const action of NEEDED) yield { action, queue };
  },
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
