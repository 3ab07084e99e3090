/** The subscriptions of a topic, and the form that subscribes a queue. */

import { useState } from 'preact/hooks';
import type { SubscriptionPage, SubscriptionReport, TopicReport } from '../../../control/topics/topics.ts';
import { queueArn } from '../../../queues/arn.ts';
import { control, sns, topicPath } from '../../api.ts';
import { count } from '../../format.ts';
import { refreshAll, useLive } from '../../live.ts';
import { confirm, Dialog } from '../../pieces/dialog.tsx';
import { Empty, Problem } from '../../pieces/empty.tsx';
import { CheckField, Field, SelectField, TextField } from '../../pieces/field.tsx';
import { Icon } from '../../pieces/icon.tsx';
import { Pager } from '../../pieces/pager.tsx';
import { ArnLink } from '../../pieces/queue-name.tsx';
import { type Column, Table } from '../../pieces/table.tsx';
import { attempt, done } from '../../pieces/toasts.tsx';
import { settings } from '../../settings.ts';
import { QueueField } from '../queues/queue-suggestions.tsx';
import { attributeParameters } from './topics.tsx';

const PAGE_SIZE = 50;

export function SubscriptionsTab({ topic }: { topic: TopicReport }) {
  const [marks, setMarks] = useState<readonly string[]>([]);
  const [isSubscribing, setSubscribing] = useState(false);
  const path = topicPath(topic, '/subscriptions', { limit: PAGE_SIZE, after: marks.at(-1) });
  const { data, error } = useLive((signal) => control<SubscriptionPage>('GET', path, undefined, signal), [path]);
  const columns: Column<SubscriptionReport>[] = [
    {
      key: 'endpoint',
      head: 'Endpoint',
      class: 'fill',
      cell: (subscription) => (
        <div class="stack tight">
          <Endpoint {...subscription} />
          <Filter attributes={subscription.attributes} />
          {!settings.readOnly && (
            <span class="narrow">
              <Actions topic={topic} subscription={subscription} />
            </span>
          )}
        </div>
      ),
    },
    { key: 'protocol', head: 'Protocol', class: 'wide', cell: ({ protocol }) => protocol },
    {
      key: 'state',
      head: 'State',
      cell: ({ state }) => <span class={`badge ${state === 'pending' ? 'warning' : 'good'}`}>{state}</span>,
    },
    {
      key: 'waiting',
      head: <span title="Messages that wait for an attempt, or for the next one">Waiting</span>,
      class: 'number wide',
      cell: ({ waiting }) => (waiting === undefined ? <span class="muted">–</span> : count(waiting)),
    },
  ];
  if (!settings.readOnly) {
    const cell = (subscription: SubscriptionReport) => <Actions topic={topic} subscription={subscription} />;
    columns.push({ key: 'actions', head: <span class="hidden-text">Actions</span>, class: 'wide', cell });
  }
  const subscriptions = data?.subscriptions ?? [];
  return (
    <div class="stack">
      {!settings.readOnly && (
        <div>
          <button type="button" class="primary" onClick={() => setSubscribing(true)}>
            <Icon name="plus" /> Subscribe a queue
          </button>
        </div>
      )}
      <Problem error={error} />
      {subscriptions.length > 0 && (
        <Table label="Subscriptions" columns={columns} rows={subscriptions} keyOf={({ id }) => id} />
      )}
      {data && subscriptions.length === 0 && (
        <Empty title="No subscriptions yet">
          <p>Messages that are published to this topic now reach nobody.</p>
        </Empty>
      )}
      <Pager marks={marks} next={data?.next} onChange={setMarks} />
      {isSubscribing && <Subscribe topic={topic} onClose={() => setSubscribing(false)} />}
    </div>
  );
}

export function Endpoint({ protocol, endpoint }: { protocol: string; endpoint: string }) {
  return protocol === 'sqs' ? <ArnLink arn={endpoint} /> : <bdi class="break mono">{endpoint}</bdi>;
}

function Filter({ attributes }: { attributes: Record<string, string> }) {
  const { FilterPolicy, FilterPolicyScope, RawMessageDelivery } = attributes;
  return (
    <>
      {FilterPolicy !== undefined && (
        <span class="muted tiny break">
          Filter on {FilterPolicyScope === 'MessageBody' ? 'the body' : 'attributes'}:{' '}
          <code class="break">{FilterPolicy}</code>
        </span>
      )}
      {RawMessageDelivery === 'true' && <span class="muted tiny">Without envelope</span>}
    </>
  );
}

function Actions({ topic, subscription }: { topic: TopicReport; subscription: SubscriptionReport }) {
  const { id, arn, endpoint, state, waiting = 0 } = subscription;
  const act = async (below: string, text: string) => {
    await attempt(() => control('POST', topicPath(topic, `/subscriptions/${id}/${below}`), {}), text);
    refreshAll();
  };
  const remove = async () => {
    const text = (
      <p class="break">
        Messages of the topic <strong>{topic.name}</strong> no longer reach <strong>{endpoint}</strong>.
        {waiting > 0 && ` The ${waiting} that wait are discarded.`}
      </p>
    );
    if (!(await confirm({ title: 'End the subscription?', text, action: 'Unsubscribe' }))) return;
    await attempt(() => sns('Unsubscribe', { SubscriptionArn: arn }, topic), 'Unsubscribed.');
    refreshAll();
  };
  return (
    <span class="actions">
      {state === 'pending' && (
        <button type="button" aria-label={`Confirm ${endpoint}`} onClick={() => act('confirm', 'Confirmed.')}>
          Confirm
        </button>
      )}
      {waiting > 0 && (
        <button
          type="button"
          aria-label={`Deliver now to ${endpoint}`}
          onClick={() => act('deliver-now', 'The deliveries are attempted now.')}
        >
          Deliver now
        </button>
      )}
      {state === 'confirmed' && (
        <button type="button" class="quiet" aria-label={`Unsubscribe ${endpoint}`} onClick={remove}>
          Unsubscribe
        </button>
      )}
    </span>
  );
}

function Subscribe({ topic, onClose }: { topic: TopicReport; onClose(): void }) {
  const [queue, setQueue] = useState('');
  const [policy, setPolicy] = useState('');
  const [scope, setScope] = useState('MessageAttributes');
  const [isRaw, setRaw] = useState(false);
  const [deadLetters, setDeadLetters] = useState('');
  const [refusal, setRefusal] = useState<string>();
  const arnOf = (name: string) => (name.startsWith('arn:') ? name : queueArn({ ...topic, name }));
  const subscribe = async (event: Event) => {
    event.preventDefault();
    const deadLetterTargetArn = arnOf(deadLetters);
    const attributes: [string, string][] = [
      ...(policy.trim() === ''
        ? []
        : ([
            ['FilterPolicyScope', scope],
            ['FilterPolicy', policy],
          ] as [string, string][])),
      ...(isRaw ? ([['RawMessageDelivery', 'true']] as [string, string][]) : []),
      ...(deadLetters === ''
        ? []
        : ([['RedrivePolicy', JSON.stringify({ deadLetterTargetArn })]] as [string, string][])),
    ];
    const input = { TopicArn: topic.arn, Protocol: 'sqs', Endpoint: arnOf(queue), ...attributeParameters(attributes) };
    try {
      await sns('Subscribe', input, topic);
      done(`Subscribed ${queue}.`);
      refreshAll();
      onClose();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog title={`Subscribe a queue to ${topic.name}`} onClose={onClose}>
      <form onSubmit={subscribe} noValidate>
        <div class="text">
          <QueueField label="Queue" hint="Its name or ARN" value={queue} place={topic} onChange={setQueue} />
          <Field
            label="Filter policy"
            hint={'JSON, such as {"kind": ["refund"]}; without one, the queue gets every message.'}
          >
            {(connected) => (
              <textarea
                {...connected}
                class="mono"
                rows={3}
                spellcheck={false}
                value={policy}
                onInput={(event) => setPolicy(event.currentTarget.value)}
              />
            )}
          </Field>
          <SelectField
            label="The filter policy is about"
            value={scope}
            options={[
              ['MessageAttributes', 'the attributes of messages'],
              ['MessageBody', 'the bodies of messages'],
            ]}
            onChange={setScope}
          />
          <CheckField
            label="Without envelope"
            hint="The message in the queue has the body and the attributes that were published."
            checked={isRaw}
            onChange={setRaw}
          />
          <TextField
            label="Dead-letter queue"
            hint="Gets the messages that the queue cannot take; optional"
            value={deadLetters}
            onChange={setDeadLetters}
          />
          {refusal !== undefined && (
            <p class="problem" role="alert">
              {refusal}
            </p>
          )}
        </div>
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={queue === ''}>
            Subscribe
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
