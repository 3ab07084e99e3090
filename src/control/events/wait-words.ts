/** The words for what can be waited for. */

export const HAPPENINGS = ['sent', 'received', 'deleted', 'expired', 'dead-lettered', 'moved', 'deduplicated'] as const;
export const STATES = ['empty', 'drained'] as const;
