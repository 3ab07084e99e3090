/** What can be done with one message, whatever its state. */

import type { FoundMessage, History } from '../../../control/messages/messages.ts';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { confirm } from '../../pieces/dialog.tsx';
import { queueOfArn } from '../../pieces/queue-name.tsx';
import { attempt } from '../../pieces/toasts.tsx';
import { go, queueLink } from '../../router.ts';
import { draftOf, prepareDraft } from '../send/draft.ts';
import { redrivePolicyOf } from './links.ts';
import { change, removeMessage, replay, sendBack } from './message-requests.ts';

interface Props {
  queue: QueueReport;
  message: FoundMessage | undefined;
  history: History;
  onChange(): void;
  onClose(): void;
}

export function MessageActions({ queue, message, history, onChange, onClose }: Props) {
  const { messageId } = history;
  const policy = redrivePolicyOf(queue);
  const target = policy && queueOfArn(policy.deadLetterTargetArn);
  const source = message?.deadLetterSource === undefined ? undefined : queueOfArn(message.deadLetterSource);
  const content = message ?? history.content;
  const isHidden = message?.state === 'in-flight' || message?.state === 'delayed';
  const { name } = queue;
  const act = async (task: () => Promise<unknown>, text: string) => {
    if (await attempt(task, text)) onChange();
  };
  const remove = async () => {
    const yes = await confirm({
      title: 'Delete this message?',
      text: (
        <p>
          This deletes the message <code class="break">{messageId}</code> from <strong>{name}</strong>, although no
          receiver has asked for it.
        </p>
      ),
      action: 'Delete 1 message',
    });
    if (!yes) return;
    await act(() => removeMessage(messageId, queue), 'Deleted the message.');
    onClose();
  };
  const edit = () => {
    if (content) prepareDraft(draftOf(content));
    go(`/send/${queueLink(queue).slice('/queues/'.length)}`);
  };
  return (
    <div class="row message-actions">
      {isHidden && (
        <button
          type="button"
          onClick={() => act(() => change(messageId, 'make-visible', queue), 'The message is visible now.')}
        >
          Make visible now
        </button>
      )}
      {source && message && (
        <button
          type="button"
          onClick={() => act(() => sendBack(messageId, source, queue), `Moved the message back to ${source.name}.`)}
        >
          Move back to {source.name}
        </button>
      )}
      {target && message && (
        <button
          type="button"
          onClick={() => act(() => change(messageId, 'dead-letter', queue), `Moved the message to ${target.name}.`)}
        >
          Move to dead-letter queue
        </button>
      )}
      {content && (
        <button type="button" onClick={() => act(() => replay(messageId, queue), 'Sent the message again.')}>
          Replay
        </button>
      )}
      {content && (
        <button type="button" onClick={edit}>
          Duplicate and edit
        </button>
      )}
      {message && (
        <button type="button" class="danger soft" onClick={remove}>
          Delete
        </button>
      )}
    </div>
  );
}
