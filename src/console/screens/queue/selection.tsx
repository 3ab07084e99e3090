/** Several messages of the list, chosen to be deleted, sent again or moved back together. */

import { useState } from 'preact/hooks';
import type { MessageReport } from '../../../control/journal/reports.ts';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { Refusal } from '../../api.ts';
import { counted } from '../../format.ts';
import { refreshAll } from '../../live.ts';
import { confirm } from '../../pieces/dialog.tsx';
import { queueOfArn } from '../../pieces/queue-name.tsx';
import type { Column } from '../../pieces/table.tsx';
import { done, failed } from '../../pieces/toasts.tsx';
import { removeMessage, replay, sendBack } from './message-requests.ts';

/** The chosen messages by their IDs, also those on other pages. */
export type Chosen = ReadonlyMap<string, MessageReport>;

/** A column of check boxes. `rows` are the messages on this page. */
export function selectionColumn(
  rows: readonly MessageReport[],
  chosen: Chosen,
  onChange: (chosen: Chosen) => void,
): Column<MessageReport> {
  const hasAll = rows.length > 0 && rows.every(({ messageId }) => chosen.has(messageId));
  const set = (messages: readonly MessageReport[], isChosen: boolean) => {
    const changed = new Map(chosen);
    for (const message of messages) {
      if (isChosen) changed.set(message.messageId, message);
      else changed.delete(message.messageId);
    }
    onChange(changed);
  };
  return {
    key: 'choose',
    head: (
      <input
        type="checkbox"
        aria-label="Choose all messages of this page"
        checked={hasAll}
        onChange={(event) => set(rows, event.currentTarget.checked)}
      />
    ),
    class: 'choose',
    cell: (message) => (
      <input
        type="checkbox"
        aria-label={`Choose ${message.messageId}`}
        checked={chosen.has(message.messageId)}
        onChange={(event) => set([message], event.currentTarget.checked)}
      />
    ),
  };
}

interface Props {
  queue: QueueReport;
  chosen: Chosen;
  onChange(chosen: Chosen): void;
}

export function SelectionBar({ queue, chosen, onChange }: Props) {
  const [isBusy, setBusy] = useState(false);
  if (chosen.size === 0) return null;
  const messages = [...chosen.values()];
  const returnable = messages.filter(({ deadLetterSource }) => deadLetterSource !== undefined);
  /** Does something with one message after another, and says how many there were. */
  const each = async (
    some: readonly MessageReport[],
    act: (message: MessageReport) => Promise<unknown>,
    words: string,
  ) => {
    setBusy(true);
    let gone = 0;
    const rest = new Map(chosen);
    try {
      for (const message of some) {
        await act(message).catch((error: unknown) => {
          // Since it was chosen, a consumer has deleted it, or it has expired.
          if (!(error instanceof Refusal) || error.status !== 404) throw error;
          gone++;
        });
        rest.delete(message.messageId);
      }
      done(`${words} ${counted(some.length - gone, 'message')}.${gone > 0 ? ` ${gone} no longer existed.` : ''}`);
    } catch (error) {
      failed(error);
    }
    onChange(rest);
    setBusy(false);
    refreshAll();
  };
  const remove = async () => {
    const yes = await confirm({
      title: `Delete ${counted(messages.length, 'message')}?`,
      text: (
        <p>
          This deletes <strong>{counted(messages.length, 'message')}</strong> from <strong>{queue.name}</strong>,
          although no receiver has asked for it.
        </p>
      ),
      action: `Delete ${counted(messages.length, 'message')}`,
    });
    if (yes) await each(messages, ({ messageId }) => removeMessage(messageId, queue), 'Deleted');
  };
  const moveBack = ({ messageId, deadLetterSource }: MessageReport) =>
    sendBack(messageId, queueOfArn(deadLetterSource!)!, queue);
  return (
    <section class="note row" aria-label="Chosen messages">
      <strong>{messages.length} chosen</strong>
      {returnable.length > 0 && (
        <button type="button" disabled={isBusy} onClick={() => each(returnable, moveBack, 'Moved back')}>
          Move {returnable.length} back
        </button>
      )}
      <button
        type="button"
        disabled={isBusy}
        onClick={() => each(messages, ({ messageId }) => replay(messageId, queue), 'Sent again')}
      >
        Replay {messages.length}
      </button>
      <button type="button" class="danger soft" disabled={isBusy} onClick={remove}>
        Delete {messages.length}
      </button>
      <button type="button" class="quiet" onClick={() => onChange(new Map())}>
        Choose none
      </button>
    </section>
  );
}
