/** Compares the measurements with the targets: by CPU time, unless the target says otherwise or it is not known. */

import { byCpu, type Figures, ratio, type Spread, spread } from './figures.ts';
import { printed, table } from './table.ts';
import type { Target } from './targets.ts';

export interface Verdict {
  target: Target;
  /** Undefined if a figure that it needs was not measured. */
  measured: Spread | undefined;
  /** The same ratio, of requests per second of CPU time. It varies less when other work slows the machine down. */
  byCpuTime: Spread | undefined;
  reached: boolean | undefined;
}

export function judge(targets: readonly Target[], figures: Figures): Verdict[] {
  return targets.map((target) => {
    const measured = measureOf(target, figures);
    const { of, to } = target;
    const byCpuTime =
      to && measureOf({ of: { ...of, row: byCpu(of.row) }, to: { ...to, row: byCpu(to.row) } }, figures);
    const judged = target.by === 'time' ? measured : (byCpuTime ?? measured);
    if (!judged) return { target, measured, byCpuTime, reached: undefined };
    const { atLeast = -Infinity, atMost = Infinity } = target;
    return { target, measured, byCpuTime, reached: judged.median >= atLeast && judged.median <= atMost };
  });
}

function measureOf({ of, to }: Pick<Target, 'of' | 'to'>, figures: Figures): Spread | undefined {
  const own = figures.get(of.row, of.server);
  if (!own || !to) return own && spread(own);
  const other = figures.get(to.row, to.server);
  return other && ratio(own, other);
}

/** The table of the targets whose figures were measured, and the number of the others. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const judged = verdicts.filter(({ measured }) => measured);
  const left = verdicts.length - judged.length;
  const count = `${judged.filter(({ reached }) => reached).length} of ${judged.length} targets reached`;
  const lines = judged.map(({ target, measured, byCpuTime, reached }) => [
    target.what,
    target.atLeast === undefined ? `at most ${target.atMost}` : `at least ${target.atLeast}`,
    printed(measured!, measured!.median < 10 ? 2 : 0),
    byCpuTime ? printed(byCpuTime, 2) : '',
    reached ? 'reached' : 'NOT REACHED',
  ]);
  const summary = `${count}${left > 0 ? `; ${left} not measured in this run` : ''}.`;
  return judged.length === 0
    ? 'No target applies to these measurements.'
    : `${table(['target', '', 'measured', 'by CPU time', ''], lines)}\n\n${summary}`;
}
