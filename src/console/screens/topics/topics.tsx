/** The list of topics. */

import { useState } from 'preact/hooks';
import type { TopicPage, TopicReport } from '../../../control/topics/topics.ts';
import { control, home, query, sns } from '../../api.ts';
import { count, counted } from '../../format.ts';
import { refreshAll, useLive } from '../../live.ts';
import { Dialog } from '../../pieces/dialog.tsx';
import { Empty, Problem } from '../../pieces/empty.tsx';
import { CheckField, TextField } from '../../pieces/field.tsx';
import { Icon } from '../../pieces/icon.tsx';
import { Pager } from '../../pieces/pager.tsx';
import { Elsewhere, queueOfArn } from '../../pieces/queue-name.tsx';
import { Search } from '../../pieces/search.tsx';
import { type Column, Table } from '../../pieces/table.tsx';
import { Time } from '../../pieces/time.tsx';
import { done } from '../../pieces/toasts.tsx';
import { address, go, setQuery, topicLink } from '../../router.ts';
import { settings } from '../../settings.ts';

const PAGE_SIZE = 50;
const TYPING_MS = 200;

const columns: readonly Column<TopicReport>[] = [
  {
    key: 'name',
    head: 'Name',
    class: 'fill',
    cell: (topic) => (
      <span class="row name">
        <a class="break" href={`#${topicLink(topic)}`}>
          {topic.name}
          <Elsewhere queue={topic} />
        </a>
        {topic.fifo && <span class="badge violet">FIFO</span>}
      </span>
    ),
  },
  { key: 'confirmed', head: 'Subscriptions', class: 'number', cell: (topic) => count(topic.subscriptions.confirmed) },
  { key: 'pending', head: 'Pending', class: 'number', cell: (topic) => count(topic.subscriptions.pending) },
  { key: 'created', head: 'Created', class: 'wide nowrap', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export function TopicsScreen() {
  const text = address.value.query.get('text') ?? '';
  const [marks, setMarks] = useState<readonly string[]>([]);
  const [isCreating, setCreating] = useState(false);
  const parameters = query({ contains: text || undefined, limit: PAGE_SIZE, after: marks.at(-1) });
  const { data, error } = useLive(
    (signal) => control<TopicPage>('GET', `/topics?${parameters}`, undefined, signal),
    [parameters],
  );
  const topics = data?.topics ?? [];
  return (
    <div class="stack">
      <div class="spread">
        <h1>Topics {data && data.total > 0 && <span class="muted total">{counted(data.total, 'topic')}</span>}</h1>
        {!settings.readOnly && (
          <button type="button" class="primary" onClick={() => setCreating(true)}>
            <Icon name="plus" /> Create topic
          </button>
        )}
      </div>
      {(topics.length > 0 || text !== '') && (
        <div class="row filters">
          <Search
            label="Search topics"
            text={text}
            maxLength={256}
            waitMs={TYPING_MS}
            onSearch={(typed) => {
              setMarks([]);
              setQuery({ text: typed.trim() });
            }}
          />
        </div>
      )}
      <Problem error={error} />
      {topics.length > 0 && <Table label="Topics" columns={columns} rows={topics} keyOf={({ arn }) => arn} />}
      {data && topics.length === 0 && (
        <Empty title={text === '' ? 'There are no topics yet' : 'No topic matches'}>
          {text === '' && (
            <p>
              A message that is published to a topic arrives in all queues that are subscribed to it. Create a topic
              here, or with any client of SNS at {location.origin}.
            </p>
          )}
        </Empty>
      )}
      <Pager marks={marks} next={data?.next} pages={Math.ceil((data?.total ?? 0) / PAGE_SIZE)} onChange={setMarks} />
      {isCreating && <CreateTopic onClose={() => setCreating(false)} />}
    </div>
  );
}

function CreateTopic({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('');
  const [isFifo, setFifo] = useState(false);
  const [isContentBased, setContentBased] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const create = async (event: Event) => {
    event.preventDefault();
    const attributes: [string, string][] = isFifo
      ? [['FifoTopic', 'true'], ...(isContentBased ? [['ContentBasedDeduplication', 'true'] as [string, string]] : [])]
      : [];
    const Name = isFifo ? `${name.replace(/\.fifo$/, '')}.fifo` : name;
    try {
      const arn = await sns('CreateTopic', { Name, ...attributeParameters(attributes) }, home, 'TopicArn');
      done(`Created ${Name}.`);
      refreshAll();
      const created = queueOfArn(arn);
      if (created) go(topicLink(created));
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog title="Create a topic" onClose={onClose}>
      <form onSubmit={create} noValidate>
        <div class="text">
          <TextField
            label="Name"
            hint="Letters, digits, hyphens and underscores; up to 256 characters."
            error={refusal}
            value={name}
            autofocus
            suffix={isFifo && !name.endsWith('.fifo') ? '.fifo' : undefined}
            onChange={(changed) => {
              setRefusal(undefined);
              setName(changed);
              if (changed.endsWith('.fifo')) setFifo(true);
            }}
          />
          <CheckField
            label="FIFO topic"
            hint="Keeps the order within each message group, and publishes each message once."
            checked={isFifo}
            onChange={setFifo}
          />
          {isFifo && (
            <CheckField
              label="Content-based deduplication"
              hint="Messages with the same text are duplicates, unless they have a deduplication ID."
              checked={isContentBased}
              onChange={setContentBased}
            />
          )}
        </div>
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={name === ''}>
            Create topic
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Returns attributes as SNS spells them in forms. */
export function attributeParameters(attributes: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(
    attributes.flatMap(([name, value], index) => [
      [`Attributes.entry.${index + 1}.key`, name],
      [`Attributes.entry.${index + 1}.value`, value],
    ]),
  );
}
