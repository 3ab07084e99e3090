/** The fields of one message. */

import type { QueueKey } from '../../api.ts';
import { bytes } from '../../format.ts';
import { sizeOf } from '../../pieces/body.tsx';
import { Field, TextField } from '../../pieces/field.tsx';
import { prettyOf } from '../../pieces/pretty-json.ts';
import { queueLink } from '../../router.ts';
import { AttributeRows } from './attribute-rows.tsx';
import type { Draft } from './draft.ts';
import { type FieldName, fieldOf, useCheck } from './send-check.ts';

interface Props {
  /** Only in a batch. */
  title?: string | undefined;
  queue: QueueKey;
  isFifo: boolean;
  draft: Draft;
  /** What SQS said when the message was sent. */
  refusal: string | undefined;
  onChange(draft: Draft): void;
  onRemove?: (() => void) | undefined;
}

export function EntryFields({ title, queue, isFifo, draft, refusal, onChange, onRemove }: Props) {
  const check = useCheck(queue, draft);
  const foreseen = check?.outcome === 'refused' ? check.text.replace('It would be refused: ', '') : undefined;
  const problem = refusal ?? foreseen;
  const errorOf = (field: FieldName) => (problem !== undefined && fieldOf(problem) === field ? problem : undefined);
  const set = (changes: Partial<Draft>) => onChange({ ...draft, ...changes });
  const pretty = prettyOf(draft.body);
  const setBody = (body: string) => set({ body });
  return (
    <fieldset class="card padded stack">
      {title && (
        <div class="spread">
          <h2>{title}</h2>
          {onRemove && (
            <button type="button" class="quiet" onClick={onRemove}>
              Remove
            </button>
          )}
        </div>
      )}
      <Field label="Body" error={errorOf('body')} hint={<SizeHint draft={draft} />}>
        {(connected) => (
          <textarea
            {...connected}
            rows={10}
            dir="auto"
            spellcheck={false}
            value={draft.body}
            onInput={(event) => setBody(event.currentTarget.value)}
          />
        )}
      </Field>
      {pretty !== undefined && pretty !== draft.body && (
        <div class="row">
          <button type="button" onClick={() => setBody(pretty)}>
            Format JSON
          </button>
        </div>
      )}
      <div class="fields">
        <TextField
          label="Message group ID"
          hint={
            isFifo
              ? 'Required. Messages of one group are delivered in order. Up to 128 letters, digits and punctuation characters.'
              : 'Optional: in a standard queue, it makes the queue fair between groups.'
          }
          error={errorOf('groupId')}
          value={draft.groupId}
          onChange={(groupId) => set({ groupId })}
        />
        {isFifo && (
          <TextField
            label="Deduplication ID"
            hint="A message with the same ID within 5 minutes is not delivered again. Optional if the queue deduplicates by content."
            error={errorOf('deduplicationId')}
            value={draft.deduplicationId}
            onChange={(deduplicationId) => set({ deduplicationId })}
          />
        )}
        {!isFifo && (
          <TextField
            label="Delay"
            hint="0 to 900 seconds before it can be received. Empty for the queue’s own delay."
            suffix="seconds"
            inputMode="numeric"
            error={errorOf('delay')}
            value={draft.delay}
            onChange={(delay) => set({ delay })}
          />
        )}
      </div>
      <AttributeRows
        attributes={draft.attributes}
        error={errorOf('attributes')}
        onChange={(attributes) => set({ attributes })}
      />
      {check?.original && (
        <p class="note" role="status">
          It would be deduplicated against{' '}
          <a href={`#${queueLink(queue, 'messages', check.original.messageId)}`}>
            <code class="break">{check.original.messageId}</code>
          </a>
          : accepted, but not delivered again.
        </p>
      )}
    </fieldset>
  );
}

const SIZE_MAX = 1_048_576;

/** The size that counts: body, and names, types and values of attributes. */
function SizeHint({ draft: { body, attributes } }: { draft: Draft }) {
  const size = attributes.reduce((sum, { name, type, value }) => sum + sizeOf(name + type + value), sizeOf(body));
  return (
    <>
      {bytes(size)} of {bytes(SIZE_MAX)} with the attributes. Any text; XML’s control characters are not allowed.
    </>
  );
}
