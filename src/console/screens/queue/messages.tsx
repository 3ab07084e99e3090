/** The messages of a queue, page by page, in any state; one of them opens beside the list. */

import { useState } from 'preact/hooks';
import type { MessageReport } from '../../../control/journal/reports.ts';
import type { MessagePage } from '../../../control/messages/messages.ts';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { control, queuePath } from '../../api.ts';
import { refreshAll, useLive } from '../../live.ts';
import { Empty, Problem } from '../../pieces/empty.tsx';
import { Icon } from '../../pieces/icon.tsx';
import { Pager } from '../../pieces/pager.tsx';
import { Search } from '../../pieces/search.tsx';
import { useSteady } from '../../pieces/steady.ts';
import { Table } from '../../pieces/table.tsx';
import { Segments } from '../../pieces/tabs.tsx';
import { address, go, queueLink, setQuery } from '../../router.ts';
import { settings } from '../../settings.ts';
import { messageColumns } from './message-columns.tsx';
import { MessagePanel } from './message-panel.tsx';

type State = '' | MessageReport['state'];

const STATES: readonly (readonly [State, string])[] = [
  ['', 'All'],
  ['visible', 'Visible'],
  ['in-flight', 'In flight'],
  ['delayed', 'Delayed'],
];
const BLOCKED: readonly [State, string] = ['blocked', 'Blocked'];

const PAGE_SIZE = 25;
/** How much of each body the list needs. */
const PREVIEW_CHARACTERS = 200;
const TYPING_MS = 300;

/** The form of Squab's message IDs. */
const MESSAGE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Props {
  queue: QueueReport;
  messageId: string | undefined;
}

export function MessagesTab({ queue, messageId }: Props) {
  const state = (address.value.query.get('state') ?? '') as State;
  const text = address.value.query.get('text') ?? '';
  // The marks of the pages before this one, as the server gave them.
  const [marks, setMarks] = useState<readonly string[]>([]);
  const after = marks.at(-1);
  const { data, error } = useLive(
    (signal) => pageOf(queue, { state: state || undefined, bodyContains: text || undefined, after }, signal),
    [queue.arn, state, text, after],
  );
  const steady = useSteady(data?.messages ?? [], ({ messageId }) => messageId, `${state} ${text} ${after}`);
  const choose = (changes: Record<string, string>) => {
    setMarks([]);
    setQuery(changes);
  };
  const link = (id: string) => {
    const query = address.value.query.toString();
    return `${queueLink(queue, 'messages', id)}${query && `?${query}`}`;
  };
  const find = (typed: string) => {
    const id = typed.trim();
    if (MESSAGE_ID.test(id)) go(link(id));
    else choose({ text: typed });
  };
  const close = () => go(link('').replace(/\/(?=\?|$)/, ''));
  return (
    <div class={messageId ? 'beside open' : 'beside'}>
      <div class="list stack" {...steady.hold}>
        <div class="spread">
          <Segments<State>
            label="State"
            options={queue.fifo ? [...STATES, BLOCKED] : STATES}
            value={state}
            onChange={(chosen) => choose({ state: chosen })}
          />
          <Search label="Find by text or message ID" text={text} waitMs={TYPING_MS} onSearch={find} />
        </div>
        <Problem error={error} />
        {steady.rows.length > 0 && (
          <Table
            label="Messages"
            columns={messageColumns(queue, (id) => `#${link(id)}`, steady.isGone)}
            rows={steady.rows}
            keyOf={({ messageId }) => messageId}
            rowClass={(row) => (row.messageId === messageId ? 'selected' : steady.isGone(row) ? 'gone' : undefined)}
          />
        )}
        {data && steady.rows.length === 0 && <NoMessages queue={queue} state={state} text={text} />}
        {!data && !error && text && <p class="muted">Searching…</p>}
        <Pager marks={marks} next={data?.next} onChange={setMarks} />
      </div>
      {messageId && (
        <MessagePanel key={messageId} queue={queue} messageId={messageId} onClose={close} onChange={refreshAll} />
      )}
    </div>
  );
}

interface Wanted {
  state: Exclude<State, ''> | undefined;
  bodyContains: string | undefined;
  /** The mark after which the page begins. */
  after: string | undefined;
}

/** Reads the first page that has messages. In a deep queue, Squab searches a part with each request. */
async function pageOf(queue: QueueReport, { after, ...wanted }: Wanted, signal: AbortSignal): Promise<MessagePage> {
  const parameters = { ...wanted, limit: PAGE_SIZE, bodyCharacters: PREVIEW_CHARACTERS };
  for (let mark = after; ; ) {
    const path = queuePath(queue, '/messages', { ...parameters, after: mark });
    const page = await control<MessagePage>('GET', path, undefined, signal);
    if (page.messages.length > 0 || page.next === undefined) return page;
    mark = page.next;
  }
}

interface Nothing {
  queue: QueueReport;
  state: State;
  text: string;
}

function NoMessages({ queue, state, text }: Nothing) {
  if (text) {
    return (
      <Empty title="No message contains this text">
        <p>Upper and lower case matter. Messages that have been deleted are not searched.</p>
      </Empty>
    );
  }
  if (state) return <Empty title={`No message is ${state.replace('-', ' ')}`} />;
  return (
    <Empty title="The queue is empty">
      <p>
        Messages appear here as soon as they are sent. What has been deleted is still in{' '}
        <a href="#/events">the events</a>.
      </p>
      {!settings.readOnly && (
        <a class="button primary" href={`#/send/${queueLink(queue).slice('/queues/'.length)}`}>
          <Icon name="send" /> Send message
        </a>
      )}
    </Empty>
  );
}
