/** The screen of a topic: its subscriptions, what became of messages, and a form that publishes. */

import type { TopicReport } from '../../../control/topics/topics.ts';
import { control, Refusal, sns, topicPath } from '../../api.ts';
import { counted } from '../../format.ts';
import { useLive } from '../../live.ts';
import { Copy } from '../../pieces/copy.tsx';
import { confirm } from '../../pieces/dialog.tsx';
import { Problem } from '../../pieces/empty.tsx';
import { Facts } from '../../pieces/facts.tsx';
import { Tabs } from '../../pieces/tabs.tsx';
import { attempt } from '../../pieces/toasts.tsx';
import { go, type Params, topicLink } from '../../router.ts';
import { settings } from '../../settings.ts';
import { DeliveriesTab } from './deliveries.tsx';
import { PublishTab } from './publish.tsx';
import { SubscriptionsTab } from './subscriptions.tsx';

const TABS = [
  ['subscriptions', 'Subscriptions'],
  ['deliveries', 'Deliveries'],
  ['publish', 'Publish'],
  ['settings', 'Attributes and tags'],
] as const;

export function TopicScreen({ params }: { params: Params }) {
  const { region = '', account = '', name = '', tab = 'subscriptions' } = params;
  const key = { region, account, name };
  const { data: topic, error } = useLive(
    (signal) => control<TopicReport>('GET', topicPath(key), undefined, signal),
    [region, account, name],
  );
  const isGone = error instanceof Refusal && error.status === 404;
  if (isGone) return <NoTopic {...key} />;
  if (!topic) return <Problem error={error} />;
  const tabs = TABS.map(([key, text]) => ({ key, text, href: `#${topicLink(topic, key)}` }));
  return (
    <div class="stack">
      <Heading topic={topic} />
      <Tabs label="Parts of the topic" tabs={tabs} current={tab} />
      {tab === 'subscriptions' && <SubscriptionsTab key={topic.arn} topic={topic} />}
      {tab === 'deliveries' && <DeliveriesTab topic={topic} />}
      {tab === 'publish' && <PublishTab key={topic.arn} topic={topic} />}
      {tab === 'settings' && <Settings topic={topic} />}
    </div>
  );
}

function Heading({ topic }: { topic: TopicReport }) {
  const remove = async () => {
    const { confirmed, pending } = topic.subscriptions;
    const text = (
      <p>
        This deletes the topic <strong>{topic.name}</strong> and ends its {counted(confirmed + pending, 'subscription')}
        . Messages in queues stay there.
      </p>
    );
    if (!(await confirm({ title: `Delete ${topic.name}?`, text, action: 'Delete topic' }))) return;
    const deleted = () => sns('DeleteTopic', { TopicArn: topic.arn }, topic);
    if (await attempt(deleted, `Deleted ${topic.name}.`)) go('/topics', { replace: true });
  };
  return (
    <header class="spread">
      <div class="grow">
        <nav class="crumbs" aria-label="Way here">
          <a href="#/topics">Topics</a>
          <span class="muted">
            {' '}
            / {topic.region} / {topic.account}
          </span>
        </nav>
        <div class="row">
          <h1 class="break">{topic.name}</h1>
          {topic.fifo && <span class="badge violet">FIFO</span>}
        </div>
        <div class="row muted tiny url">
          <code class="break">{topic.arn}</code>
          <Copy text={topic.arn} label="Copy the ARN" />
        </div>
      </div>
      {!settings.readOnly && (
        <button type="button" class="danger soft" onClick={remove}>
          Delete
        </button>
      )}
    </header>
  );
}

function Settings({ topic }: { topic: TopicReport }) {
  const listed = (values: Record<string, string>) =>
    Object.entries(values).map(
      ([name, value]) =>
        [
          name,
          <code key={name} class="break">
            {value || '–'}
          </code>,
        ] as const,
    );
  const tags = listed(topic.tags);
  return (
    <div class="stack">
      <section>
        <h2>Attributes</h2>
        <Facts facts={listed(topic.attributes)} />
      </section>
      <section>
        <h2>Tags</h2>
        {tags.length > 0 ? <Facts facts={tags} /> : <p class="muted">The topic has no tags.</p>}
      </section>
    </div>
  );
}

function NoTopic({ name, account, region }: { name: string; account: string; region: string }) {
  return (
    <section class="empty">
      <h1 class="break">There is no topic {name}</h1>
      <p>
        Not in account {account} and region {region}. It may have been deleted, or it has not been created yet: this
        page shows it as soon as it exists.
      </p>
      <a class="button" href="#/topics">
        All topics
      </a>
    </section>
  );
}
