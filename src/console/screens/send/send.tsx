/** The screen that sends messages: a form with live checks, the response, and what was sent last. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { control, home, type QueueKey, queuePath, Refusal, sqs, urlOf } from '../../api.ts';
import { useKept } from '../../kept.ts';
import { useLive } from '../../live.ts';
import { recall, remember } from '../../memory.ts';
import { Empty } from '../../pieces/empty.tsx';
import { Icon } from '../../pieces/icon.tsx';
import { QueueLink } from '../../pieces/queue-name.tsx';
import { go, type Params, queueLink } from '../../router.ts';
import { settings } from '../../settings.ts';
import { QueueField } from '../queues/queue-suggestions.tsx';
import { type Draft, draftFor, emptyDraft, inputOf, SEND_FORM } from './draft.ts';
import { EntryFields } from './entry-fields.tsx';
import { Remembered, type SentBefore } from './remembered.tsx';
import { Responses, type SentResponse } from './responses.tsx';
import { fieldOf } from './send-check.ts';

const KEPT = 10;
/** "A batch can contain up to 10 entries." */
const ENTRIES_MAX = 10;

/** The result of a SendMessageBatch. */
interface BatchResult {
  Successful?: (SentResponse & { Id: string })[];
  Failed?: { Id: string; Code: string; Message?: string }[];
}

export function SendScreen({ params }: { params: Params }) {
  if (settings.readOnly) {
    return (
      <div class="stack">
        <h1>Send</h1>
        <Empty title="This page is read-only">
          <p>Squab was started with --read-only-console, so nothing can be sent from here.</p>
        </Empty>
      </div>
    );
  }
  return <Send params={params} />;
}

function Send({ params }: { params: Params }) {
  const { account = home.account, region = home.region, name } = params;
  const [typed, setTyped] = useState(name ?? '');
  const key = name === undefined ? undefined : { account, region, name };
  useEffect(() => setTyped(name ?? ''), [name]);
  const choose = (event: Event) => {
    event.preventDefault();
    go(`/send/${queueLink({ account, region, name: typed }).slice('/queues/'.length)}`, { replace: true });
  };
  return (
    <div class="stack">
      <h1>Send</h1>
      <form class="row bottom" onSubmit={choose}>
        <div class="queue-choice">
          <QueueField label="Queue" value={typed} place={{ account, region }} onChange={setTyped} />
        </div>
        {typed !== name && (
          <button type="submit" disabled={typed === ''}>
            Choose
          </button>
        )}
      </form>
      {key && <SendForm key={queueLink(key)} queueKey={key} />}
      {!key && <p class="muted">Choose the queue to send to.</p>}
    </div>
  );
}

function SendForm({ queueKey }: { queueKey: QueueKey }) {
  const { name, account, region } = queueKey;
  const { data: queue, error } = useLive(
    (signal) => control<QueueReport>('GET', queuePath(queueKey), undefined, signal),
    [name, account, region],
  );
  const isFifo = name.endsWith('.fifo');
  const [kept, setEntries] = useKept<readonly Draft[]>(SEND_FORM, () => [emptyDraft]);
  const entries = useMemo(() => kept.map((draft) => draftFor(draft, isFifo)), [kept, isFifo]);
  const [refusal, setRefusal] = useState<string>();
  const [responses, setResponses] = useState<readonly SentResponse[]>([]);
  const [sentBefore, setSentBefore] = useState(() => recall<readonly SentBefore[]>('sent', []));
  const [isBusy, setBusy] = useState(false);
  const change = (index: number, draft: Draft) => {
    setRefusal(undefined);
    setEntries(entries.map((entry, at) => (at === index ? draft : entry)));
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      setResponses(await send(queueKey, entries));
      const sent = entries.map((draft) => ({ queue: queueKey, draft }));
      const all = [...sent, ...sentBefore].slice(0, KEPT);
      setSentBefore(all);
      remember('sent', all);
    } catch (thrown) {
      setResponses([]);
      setRefusal(thrown instanceof Error ? thrown.message : String(thrown));
    }
    setBusy(false);
  };
  if (!queue && error instanceof Refusal) return <p class="problem">{error.message}</p>;
  return (
    <div class="send">
      <form class="stack" onSubmit={submit} noValidate aria-label="Message">
        {entries.map((draft, index) => (
          <EntryFields
            key={index}
            title={entries.length > 1 ? `Entry ${index + 1}` : undefined}
            queue={queueKey}
            isFifo={isFifo}
            draft={draft}
            refusal={entries.length === 1 ? refusal : undefined}
            onChange={(changed) => change(index, changed)}
            onRemove={entries.length > 1 ? () => setEntries(entries.filter((_, at) => at !== index)) : undefined}
          />
        ))}
        {refusal && (entries.length > 1 || fieldOf(refusal) === undefined) && (
          <p class="problem" role="alert">
            {refusal}
          </p>
        )}
        <div class="row">
          <button type="submit" class="primary" disabled={isBusy}>
            <Icon name="send" /> {entries.length > 1 ? `Send ${entries.length} messages as a batch` : 'Send message'}
          </button>
          {entries.length < ENTRIES_MAX && (
            <button type="button" onClick={() => setEntries([...entries, { ...entries.at(-1)!, deduplicationId: '' }])}>
              <Icon name="plus" /> Add to a batch
            </button>
          )}
          <span class="grow" />
          <span class="muted">
            to <QueueLink queue={queueKey} below={['messages']} />
          </span>
        </div>
      </form>
      <div class="stack">
        <Responses queue={queueKey} responses={responses} />
        <Remembered
          sent={sentBefore}
          onTake={({ draft }) => setEntries([{ ...draft, deduplicationId: '' }])}
          onForget={() => {
            setSentBefore([]);
            remember('sent', []);
          }}
        />
      </div>
    </div>
  );
}

/** Sends one message, or several as a batch. Throws Refusal. */
async function send(queue: QueueKey, entries: readonly Draft[]): Promise<SentResponse[]> {
  const QueueUrl = urlOf(queue);
  if (entries.length === 1) {
    return [await sqs<SentResponse>('SendMessage', { QueueUrl, ...inputOf(entries[0]!) }, queue)];
  }
  const Entries = entries.map((draft, index) => ({ Id: String(index + 1), ...inputOf(draft) }));
  const { Successful = [], Failed = [] } = await sqs<BatchResult>('SendMessageBatch', { QueueUrl, Entries }, queue);
  const failures = Failed.map(({ Id, Code, Message }) => ({ Id, failure: `${Code}: ${Message ?? ''}` }));
  return [...Successful, ...failures].sort((a, b) => Number(a.Id) - Number(b.Id));
}
