/** The state of a delivery as a badge, whose colour says whether somebody should look at it. */

const TONES: Readonly<Record<string, string>> = {
  ...{ delivered: 'good', waiting: 'info', retrying: 'warning', unconfirmed: 'warning' },
  ...{ 'dead-lettered': 'danger', discarded: 'danger', duplicate: 'violet' },
};

export function DeliveryBadge({ state }: { state: string }) {
  return <span class={`badge ${TONES[state] ?? ''}`}>{state}</span>;
}
