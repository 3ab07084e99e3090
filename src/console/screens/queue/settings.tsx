/** The attributes and tags of a queue, to read and to change. */

import { useState } from 'preact/hooks';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { queueArn } from '../../../queues/arn.ts';
import { sqs, urlOf } from '../../api.ts';
import { bytes, duration } from '../../format.ts';
import { forget, isKept, useKept } from '../../kept.ts';
import { type Fact, Facts } from '../../pieces/facts.tsx';
import { ArnLink, queueOfArn } from '../../pieces/queue-name.tsx';
import { Time } from '../../pieces/time.tsx';
import { done } from '../../pieces/toasts.tsx';
import { settings } from '../../settings.ts';
import { AttributeFields } from '../queues/attribute-fields.tsx';
import { attributeIn, common, described, ofFifo, rare, type Values } from '../queues/attributes.ts';
import { type DeadLetterChoice, DeadLetterFields, policyOf } from '../queues/dead-letter-field.tsx';
import { type Tag, TagFields } from '../queues/tags.tsx';
import { redrivePolicyOf } from './links.ts';

interface Props {
  queue: QueueReport;
  onChange(): void;
}

export function SettingsTab({ queue, onChange }: Props) {
  const [isEditing, setEditing] = useState(isKept(formOf(queue)));
  if (isEditing) return <SettingsForm queue={queue} onDone={() => setEditing(false)} onChange={onChange} />;
  return (
    <div class="stack">
      {!settings.readOnly && (
        <div>
          <button type="button" onClick={() => setEditing(true)}>
            Edit attributes and tags
          </button>
        </div>
      )}
      <section class="card padded">
        <h2>Attributes</h2>
        <Facts facts={factsOf(queue)} />
      </section>
      <section class="card padded">
        <h2>Tags</h2>
        {Object.keys(queue.tags).length > 0 ? (
          <Facts facts={Object.entries(queue.tags)} />
        ) : (
          <p class="muted">The queue has no tags.</p>
        )}
      </section>
    </div>
  );
}

function factsOf({ attributes, createdAt, modifiedAt, arn }: QueueReport): readonly Fact[] {
  const policy = redrivePolicyOf({ attributes });
  const known = described.flatMap(({ name, label, suffix, options, isText }): Fact[] => {
    const value = attributes[name];
    if (value === undefined) return [];
    const text = options?.find(([key]) => key === value)?.[1];
    if (isText) return [[label, <pre key={name}>{value}</pre>]];
    return [[label, text ?? withUnit(value, suffix)]];
  });
  return [
    [
      'ARN',
      <code key="arn" class="break">
        {arn}
      </code>,
    ],
    ['Created', <Time key="created" at={createdAt} exact />],
    ['Changed', <Time key="changed" at={modifiedAt} exact />],
    ...known,
    policy
      ? [
          'Dead-letter queue',
          <>
            <ArnLink arn={policy.deadLetterTargetArn} />, after {policy.maxReceiveCount} receives
          </>,
        ]
      : ['Dead-letter queue', 'none'],
  ];
}

function withUnit(value: string, suffix: string | undefined): string {
  if (suffix === 'bytes') return `${value} bytes (${bytes(Number(value))})`;
  if (suffix !== 'seconds') return value;
  return Number(value) < 60 ? `${value} seconds` : `${value} seconds (${duration(Number(value) * 1000)})`;
}

interface FormProps extends Props {
  onDone(): void;
}

interface Form {
  /** The queue as it was when the form was opened. */
  original: QueueReport;
  values: Values;
  deadLetters: DeadLetterChoice;
  tags: readonly Tag[];
}

const formOf = ({ arn }: QueueReport) => `settings of ${arn}`;

/** What is typed is kept until it is saved or cancelled, whatever happens to the queue in the meantime. */
function SettingsForm({ queue, onDone, onChange }: FormProps) {
  const [form, setForm] = useKept<Form>(formOf(queue), () => {
    return { original: queue, values: queue.attributes, deadLetters: choiceOf(queue), tags: tagsOf(queue) };
  });
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const refused = refusal === undefined ? undefined : { name: attributeIn(refusal), message: refusal };
  const { values, deadLetters, tags } = form;
  const change = (changes: Partial<Form>) => {
    setRefusal(undefined);
    setForm({ ...form, ...changes });
  };
  const close = () => {
    forget(formOf(queue));
    onDone();
  };
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await apply(form);
      done(`Changed ${queue.name}.`);
      onChange();
      close();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  const setValue = (name: string, value: string) => change({ values: { ...values, [name]: value } });
  const attributes = { values, isFifo: queue.fifo, onChange: setValue, refused };
  return (
    <form class="card padded stack" onSubmit={save} noValidate>
      <AttributeFields attributes={common} {...attributes} />
      {queue.fifo && <AttributeFields attributes={ofFifo} {...attributes} />}
      <DeadLetterFields
        choice={deadLetters}
        place={queue}
        error={refused?.name === 'RedrivePolicy' ? refused.message : undefined}
        onChange={(choice) => change({ deadLetters: choice })}
      />
      <AttributeFields attributes={rare} {...attributes} />
      <TagFields tags={tags} onChange={(changed) => change({ tags: changed })} />
      {refused && refused.name === undefined && (
        <p class="problem" role="alert">
          {refused.message}
        </p>
      )}
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy}>
          Save
        </button>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </div>
    </form>
  );
}

const tagsOf = ({ tags }: QueueReport): Tag[] => Object.entries(tags).map(([key, value]) => ({ key, value }));

function choiceOf(queue: QueueReport): DeadLetterChoice {
  const policy = redrivePolicyOf(queue);
  if (!policy) return { kind: 'none', name: '', maxReceiveCount: '3' };
  const name = queueOfArn(policy.deadLetterTargetArn)?.name ?? '';
  return { kind: 'existing', name, maxReceiveCount: String(policy.maxReceiveCount) };
}

/** Sends only what has changed. Throws Refusal. */
async function apply({ original: queue, values, deadLetters: choice, tags }: Form): Promise<void> {
  const { account, region } = queue;
  const RedrivePolicy = policyOf(choice, queueArn({ account, region, name: choice.name }));
  const wanted: Values = { ...values, RedrivePolicy };
  const names = [...described.map(({ name }) => name), 'RedrivePolicy'];
  const changed = names.filter((name) => (wanted[name] ?? '') !== (queue.attributes[name] ?? ''));
  const QueueUrl = urlOf(queue);
  if (changed.length > 0) {
    const Attributes = Object.fromEntries(changed.map((name) => [name, wanted[name] ?? '']));
    await sqs('SetQueueAttributes', { QueueUrl, Attributes }, queue);
  }
  const kept = new Map(tags.filter(({ key }) => key !== '').map(({ key, value }) => [key, value]));
  const TagKeys = Object.keys(queue.tags).filter((key) => !kept.has(key));
  const Tags = Object.fromEntries([...kept].filter(([key, value]) => queue.tags[key] !== value));
  if (TagKeys.length > 0) await sqs('UntagQueue', { QueueUrl, TagKeys }, queue);
  if (Object.keys(Tags).length > 0) await sqs('TagQueue', { QueueUrl, Tags }, queue);
}
