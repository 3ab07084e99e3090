/** The first screen: all queues. */

import type { QueuePage, QueueReport } from '../../../control/queues/queues.ts';
import { control, query } from '../../api.ts';
import { count } from '../../format.ts';
import { useLive } from '../../live.ts';
import { Problem } from '../../pieces/empty.tsx';
import { type Column, Table } from '../../pieces/table.tsx';
import { queueLink } from '../../router.ts';

const columns: readonly Column<QueueReport>[] = [
  { key: 'name', head: 'Name', cell: (queue) => <a href={`#${queueLink(queue)}`}>{queue.name}</a> },
  { key: 'visible', head: 'Visible', class: 'number', cell: ({ messages }) => count(messages.visible) },
  { key: 'inFlight', head: 'In flight', class: 'number', cell: ({ messages }) => count(messages.inFlight) },
  { key: 'delayed', head: 'Delayed', class: 'number wide', cell: ({ messages }) => count(messages.delayed) },
];

export function QueuesScreen() {
  const { data, error } = useLive(
    (signal) => control<QueuePage>('GET', `/queues?${query({ limit: 50 })}`, undefined, signal),
    [],
  );
  return (
    <>
      <h1>Queues</h1>
      <Problem error={error} />
      {data && <Table label="Queues" columns={columns} rows={data.queues} keyOf={({ arn }) => arn} />}
    </>
  );
}
