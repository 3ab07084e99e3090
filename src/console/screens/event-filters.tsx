/** The filters of events: by queue, by message and by kind. They are part of the address. */

import { setQuery } from '../router.ts';
import type { StreamFilter } from '../stream.ts';
import { kindWords } from './kind-badge.tsx';

/** Empty receives are left out unless they are chosen: a consumer that polls makes many. */
const KINDS = [
  ...['sent', 'received', 'deleted', 'visibility-changed', 'dead-lettered', 'moved', 'expired', 'deduplicated'],
  ...['function-succeeded', 'function-failed', 'function-throttled', 'function-filtered'],
  ...['empty-receive', 'purged', 'queue-created', 'queue-changed', 'queue-deleted'],
  ...['published', 'filtered', 'delivered', 'delivery-failed', 'delivery-dead-lettered', 'delivery-discarded'],
];

export function filterOf(query: URLSearchParams): StreamFilter {
  const of = (name: string) => query.get(name)?.trim() || undefined;
  return { queue: of('queue'), kind: of('kind'), messageId: of('message') };
}

export function EventFilters({ filter }: { filter: StreamFilter }) {
  const chosen = new Set(filter.kind?.split(',') ?? []);
  const toggle = (kind: string) => {
    const kinds = chosen.has(kind) ? [...chosen].filter((other) => other !== kind) : [...chosen, kind];
    setQuery({ kind: kinds.join(',') });
  };
  return (
    <div class="stack tight">
      <div class="row filters">
        <input
          type="search"
          aria-label="Only events of this queue"
          placeholder="Queue: its name or ARN"
          spellcheck={false}
          value={filter.queue ?? ''}
          onChange={(event) => setQuery({ queue: event.currentTarget.value.trim() })}
        />
        <input
          type="search"
          aria-label="Only events of this message"
          placeholder="Message ID"
          spellcheck={false}
          value={filter.messageId ?? ''}
          onChange={(event) => setQuery({ message: event.currentTarget.value.trim() })}
        />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a visible legend */}
      <div class="chips" role="group" aria-label="Kinds of events">
        <button type="button" class="chip" aria-pressed={chosen.size === 0} onClick={() => setQuery({ kind: '' })}>
          all
        </button>
        {KINDS.map((kind) => (
          <button key={kind} type="button" class="chip" aria-pressed={chosen.has(kind)} onClick={() => toggle(kind)}>
            {kindWords(kind)}
          </button>
        ))}
      </div>
    </div>
  );
}
