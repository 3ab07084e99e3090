/** Plots of a queue: its depth, its traffic, and the age of its oldest message, while the page is open. */

import type { QueueReport } from '../../../control/queues/queues.ts';
import { count, duration, timeOfDay } from '../../format.ts';
import { ratesAt, type Sample, sampled, samplesOf } from '../../history.ts';
import { Plot, type Series } from '../../pieces/plot.tsx';

const DEPTH: readonly Series[] = [
  { name: 'Visible', tone: 'visible' },
  { name: 'In flight', tone: 'in-flight' },
  { name: 'Delayed', tone: 'delayed' },
];
const TRAFFIC: readonly Series[] = [
  { name: 'In', tone: 'visible' },
  { name: 'Received', tone: 'in-flight' },
  { name: 'Out', tone: 'out' },
];
const AGE: readonly Series[] = [{ name: 'Oldest message', tone: 'age' }];

/** Round ages: a second, five, ten, half a minute and so on, up to four days. */
const AGES = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 345_600].map(
  (s) => s * 1000,
);

const perSecond = (value: number) => `${value >= 10 ? count(Math.round(value)) : Number(value.toFixed(1))}/s`;
const amount = (value: number) => (Number.isInteger(value) ? count(value) : '');

export function PlotsTab({ queue }: { queue: QueueReport }) {
  void sampled.value;
  const samples = samplesOf(queue);
  const at = samples.map((sample) => sample.at);
  const values = (of: (sample: Sample, index: number) => number | undefined) => samples.map(of);
  const rates = samples.map((_sample, index) => ratesAt(samples, index));
  return (
    <div class="stack">
      <p class="muted">
        {at[0] === undefined
          ? 'Collecting.'
          : `Collecting since ${timeOfDay(at[0])}, when this page first saw the queue.`}{' '}
        The page keeps 15 minutes, for as long as it is open. Times are those of this machine's clock.
      </p>
      <div class="plots">
        <Plot
          title="Messages"
          series={DEPTH}
          data={{
            at,
            values: [values((one) => one.visible), values((one) => one.inFlight), values((one) => one.delayed)],
          }}
          print={amount}
        />
        <Plot
          title="Traffic"
          series={TRAFFIC}
          data={{ at, values: [rates.map((r) => r?.in), rates.map((r) => r?.received), rates.map((r) => r?.out)] }}
          print={perSecond}
        />
        <Plot
          title="Age of the oldest message"
          series={AGE}
          data={{ at, values: [values((one) => one.oldestMs ?? 0)] }}
          print={duration}
          steps={AGES}
        />
      </div>
    </div>
  );
}
