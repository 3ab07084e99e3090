/** The clock in the header. */

import { aheadMs, isFrozen, readClock } from './clock-state.ts';
import { duration } from './format.ts';
import { useLive } from './live.ts';
import { Icon } from './pieces/icon.tsx';

/** A difference that a slow request can explain is not shown. */
const NOTABLE_MS = 5000;

const EVERY_MS = 3000;

export function ClockIndicator() {
  useLive((signal) => readClock(signal), [], EVERY_MS);
  const ahead = aheadMs.value;
  const differs = Math.abs(ahead) > NOTABLE_MS;
  if (!isFrozen.value && !differs) return null;
  const distance = `${duration(ahead)} ${ahead > 0 ? 'ahead' : 'behind'}`;
  return (
    <a class="clock-alert" href="#/clock">
      <Icon name="clock" /> {isFrozen.value ? 'Clock frozen' : `Clock ${distance}`}
    </a>
  );
}
