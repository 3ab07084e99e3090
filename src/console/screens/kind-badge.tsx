/** The kind of an event as a badge, whose color says what it means for the message. */

const TONES: Readonly<Record<string, string>> = {
  sent: 'good',
  received: 'info',
  deleted: '',
  deduplicated: 'violet',
  expired: 'warning',
  'dead-lettered': 'danger',
  moved: 'violet',
  'visibility-changed': 'warning',
  published: 'good',
  filtered: '',
  delivered: 'info',
  'delivery-failed': 'warning',
  'delivery-dead-lettered': 'danger',
  'delivery-discarded': 'danger',
  'function-succeeded': 'good',
  'function-failed': 'danger',
  'function-throttled': 'warning',
  purged: 'danger',
  'queue-deleted': 'danger',
};

/** `visibility changed` */
export const kindWords = (kind: string): string => kind.replaceAll('-', ' ').replace('dead lettered', 'dead-lettered');

export function KindBadge({ kind }: { kind: string }) {
  return <span class={`badge ${TONES[kind] ?? ''}`}>{kindWords(kind)}</span>;
}
