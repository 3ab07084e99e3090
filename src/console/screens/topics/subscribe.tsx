/** The form that subscribes a queue, an HTTP endpoint or a function to a topic. */

import { useState } from 'preact/hooks';
import type { TopicReport } from '../../../control/topics/topics.ts';
import { arnOf } from '../../../queues/arn.ts';
import { sns } from '../../api.ts';
import { forget, useKept } from '../../kept.ts';
import { refreshAll } from '../../live.ts';
import { Dialog } from '../../pieces/dialog.tsx';
import { CheckField, Field, SelectField, TextField } from '../../pieces/field.tsx';
import { done } from '../../pieces/toasts.tsx';
import { QueueField } from '../queues/queue-suggestions.tsx';
import { attributeParameters } from './topics.tsx';

interface Form {
  kind: 'queue' | 'http' | 'function';
  queue: string;
  url: string;
  functionName: string;
  policy: string;
  scope: string;
  isRaw: boolean;
  deadLetters: string;
}

const start: Form = {
  ...{ kind: 'queue', queue: '', url: '', functionName: '' },
  ...{ policy: '', scope: 'MessageAttributes', isRaw: false, deadLetters: '' },
};

const KINDS = [
  ['queue', 'a queue'],
  ['http', 'an HTTP endpoint'],
  ['function', 'a function'],
] as const;

const SCOPES = [
  ['MessageAttributes', 'the attributes of messages'],
  ['MessageBody', 'the bodies of messages'],
] as const;

interface Props {
  topic: TopicReport;
  onClose(): void;
}

export function Subscribe({ topic, onClose }: Props) {
  const key = `subscribe ${topic.arn}`;
  const [form, setForm] = useKept<Form>(key, () => start);
  const [refusal, setRefusal] = useState<string>();
  const change = (changes: Partial<Form>) => {
    setRefusal(undefined);
    setForm({ ...form, ...changes });
  };
  const close = () => {
    forget(key);
    onClose();
  };
  const subscriber = subscriberIn(form, topic);
  const subscribe = async (event: Event) => {
    event.preventDefault();
    const { protocol: Protocol, endpoint: Endpoint } = subscriber;
    const parameters = { TopicArn: topic.arn, Protocol, Endpoint, ...attributeParameters(attributesIn(form, topic)) };
    try {
      const arn = await sns('Subscribe', parameters, topic, 'SubscriptionArn');
      done(arn.startsWith('arn:') ? `Subscribed ${Endpoint}.` : `Subscribed ${Endpoint}, which must confirm it.`);
      refreshAll();
      close();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog title={`Subscribe to ${topic.name}`} onClose={onClose}>
      <form onSubmit={subscribe} noValidate>
        <div class="text">
          {!topic.fifo && (
            <SelectField
              label="Deliver to"
              value={form.kind}
              options={KINDS}
              onChange={(kind) => change({ kind: kind as Form['kind'] })}
            />
          )}
          <EndpointField form={form} topic={topic} onChange={change} />
          <Field
            label="Filter policy"
            hint={'JSON, such as {"kind": ["refund"]}; without one, every message is delivered.'}
          >
            {(connected) => (
              <textarea
                {...connected}
                class="mono"
                rows={3}
                spellcheck={false}
                value={form.policy}
                onInput={(event) => change({ policy: event.currentTarget.value })}
              />
            )}
          </Field>
          <SelectField
            label="The filter policy is about"
            value={form.scope}
            options={SCOPES}
            onChange={(scope) => change({ scope })}
          />
          {form.kind !== 'function' && (
            <CheckField
              label="Without envelope"
              hint="The body is what was published, not a JSON object that contains it."
              checked={form.isRaw}
              onChange={(isRaw) => change({ isRaw })}
            />
          )}
          <TextField
            label="Dead-letter queue"
            hint="Gets the messages that cannot be delivered; optional"
            value={form.deadLetters}
            onChange={(deadLetters) => change({ deadLetters })}
          />
          {refusal !== undefined && (
            <p class="problem" role="alert">
              {refusal}
            </p>
          )}
        </div>
        <footer>
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={subscriber.endpoint === ''}>
            Subscribe
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

interface EndpointProps {
  form: Form;
  topic: TopicReport;
  onChange(changes: Partial<Form>): void;
}

function EndpointField({ form: { kind, queue, url, functionName }, topic, onChange }: EndpointProps) {
  if (kind === 'queue') {
    return (
      <QueueField
        label="Queue"
        hint="Its name or ARN"
        value={queue}
        place={topic}
        onChange={(changed) => onChange({ queue: changed })}
      />
    );
  }
  if (kind === 'http') {
    return (
      <TextField
        label="URL"
        hint="The subscription is pending until the endpoint confirms it, or you do in the list of subscriptions."
        placeholder="http://127.0.0.1:8080/"
        value={url}
        onChange={(changed) => onChange({ url: changed })}
      />
    );
  }
  return (
    <TextField
      label="Function"
      hint="Its name or ARN. Squab needs its URL: --function NAME=URL"
      value={functionName}
      onChange={(changed) => onChange({ functionName: changed })}
    />
  );
}

/** The protocol and the endpoint that a form describes, as Subscribe takes them. The endpoint may be empty. */
function subscriberIn({ kind, queue, url, functionName }: Form, topic: TopicReport) {
  if (kind === 'queue') return { protocol: 'sqs', endpoint: arnIn('sqs', queue, topic) };
  if (kind === 'http') {
    return { protocol: /^https:/i.test(url.trim()) ? 'https' : 'http', endpoint: url.trim() };
  }
  return { protocol: 'lambda', endpoint: arnIn('lambda', functionName, topic) };
}

/** The ARN that a name stands for in the account and region of the topic. A text that is an ARN, or empty, stays. */
function arnIn(service: 'sqs' | 'lambda', text: string, { account, region }: TopicReport): string {
  const name = text.trim();
  if (name === '' || name.startsWith('arn:')) return name;
  return arnOf(service, { account, region, name: service === 'lambda' ? `function:${name}` : name });
}

function attributesIn({ kind, policy, scope, isRaw, deadLetters }: Form, topic: TopicReport): [string, string][] {
  const attributes: [string, string][] = [];
  if (policy.trim() !== '') attributes.push(['FilterPolicyScope', scope], ['FilterPolicy', policy]);
  if (isRaw && kind !== 'function') attributes.push(['RawMessageDelivery', 'true']);
  const deadLetterTargetArn = arnIn('sqs', deadLetters, topic);
  if (deadLetterTargetArn !== '') attributes.push(['RedrivePolicy', JSON.stringify({ deadLetterTargetArn })]);
  return attributes;
}
