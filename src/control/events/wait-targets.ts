/** The events of a message, and the states of a queue, that can end a wait. */

export const MESSAGE_EVENTS = [
  'sent',
  'received',
  'deleted',
  'expired',
  'dead-lettered',
  'moved',
  'deduplicated',
  'function-succeeded',
  'function-failed',
  'function-throttled',
  'function-filtered',
] as const;
export const QUEUE_STATES = ['empty', 'drained'] as const;
