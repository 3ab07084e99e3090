/** What became of the latest messages of a topic, for each subscription, and why. */

import type { Delivery } from '../../../control/topics/deliveries.ts';
import type { TopicReport } from '../../../control/topics/topics.ts';
import { control, topicPath } from '../../api.ts';
import { useLive } from '../../live.ts';
import { Empty, Problem } from '../../pieces/empty.tsx';
import { Sentence } from '../../pieces/sentence.tsx';
import { type Column, Table } from '../../pieces/table.tsx';
import { Time } from '../../pieces/time.tsx';
import { address, setQuery, topicLink } from '../../router.ts';
import { settings } from '../../settings.ts';
import { DeliveryBadge, STATES } from './delivery-badge.tsx';

const SHOWN = 200;

const columnsOf = (topic: TopicReport): readonly Column<Delivery>[] => [
  { key: 'at', head: 'Published', class: 'wide nowrap', cell: ({ publishedAt }) => <Time at={publishedAt} /> },
  {
    key: 'message',
    head: 'Message',
    class: 'wide',
    cell: ({ messageId, message, subject }) => (
      <div class="stack tight">
        <a title="Only the deliveries of this message" href={`#${topicLink(topic, 'deliveries')}?message=${messageId}`}>
          <code>{messageId.slice(0, 8)}…</code>
        </a>
        <bdi class="mono tiny break">{(subject ? `${subject}: ` : '') + message.slice(0, 60)}</bdi>
      </div>
    ),
  },
  { key: 'state', head: 'State', cell: ({ state }) => <DeliveryBadge state={state} /> },
  {
    key: 'text',
    head: 'What became of it',
    class: 'fill',
    cell: ({ text, messageId }) => (
      <div class="stack tight">
        <span class="break">
          <Sentence text={text} />
        </span>
        <span class="narrow muted tiny">
          <code class="break">{messageId}</code>
        </span>
      </div>
    ),
  },
];

export function DeliveriesTab({ topic }: { topic: TopicReport }) {
  const { query } = address.value;
  const messageId = query.get('message') ?? undefined;
  const state = query.get('state') ?? undefined;
  const path = topicPath(topic, '/deliveries', { messageId, state, limit: SHOWN });
  const { data, error } = useLive(
    (signal) => control<{ deliveries: Delivery[] }>('GET', path, undefined, signal),
    [path],
  );
  const deliveries = data?.deliveries ?? [];
  return (
    <div class="stack">
      <div class="row filters">
        <select
          aria-label="State"
          class="choice"
          value={state ?? ''}
          onChange={(event) => setQuery({ state: event.currentTarget.value })}
        >
          <option value="">All states</option>
          {STATES.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
        {messageId !== undefined && (
          <button type="button" onClick={() => setQuery({ message: '' })}>
            Only message {messageId.slice(0, 8)}…: show all
          </button>
        )}
      </div>
      <Problem error={error} />
      {deliveries.length > 0 && (
        <Table
          label="Deliveries"
          columns={columnsOf(topic)}
          rows={deliveries}
          keyOf={(one) => `${one.messageId} ${one.subscription}`}
        />
      )}
      {data && deliveries.length === 0 && (
        <Empty title="No deliveries">
          <p>
            {settings.journal > 0
              ? 'Squab remembers the latest 1,000 messages that were published, until it stops.'
              : 'Squab keeps no deliveries: it was started with --journal 0.'}
          </p>
        </Empty>
      )}
    </div>
  );
}
