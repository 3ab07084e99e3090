/** The form for a fault rule. */

import { useState } from 'preact/hooks';
import type { ListedFaultRule } from '../../control/faults/fault-rule.ts';
import type { QueuePage } from '../../control/queues/queues.ts';
import { control, Refusal } from '../api.ts';
import { forget, useKept } from '../kept.ts';
import { useLive } from '../live.ts';
import { Dialog } from '../pieces/dialog.tsx';
import { SelectField, TextField } from '../pieces/field.tsx';
import { done, failed } from '../pieces/toasts.tsx';
import { settings } from '../settings.ts';
import { type Draft, operationsFor, ruleOf } from './fault-draft.ts';
import { CODES, EFFECTS, type EffectType, OPERATIONS, wordsOfEffect } from './fault-words.ts';

interface FaultFormProps {
  draft: Draft;
  /** The name under which the form is kept. */
  form: string;
  /** The ID of the rule that is edited. */
  id?: string | undefined;
  onClose(): void;
  onSaved(): void;
}

/** A refusal of the control interface, and the member that it is about. */
interface Wrong {
  member: string | undefined;
  text: string;
}

const WHEN = [
  ['before', 'Before the request is carried out'],
  ['after', 'After it, so that only the response is affected'],
] as const;

export function FaultForm({ draft: initial, form, id, onClose, onSaved }: FaultFormProps) {
  const [draft, setDraft] = useKept(form, () => initial);
  const [wrong, setWrong] = useState<Wrong | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const set = (change: Partial<Draft>) => {
    setDraft({ ...draft, ...change });
    setWrong(undefined);
  };
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const rule = { ...ruleOf(draft) };
      const path = id === undefined ? '/faults' : `/faults/${encodeURIComponent(id)}`;
      const saved = await control<ListedFaultRule>(id === undefined ? 'POST' : 'PUT', path, rule);
      done(`${id === undefined ? 'Added' : 'Changed'} the rule ${saved.id}: ${wordsOfEffect(saved.effect)}.`);
      forget(form);
      onSaved();
    } catch (thrown) {
      if (thrown instanceof Refusal) setWrong(wrongOf(thrown.message));
      else failed(thrown);
    }
    setBusy(false);
  };
  const cancel = () => {
    forget(form);
    onClose();
  };
  /** The members of a text field, by the name that it has in the rule. */
  const field = (member: keyof Draft & string) => ({
    value: draft[member] as string,
    onChange: (value: string) => set({ [member]: value } as Partial<Draft>),
    error: wrong?.member === member ? wrong.text : undefined,
  });
  const effect = EFFECTS.find(({ type }) => type === draft.type)!;
  const operations = operationsFor(draft.type, OPERATIONS);
  const has = (...types: EffectType[]) => types.includes(draft.type);
  const isElsewhere = wrong && !MEMBERS.includes(wrong.member ?? '');
  return (
    <Dialog title={id === undefined ? 'Add a fault rule' : `Change the rule ${id}`} onClose={onClose} wide>
      <form onSubmit={save} noValidate>
        <div class="text">
          {isElsewhere && (
            <div class="problem" role="alert">
              {wrong.text}
            </div>
          )}
          <fieldset>
            <legend>What happens</legend>
            <div class="fields">
              <SelectField
                label="Effect"
                hint={effect.meaning}
                value={draft.type}
                onChange={(type) => set({ type: type as EffectType })}
                options={EFFECTS.map(({ type, name }) => [type, name] as const)}
              />
              {has('error', 'fail-entries') && (
                <TextField label="Error code" hint="Any error code of SQS" list="codes" {...field('code')} />
              )}
              {has('error', 'fail-entries') && (
                <TextField label="Error message" hint="AWS's own text if empty" {...field('message')} />
              )}
              {has('latency') && <TextField label="Delay" hint="Such as 250ms or 2s" {...field('duration')} />}
              {has('latency') && (
                <TextField label="Up to" hint="If given, a random delay between the two" {...field('upTo')} />
              )}
              {has('latency') && (
                <SelectField
                  label="Measured by"
                  options={[
                    ['machine', 'Real time, as the timeouts of clients'],
                    ['sqs', 'The clock of SQS'],
                  ]}
                  {...field('clock')}
                />
              )}
              {has('error', 'drop', 'latency') && <SelectField label="When" options={WHEN} {...field('when')} />}
              {has('fail-entries') && (
                <TextField
                  label="IDs of the entries"
                  hint="Separated by commas; random ones if empty"
                  {...field('ids')}
                />
              )}
              {has('fail-entries') && draft.ids.trim() === '' && (
                <TextField label="How many entries" inputMode="numeric" hint="1 if empty" {...field('count')} />
              )}
              {has('partial-receive') && (
                <TextField
                  label="At most"
                  suffix="messages"
                  inputMode="numeric"
                  hint="From 1 to 9; random if empty"
                  {...field('count')}
                />
              )}
            </div>
          </fieldset>
          <fieldset>
            <legend>Which requests</legend>
            {operations.length > 0 && (
              <Operations
                names={operations}
                chosen={draft.operations}
                onChange={(chosen) => set({ operations: chosen })}
              />
            )}
            <QueueField {...field('queue')} />
            <TextField label="Topic" hint="Its name or ARN; any topic if empty" {...field('topic')} />
          </fieldset>
          <fieldset>
            <legend>How often</legend>
            <div class="fields four">
              <TextField
                label="At most"
                suffix="times"
                inputMode="numeric"
                hint="No limit if empty"
                {...field('times')}
              />
              <TextField
                label="Every"
                suffix="th request"
                inputMode="numeric"
                hint="Each if empty"
                {...field('every')}
              />
              <TextField
                label="Probability"
                suffix="%"
                inputMode="decimal"
                hint="100 % if empty"
                {...field('probability')}
              />
              <TextField
                label="Ignore first"
                suffix="requests"
                inputMode="numeric"
                hint="None if empty"
                {...field('skip')}
              />
            </div>
          </fieldset>
        </div>
        <datalist id="codes">
          {CODES.map((code) => (
            <option key={code} value={code} />
          ))}
        </datalist>
        <footer>
          <button type="button" onClick={cancel}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {id === undefined ? 'Add rule' : 'Change rule'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

const MEMBERS = [
  ...['code', 'message', 'duration', 'upTo', 'clock', 'when', 'ids', 'count', 'queue', 'topic', 'times', 'every'],
  ...['probability', 'skip'],
];

/** Refusals that quote the value, and not the name of its member. */
const ABOUT: readonly (readonly [words: string, member: string])[] = [
  ['is not a valid duration', 'duration'],
  ['is not an error code', 'code'],
  ['is not the ARN of a queue', 'queue'],
];

/** Finds the member that a refusal is about: `"effect.count" is invalid: …`, or `"2 parsecs" is not a valid duration`. */
function wrongOf(text: string): Wrong {
  const quoting = ABOUT.find(([words]) => text.includes(words));
  return { member: quoting?.[1] ?? /^"(?:effect\.)?(\w+)(?:\.\d+)?"/.exec(text)?.[1], text };
}

function Operations({
  names,
  chosen,
  onChange,
}: {
  names: readonly string[];
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a visible legend
    <div class="chips spaced" role="group" aria-label="Operations">
      <button type="button" class="chip" aria-pressed={chosen.length === 0} onClick={() => onChange([])}>
        any operation
      </button>
      {names.map((name) => {
        const isChosen = chosen.includes(name);
        const others = chosen.filter((other) => other !== name);
        return (
          <button
            key={name}
            type="button"
            class="chip"
            aria-pressed={isChosen}
            onClick={() => onChange(isChosen ? others : [...others, name])}
          >
            {name}
          </button>
        );
      })}
    </div>
  );
}

/** The queue of a rule, with the queues that exist as suggestions. */
function QueueField(field: { value: string; onChange(value: string): void; error: string | undefined }) {
  const { data } = useLive((signal) => control<QueuePage>('GET', '/queues?limit=200', undefined, signal), [], 10_000);
  const isHome = (one: { account: string; region: string }) =>
    one.account === settings.account && one.region === settings.region;
  return (
    <>
      <TextField label="Queue" hint="Its name, URL or ARN; any queue if empty" list="fault-queues" {...field} />
      <datalist id="fault-queues">
        {data?.queues.map((queue) => (
          <option key={queue.arn} value={isHome(queue) ? queue.name : queue.arn} />
        ))}
      </datalist>
    </>
  );
}
