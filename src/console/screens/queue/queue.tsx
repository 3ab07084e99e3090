/** The screen of a queue: what it is, its counts and links, and a tab for each thing to do with it. */

import { useEffect } from 'preact/hooks';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { control, type QueueKey, queuePath, Refusal, urlOf } from '../../api.ts';
import { now } from '../../clock-state.ts';
import { counted } from '../../format.ts';
import { recordSample } from '../../history.ts';
import { useLive } from '../../live.ts';
import { Copy } from '../../pieces/copy.tsx';
import { Problem } from '../../pieces/empty.tsx';
import { Icon } from '../../pieces/icon.tsx';
import { Tabs } from '../../pieces/tabs.tsx';
import { go, type Params, queueLink } from '../../router.ts';
import { settings } from '../../settings.ts';
import { FavouriteButton } from '../queues/favourite.tsx';
import { deleteQueue, purgeQueue, redriveAll } from '../queues/queue-actions.tsx';
import { Badges } from '../queues/queue-badges.tsx';
import { ExplainTab } from './explain.tsx';
import { MessagesTab } from './messages.tsx';
import { PlotsTab } from './plots.tsx';
import { RedriveTab } from './redrive.tsx';
import { SettingsTab } from './settings.tsx';
import { Summary } from './summary.tsx';

const TABS = [
  ['messages', 'Messages'],
  ['explain', 'Explain'],
  ['plots', 'Plots'],
  ['settings', 'Attributes and tags'],
  ['redrive', 'Redrive'],
] as const;

export function QueueScreen({ params }: { params: Params }) {
  const { region = '', account = '', name = '', tab = 'messages', messageId } = params;
  const key: QueueKey = { region, account, name };
  const {
    data: queue,
    error,
    refresh,
  } = useLive((signal) => control<QueueReport>('GET', queuePath(key), undefined, signal), [region, account, name]);
  useEffect(() => {
    if (queue) recordSample(queue, now.peek());
  }, [queue]);
  const isGone = error instanceof Refusal && error.status === 404;
  if (!queue) return isGone ? <NoQueue queue={key} /> : <Problem error={error} />;
  const tabs = TABS.map(([key, text]) => ({ key, text, href: `#${queueLink(queue, key)}` }));
  return (
    <div class="stack">
      {isGone && (
        <p class="problem" role="alert">
          There is no queue {name} anymore. This is what the page last knew of it; it continues if the queue is created
          again.
        </p>
      )}
      <Heading queue={queue} />
      <Summary queue={queue} />
      <Tabs label="Parts of the queue" tabs={tabs} current={tab} />
      {tab === 'messages' && <MessagesTab key={queue.arn} queue={queue} messageId={messageId} />}
      {tab === 'explain' && <ExplainTab queue={queue} />}
      {tab === 'plots' && <PlotsTab queue={queue} />}
      {tab === 'settings' && <SettingsTab key={queue.arn} queue={queue} onChange={refresh} />}
      {tab === 'redrive' && <RedriveTab queue={queue} />}
    </div>
  );
}

function Heading({ queue }: { queue: QueueReport }) {
  return (
    <header class="spread">
      <div class="grow">
        <nav class="crumbs" aria-label="Way here">
          <a href="#/queues">Queues</a>
          <span class="muted">
            {' '}
            / {queue.region} / {queue.account}
          </span>
        </nav>
        <div class="row">
          <h1 class="break">{queue.name}</h1>
          <FavouriteButton queue={queue} />
          <Badges queue={queue} />
        </div>
        <div class="row muted tiny url">
          <code class="break">{urlOf(queue)}</code>
          <Copy text={urlOf(queue)} label="Copy the URL" />
          <code class="break wide">{queue.arn}</code>
          <span class="wide">
            <Copy text={queue.arn} label="Copy the ARN" />
          </span>
        </div>
      </div>
      {!settings.readOnly && (
        <div class="row">
          {queue.sources.length > 0 && queue.messages.visible > 0 && (
            <button
              type="button"
              title="Moves all messages back to the queues that they came from"
              onClick={async () => (await redriveAll(queue)) && go(queueLink(queue, 'redrive'))}
            >
              Redrive {counted(queue.messages.visible, 'message')}
            </button>
          )}
          <button type="button" class="danger soft" onClick={() => purgeQueue(queue)}>
            Purge
          </button>
          <button
            type="button"
            class="danger soft"
            onClick={async () => (await deleteQueue(queue)) && go('/queues', { replace: true })}
          >
            Delete
          </button>
          <a class="button primary" href={`#/send/${queueLink(queue).slice('/queues/'.length)}`}>
            <Icon name="send" /> Send message
          </a>
        </div>
      )}
    </header>
  );
}

function NoQueue({ queue }: { queue: QueueKey }) {
  return (
    <section class="empty">
      <h1 class="break">There is no queue {queue.name}</h1>
      <p>
        Not in account {queue.account} and region {queue.region}. It may have been deleted, or it has not been created
        yet: this page shows it as soon as it exists.
      </p>
      <a class="button" href="#/queues">
        All queues
      </a>
    </section>
  );
}
