/** The subscriptions of a topic. */

import { useState } from 'preact/hooks';
import type { SubscriptionPage, SubscriptionReport, TopicReport } from '../../../control/topics/topics.ts';
import { control, sns, topicPath } from '../../api.ts';
import { count } from '../../format.ts';
import { refreshAll, useLive } from '../../live.ts';
import { confirm } from '../../pieces/dialog.tsx';
import { Empty, Problem } from '../../pieces/empty.tsx';
import { Icon } from '../../pieces/icon.tsx';
import { Pager } from '../../pieces/pager.tsx';
import { ArnLink } from '../../pieces/queue-name.tsx';
import { type Column, Table } from '../../pieces/table.tsx';
import { attempt } from '../../pieces/toasts.tsx';
import { settings } from '../../settings.ts';
import { Subscribe } from './subscribe.tsx';

const PAGE_SIZE = 50;
/** The protocols by which Squab delivers messages. Subscriptions of all others are only listed. */
const DELIVERED: ReadonlySet<string> = new Set(['sqs', 'http', 'https', 'lambda']);

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
          {!DELIVERED.has(subscription.protocol) && (
            <span class="muted tiny">Squab never delivers to {subscription.protocol} endpoints.</span>
          )}
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
            <Icon name="plus" /> Create subscription
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
