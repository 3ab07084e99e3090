/** Lets functions get the messages of queues from a file: checks and applies event source mappings. */

import { settingsMembers, settingsOf } from '../api/lambda/mapping-shapes.ts';
import { parseInput } from '../api/wires/json.ts';
import { type Structure, structure } from '../api/wires/shape.ts';
import { SqsError } from '../errors.ts';
import { changedSettings, DEFAULT_SETTINGS } from '../functions/settings.ts';
import { refusedAt } from './add-messages.ts';
import { type CallSqs, Refused } from './call-sqs.ts';
import type { DeclaredQueue, DeclaredTrigger } from './declared.ts';
import type { ExistingQueue } from './existing.ts';
import type { Findings } from './syntax/tree.ts';

const shape = structure(settingsMembers);

/** Reports settings that CreateEventSourceMapping would refuse. */
export function checkTriggers({ name, functions = [] }: DeclaredQueue, findings: Findings): void {
  const queue = { account: '', region: '', name: name.value };
  for (const { at, settings, functionName } of functions) {
    try {
      const input = parseInput(shape, settings) as Structure<typeof settingsMembers>;
      changedSettings(DEFAULT_SETTINGS, settingsOf(input), queue);
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      findings.problem(at, `The function ${JSON.stringify(functionName)} cannot get these messages: ${error.message}`);
    }
  }
}

type Configuration = Readonly<Record<string, unknown>>;

/**
 * Creates the mappings of a queue, and changes those that exist already. Resolves to whether there was anything to do.
 * Warns about functions that the server does not know. Throws QueueFileError if the server refuses something else.
 */
export async function applyTriggers(
  { functions = [] }: DeclaredQueue,
  { arn, owner }: ExistingQueue,
  callSqs: CallSqs,
  findings: Findings,
): Promise<boolean> {
  let changed = false;
  for (const { at, functionName, settings } of functions) {
    const about = { EventSourceArn: arn, FunctionName: functionName };
    const { EventSourceMappings } = await refusedAt(at, () => callSqs('ListEventSourceMappings', about, owner));
    const [existing] = EventSourceMappings as Configuration[];
    if (existing && !differs(existing, settings)) continue;
    try {
      if (existing) await callSqs('UpdateEventSourceMapping', { UUID: existing.UUID, ...settings }, owner);
      else await callSqs('CreateEventSourceMapping', { ...about, ...settings }, owner);
      changed = true;
    } catch (error) {
      if (!(error instanceof Refused) || error.message !== 'Function does not exist') {
        await refusedAt(at, () => Promise.reject(error));
      }
      findings.warn(
        at,
        `The function ${functionName} has no URL, so it gets no messages. Give it one with ` +
          `--function ${functionName}=URL when you start Squab.`,
      );
    }
  }
  return changed;
}

function differs(existing: Configuration, settings: DeclaredTrigger['settings']): boolean {
  const { Enabled, ...others } = settings;
  if (Enabled !== undefined && Enabled !== (existing.State === 'Enabled')) return true;
  return Object.entries(others).some(([name, value]) => JSON.stringify(existing[name]) !== JSON.stringify(value));
}
