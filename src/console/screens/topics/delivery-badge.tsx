/** The states of deliveries, and a state as a badge, whose colour shows whether it needs attention. */

import type { DeliveryState } from '../../../control/topics/outcomes.ts';

const TONES: Readonly<Record<DeliveryState, string>> = {
  ...{ delivered: 'good', waiting: 'info', retrying: 'warning', 'dead-lettered': 'danger', discarded: 'danger' },
  ...{ filtered: '', unconfirmed: 'warning', unsupported: '', duplicate: 'violet' },
};

export const STATES = Object.keys(TONES);

export function DeliveryBadge({ state }: { state: DeliveryState }) {
  return <span class={`badge ${TONES[state]}`}>{state}</span>;
}
