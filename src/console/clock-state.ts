/** The clock of SQS, as the page knows it. It may be frozen, or differ from the machine's. */

import { computed, signal } from '@preact/signals';
import type { ClockState } from '../control/clock/movable-clock.ts';
import { control } from './api.ts';
import { machineNow, second } from './timing.ts';

/** What the server said last, and when. */
const known = signal<{ state: ClockState; at: number } | undefined>(undefined);

/** Asks the server for its clock. */
export async function readClock(signal?: AbortSignal): Promise<ClockState> {
  return learnClock(await control<ClockState>('GET', '/clock', undefined, signal));
}

/** Takes over a state of the clock that a request has returned. */
export function learnClock(state: ClockState): ClockState {
  known.value = { state, at: machineNow() };
  return state;
}

export const isFrozen = computed(() => known.value?.state.frozen === true);

/** How far the clock of SQS is ahead of the machine's, in milliseconds. */
export const aheadMs = computed(() => (known.value ? known.value.state.millis - known.value.at : 0));

/** The time of SQS in milliseconds since 1970. A component that reads it is drawn again every second. */
export const now = computed(() => {
  void second.value;
  if (!known.value) return machineNow();
  const { state, at } = known.value;
  return state.frozen ? state.millis : state.millis + (machineNow() - at);
});
