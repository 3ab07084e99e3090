/** CreateEventSourceMapping. */

import { invalidParameter } from '../../errors.ts';
import { createMapping } from '../../functions/mappings.ts';
import { NEEDED } from '../../functions/queue-access.ts';
import { parseArn } from '../../queues/arn.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { lambdaOperation } from './lambda-operation.ts';
import { configurationOf, settingsMembers, settingsOf, tagsShape } from './mapping-shapes.ts';

export const createEventSourceMapping = lambdaOperation({
  name: 'CreateEventSourceMapping',
  summary: 'Lets a function get the messages of a queue.',
  input: structure({
    EventSourceArn: optional(string),
    FunctionName: required(string),
    Tags: optional(tagsShape),
    ...settingsMembers,
  }),
  needs({ EventSourceArn = '' }, { caller }) {
    // The mapping belongs to the account of the caller, which an unsigned request or a service does not have.
    const own = { action: 'CreateEventSourceMapping', queue: { ...caller, name: '' } };
    const queue = parseArn(EventSourceArn);
    return queue ? [own, ...NEEDED.map((action) => ({ action, queue }))] : [own];
  },
  async handle(input, { caller: { account, region, isSigned } }, functions) {
    refuseDestination(input);
    const { EventSourceArn, FunctionName, Tags = new Map() } = input;
    const source = parseArn(EventSourceArn ?? '');
    if (isSigned && source && source.region !== region) throw invalidParameter('Unrecognized event source.');
    const given = { queueArn: EventSourceArn, functionName: FunctionName, settings: settingsOf(input), tags: Tags };
    const mapping = await createMapping(functions, { account, region }, given);
    return configurationOf(mapping, mapping.settings.enabled ? 'Creating' : 'Disabled');
  },
});

/** Throws `InvalidParameterValue` for a destination of failed messages: a queue has a dead-letter queue of its own. */
export function refuseDestination({ DestinationConfig }: { DestinationConfig?: object | undefined }): void {
  if (!DestinationConfig) return;
  throw invalidParameter('Unsupported DestinationConfig parameter for given event source mapping type.');
}
