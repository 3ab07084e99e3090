/** A plot of values over the last minutes, with its legend as text beside it. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { timeOfDay } from '../format.ts';
import { theme } from '../theme.ts';
import { machineNow } from '../timing.ts';

const HEIGHT = 190;
const SPAN_MS = 15 * 60_000;
/** What the plot shows at least, so that the first values do not fill it. */
const LEAST_MS = 2 * 60_000;

export interface Series {
  name: string;
  /** The class of its color: `visible`, `in-flight`, `delayed`, `in`, `received`, `out` or `age`. */
  tone: string;
}

interface PlotProps {
  title: string;
  series: readonly Series[];
  /** The instants in milliseconds, and the values of each series; undefined where a value is not known. */
  data: { at: readonly number[]; values: readonly (readonly (number | undefined)[])[] };
  /** Formats a value. */
  print(value: number): string;
  /** The distances that the lines of the grid may have. */
  steps?: readonly number[] | undefined;
}

export function Plot({ title, series, data, print, steps }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  /** The index of the values under the pointer. */
  const pointed = useSignal<number | undefined>(undefined);
  const colors = theme.value;

  useEffect(() => {
    const element = place.current!;
    const drawn = new uPlot(
      optionsOf(element, legend.current!, { print, steps, pointed }),
      empty(series.length),
      element,
    );
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    const media = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => drawn.redraw();
    media.addEventListener('change', redraw);
    return () => {
      observer.disconnect();
      media.removeEventListener('change', redraw);
      drawn.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => {
    const now = machineNow();
    plot.current?.setData([data.at.map((at) => at / 1000), ...data.values.map((one) => [...one])], false);
    const span = Math.min(Math.max(now - (data.at[0] ?? now), LEAST_MS), SPAN_MS);
    plot.current?.setScale('x', { min: (now - span) / 1000, max: now / 1000 });
  });
  useEffect(() => plot.current?.redraw(), [colors]);

  const index = pointed.value ?? data.at.length - 1;
  const at = data.at[index];
  const printed = (which: number) => {
    const value = data.values[which]?.[index];
    return value === undefined ? '–' : print(value);
  };
  const spoken = series.map(({ name }, which) => `${name}: ${printed(which)}`).join(', ');
  return (
    <section class="card plot" aria-label={title}>
      <header class="spread">
        <h2>{title}</h2>
        <span class="muted tiny">{pointed.value === undefined || at === undefined ? 'now' : timeOfDay(at)}</span>
      </header>
      <ul class="legend" ref={legend}>
        {series.map(({ name, tone }, which) => (
          <li key={name}>
            <span class={`swatch ${tone}`} /> {name} <strong>{printed(which)}</strong>
          </li>
        ))}
      </ul>
      <div ref={place} class="canvas" role="img" aria-label={`${title} over the last 15 minutes. ${spoken}`} />
    </section>
  );
}

const empty = (count: number): uPlot.AlignedData => [[], ...Array.from({ length: count }, () => [])];

function optionsOf(
  element: HTMLElement,
  legend: HTMLElement,
  { print, steps, pointed }: Pick<PlotProps, 'print' | 'steps'> & { pointed: { value: number | undefined } },
): uPlot.Options {
  // A canvas does not know custom properties, so the colors are those of elements that use them.
  const muted = () => getComputedStyle(element).color;
  const line = () => getComputedStyle(element).borderTopColor;
  const swatches = [...legend.querySelectorAll('.swatch')];
  const axis = { stroke: muted, font: '11px system-ui, sans-serif', ticks: { show: false } };
  const grid = { stroke: line, width: 1 };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, sync: { key: 'queue' }, points: { size: 6 } },
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Math.max((max ?? 0) * 1.1, 1)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        incrs: [60, 120, 300],
        values: (_plot, splits) => splits.map((at) => timeOfDay(at * 1000).slice(0, 5)),
      },
      {
        ...axis,
        grid,
        size: 66,
        ...(steps && { incrs: [...steps] }),
        values: (_plot, splits) => splits.map((value) => print(value)),
      },
    ],
    series: [
      {},
      ...swatches.map((swatch) => ({
        stroke: () => getComputedStyle(swatch).backgroundColor,
        width: 1.75,
        // A single value is no line.
        points: { show: (drawn: uPlot) => drawn.data[0].length < 3, size: 6 },
        spanGaps: false,
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor }) => {
          pointed.value = cursor.idx ?? undefined;
        },
      ],
    },
  };
}
