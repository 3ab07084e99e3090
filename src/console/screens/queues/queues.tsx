/** The first screen: all queues, as a table that can be searched and sorted. */

import { useEffect, useState } from 'preact/hooks';
import type { QueueCounts, QueuePage, QueueReport } from '../../../control/queues/queues.ts';
import { control, type QueueKey, query } from '../../api.ts';
import { now } from '../../clock-state.ts';
import { counted } from '../../format.ts';
import { recordSample } from '../../history.ts';
import { refreshAll, useLive } from '../../live.ts';
import { Empty, Problem } from '../../pieces/empty.tsx';
import { Icon } from '../../pieces/icon.tsx';
import { Pager } from '../../pieces/pager.tsx';
import { Search } from '../../pieces/search.tsx';
import { useSteady } from '../../pieces/steady.ts';
import { Table } from '../../pieces/table.tsx';
import { address, go, queueLink, setQuery } from '../../router.ts';
import { settings } from '../../settings.ts';
import { CreateQueue } from './create-queue.tsx';
import { Favourites } from './favourite.tsx';
import { NoQueues } from './no-queues.tsx';
import { queueColumns } from './queue-columns.tsx';

const PAGE_SIZE = 50;
/** With more queues than this, the list is asked for less often than the counts. */
const MANY = 200;
const MANY_EVERY_MS = 5000;
const FEW_EVERY_MS = 1000;
const TYPING_MS = 200;

export function QueuesScreen() {
  const given = address.value.query;
  const sort = given.get('sort') ?? 'name';
  const order = given.get('order') ?? (sort === 'name' ? 'asc' : 'desc');
  const [text, account, region] = ['text', 'account', 'region'].map((name) => given.get(name) ?? '');
  const nonEmpty = given.has('nonempty');
  const [marks, setMarks] = useState<readonly string[]>([]);
  const [isCreating, setCreating] = useState(false);
  const [isLarge, setLarge] = useState(false);
  const after = marks.at(-1);
  const list = { sort, order, contains: text || undefined, account: account || undefined, region: region || undefined };
  const parameters = query({ ...list, nonEmpty: nonEmpty || undefined, limit: PAGE_SIZE, after });
  const { data, error } = useLive(
    (signal) => control<QueuePage>('GET', `/queues?${parameters}`, undefined, signal),
    [parameters],
    isLarge ? MANY_EVERY_MS : FEW_EVERY_MS,
  );
  useEffect(() => setLarge((data?.total ?? 0) > MANY), [data]);
  const counts = useCounts(isLarge ? data?.queues : undefined);
  const queues = (data?.queues ?? []).map((queue) => ({ ...queue, ...counts.get(queueLink(queue)) }));
  useEffect(() => {
    for (const queue of queues) recordSample(queue, now.peek());
  }, [data, counts]);
  const steady = useSteady(queues, queueLink, parameters);
  const choose = (changes: Record<string, string>) => {
    setMarks([]);
    setQuery(changes);
  };
  const sortBy = (by: string) => {
    const usual = by === 'name' ? 'asc' : 'desc';
    const other = usual === 'asc' ? 'desc' : 'asc';
    choose({ sort: by, order: by === sort && order === usual ? other : '' });
  };
  const isFiltered = text !== '' || nonEmpty || account !== '' || region !== '';
  return (
    <div class="stack">
      <div class="spread">
        <h1>Queues {data && data.total > 0 && <span class="muted total">{counted(data.total, 'queue')}</span>}</h1>
        {!settings.readOnly && (
          <button type="button" class="primary" onClick={() => setCreating(true)}>
            <Icon name="plus" /> Create queue
          </button>
        )}
      </div>
      {data && (data.total > 0 || isFiltered) && (
        <div class="row filters">
          <Search
            label="Search queues"
            text={text ?? ''}
            maxLength={80}
            waitMs={TYPING_MS}
            onSearch={(typed) => choose({ text: typed.trim() })}
          />
          <Choice
            label="Account"
            value={account ?? ''}
            options={data.accounts}
            onChange={(value) => choose({ account: value })}
          />
          <Choice
            label="Region"
            value={region ?? ''}
            options={data.regions}
            onChange={(value) => choose({ region: value })}
          />
          <label class="row">
            <input
              type="checkbox"
              checked={nonEmpty}
              onChange={(event) => choose({ nonempty: event.currentTarget.checked ? 'yes' : '' })}
            />
            Hide empty queues
          </label>
        </div>
      )}
      <Favourites />
      <Problem error={error} />
      {steady.rows.length > 0 && (
        <div {...steady.hold}>
          <Table<QueueReport>
            label="Queues"
            columns={queueColumns}
            rows={steady.rows}
            keyOf={queueLink}
            rowClass={(row) => (steady.isGone(row) ? 'gone' : undefined)}
            sorting={{ by: sort, descending: order === 'desc' }}
            onSort={sortBy}
          />
        </div>
      )}
      {data && steady.rows.length === 0 && isFiltered && (
        <Empty title="No queue matches">
          <button type="button" onClick={() => choose({ text: '', nonempty: '', account: '', region: '' })}>
            Show all queues
          </button>
        </Empty>
      )}
      {data && steady.rows.length === 0 && !isFiltered && <NoQueues onCreate={() => setCreating(true)} />}
      <Pager marks={marks} next={data?.next} pages={Math.ceil((data?.total ?? 0) / PAGE_SIZE)} onChange={setMarks} />
      {isCreating && (
        <CreateQueue
          onClose={() => setCreating(false)}
          onCreated={(queue) => {
            setCreating(false);
            refreshAll();
            go(queueLink(queue));
          }}
        />
      )}
    </div>
  );
}

/** The counts of the queues on screen, by their addresses, asked for every second. */
function useCounts(queues: readonly QueueReport[] | undefined): ReadonlyMap<string, QueueCounts> {
  const names = queues?.map(({ name, account, region }): QueueKey => ({ name, account, region }));
  const { data = new Map() } = useLive(
    async (signal) => {
      if (!names) return new Map<string, QueueCounts>();
      const counted = await control<{ queues: QueueCounts[] }>('POST', '/counts', { queues: names }, signal);
      return new Map(counted.queues.map((queue) => [queueLink(queue), queue]));
    },
    [names?.map((key) => queueLink(key)).join(' ')],
  );
  return data;
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly string[];
  onChange(value: string): void;
}

/** A filter, shown only where there is a choice. */
function Choice({ label, value, options, onChange }: ChoiceProps) {
  if (options.length < 2 && value === '') return null;
  return (
    <select aria-label={label} class="choice" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="">{`All ${label.toLowerCase()}s`}</option>
      {options.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}
