/** The messages that were sent last from this browser, to send again. */

import type { QueueKey } from '../../api.ts';
import type { Draft } from './draft.ts';

export interface SentBefore {
  queue: QueueKey;
  draft: Draft;
}

interface Props {
  sent: readonly SentBefore[];
  onTake(sent: SentBefore): void;
  onForget(): void;
}

const PREVIEW = 120;

export function Remembered({ sent, onTake, onForget }: Props) {
  if (sent.length === 0) return null;
  return (
    <section class="card padded stack tight">
      <div class="spread">
        <h2>Sent last</h2>
        <button type="button" class="link" onClick={onForget}>
          Forget
        </button>
      </div>
      <ul class="remembered">
        {sent.map((one, index) => (
          <li key={index}>
            <button type="button" class="quiet" onClick={() => onTake(one)} title="Take over into the form">
              <bdi class="mono ellipsis">{one.draft.body.replaceAll(/\s+/g, ' ').slice(0, PREVIEW)}</bdi>
              <span class="muted tiny">{one.queue.name}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class="muted tiny">Kept in this browser only.</p>
    </section>
  );
}
