/** The form that publishes a message, and says beforehand which subscriptions would get it. */

import { useState } from 'preact/hooks';
import type { PublishExplanation } from '../../../control/topics/explain-publish.ts';
import type { TopicReport } from '../../../control/topics/topics.ts';
import { control, sns, topicPath } from '../../api.ts';
import { useKept } from '../../kept.ts';
import { Field, TextField } from '../../pieces/field.tsx';
import { done } from '../../pieces/toasts.tsx';
import { topicLink } from '../../router.ts';
import { settings } from '../../settings.ts';
import { AttributeRows } from '../send/attribute-rows.tsx';
import type { DraftAttribute } from '../send/draft.ts';
import { DeliveryBadge } from './delivery-badge.tsx';

interface Form {
  message: string;
  subject: string;
  groupId: string;
  deduplicationId: string;
  attributes: readonly DraftAttribute[];
}

const empty: Form = { message: '', subject: '', groupId: '', deduplicationId: '', attributes: [] };

export function PublishTab({ topic }: { topic: TopicReport }) {
  const [form, setForm] = useKept<Form>('publish', () => empty);
  const [refusal, setRefusal] = useState<string>();
  const [explanation, setExplanation] = useState<PublishExplanation>();
  const [published, setPublished] = useState<string>();
  const change = (changes: Partial<Form>) => {
    setRefusal(undefined);
    setExplanation(undefined);
    setForm({ ...form, ...changes });
  };
  const trying = async (task: () => Promise<void>) => {
    setRefusal(undefined);
    try {
      await task();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  const explain = () =>
    trying(async () => {
      const path = topicPath(topic, '/explain-publish', {});
      setExplanation(await control<PublishExplanation>('POST', path, explainedInput(form, topic.fifo)));
    });
  const publish = (event: Event) => {
    event.preventDefault();
    return trying(async () => {
      const parameters = { TopicArn: topic.arn, ...publishParameters(form, topic.fifo) };
      setPublished(await sns('Publish', parameters, topic, 'MessageId'));
      setExplanation(undefined);
      done('Published.');
    });
  };
  return (
    <form class="stack" onSubmit={publish} noValidate>
      <Field label="Message">
        {(connected) => (
          <textarea
            {...connected}
            class="mono"
            rows={6}
            spellcheck={false}
            value={form.message}
            onInput={(event) => change({ message: event.currentTarget.value })}
          />
        )}
      </Field>
      <TextField label="Subject" hint="Optional" value={form.subject} onChange={(subject) => change({ subject })} />
      {topic.fifo && (
        <div class="fields">
          <TextField label="Message group" value={form.groupId} onChange={(groupId) => change({ groupId })} />
          <TextField
            label="Deduplication ID"
            value={form.deduplicationId}
            onChange={(deduplicationId) => change({ deduplicationId })}
          />
        </div>
      )}
      <AttributeRows attributes={form.attributes} error={undefined} onChange={(attributes) => change({ attributes })} />
      {refusal !== undefined && (
        <p class="problem" role="alert">
          {refusal}
        </p>
      )}
      <div class="row">
        <button type="button" onClick={explain}>
          Who would get it?
        </button>
        {!settings.readOnly && (
          <button type="submit" class="primary" disabled={form.message === ''}>
            Publish
          </button>
        )}
      </div>
      {explanation && <Explanation {...explanation} />}
      {published !== undefined && !explanation && (
        <p class="note">
          Published as <code class="break">{published}</code>.{' '}
          <a href={`#${topicLink(topic, 'deliveries')}?message=${published}`}>See its deliveries</a>
        </p>
      )}
    </form>
  );
}

function Explanation({ text, deliveries }: PublishExplanation) {
  return (
    <section class="card padded stack tight" aria-live="polite" aria-label="Explanation">
      <p class="break">{text}</p>
      <ul class="stack tight">
        {deliveries.map(({ subscription, state, text: sentence }) => (
          <li key={subscription} class="row">
            <DeliveryBadge state={state} /> <span class="break">{sentence}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const isBinary = ({ type }: DraftAttribute) => type.startsWith('Binary');
const filled = (attributes: readonly DraftAttribute[]) => attributes.filter(({ name }) => name !== '');

function explainedInput({ message, subject, groupId, deduplicationId, attributes }: Form, isFifo: boolean) {
  const listed = filled(attributes).map((one) => [
    one.name,
    { dataType: one.type, ...(isBinary(one) ? { binaryValue: one.value } : { stringValue: one.value }) },
  ]);
  return {
    message,
    ...(subject !== '' && { subject }),
    ...(isFifo && groupId !== '' && { groupId }),
    ...(isFifo && deduplicationId !== '' && { deduplicationId }),
    ...(listed.length > 0 && { attributes: Object.fromEntries(listed) }),
  };
}

function publishParameters({ message, subject, groupId, deduplicationId, attributes }: Form, isFifo: boolean) {
  const parameters: Record<string, string> = { Message: message };
  if (subject !== '') parameters.Subject = subject;
  if (isFifo && groupId !== '') parameters.MessageGroupId = groupId;
  if (isFifo && deduplicationId !== '') parameters.MessageDeduplicationId = deduplicationId;
  for (const [index, one] of filled(attributes).entries()) {
    const entry = `MessageAttributes.entry.${index + 1}`;
    parameters[`${entry}.Name`] = one.name;
    parameters[`${entry}.Value.DataType`] = one.type;
    parameters[`${entry}.Value.${isBinary(one) ? 'BinaryValue' : 'StringValue'}`] = one.value;
  }
  return parameters;
}
