/** The choice of a dead-letter queue: none, a new one, or one that exists. */

import type { Place } from '../../api.ts';
import { SelectField, TextField } from '../../pieces/field.tsx';
import { QueueField } from './queue-suggestions.tsx';

export type DeadLetterKind = 'none' | 'new' | 'existing';

export interface DeadLetterChoice {
  kind: DeadLetterKind;
  /** The name of the queue that exists. */
  name: string;
  maxReceiveCount: string;
}

interface Props {
  choice: DeadLetterChoice;
  onChange(choice: DeadLetterChoice): void;
  /** The name that a new one would get; undefined if none can be created here. */
  newName?: string | undefined;
  place: Place;
  error?: string | undefined;
}

export function DeadLetterFields({ choice, onChange, newName, place, error }: Props) {
  const options: (readonly [DeadLetterKind, string])[] = [
    ['none', 'None'],
    ...(newName === undefined ? [] : [['new', `Create ${newName}`] as const]),
    ['existing', 'An existing queue'],
  ];
  return (
    <fieldset class="stack tight">
      <legend>Dead-letter queue</legend>
      <div class="fields">
        <SelectField
          label="Messages that keep failing go to"
          hint="A message that has been received too often without being deleted is moved there, so that it does not hold up the others."
          value={choice.kind}
          options={options}
          onChange={(kind) => onChange({ ...choice, kind: kind as DeadLetterKind })}
        />
        {choice.kind === 'existing' && (
          <QueueField
            label="Name of the dead-letter queue"
            hint="In the same account and region; a FIFO queue needs a FIFO queue."
            value={choice.name}
            place={place}
            onChange={(name) => onChange({ ...choice, name })}
          />
        )}
        {choice.kind !== 'none' && (
          <TextField
            label="Maximum receive count"
            hint="How many times a message is delivered before it is moved. 1 to 1,000."
            value={choice.maxReceiveCount}
            inputMode="numeric"
            error={error}
            onChange={(maxReceiveCount) => onChange({ ...choice, maxReceiveCount })}
          />
        )}
      </div>
      {choice.kind === 'none' && error && <p class="error">{error}</p>}
    </fieldset>
  );
}

/** The redrive policy of a choice, for a dead-letter queue with this ARN; empty for none. */
export function policyOf({ kind, maxReceiveCount }: DeadLetterChoice, arn: string): string {
  if (kind === 'none') return '';
  return JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: Number(maxReceiveCount) || maxReceiveCount });
}
