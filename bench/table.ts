/** What the benchmark prints: where and how it was measured, and a line for each row. */

import { cpus } from 'node:os';
import type { Load } from './load.ts';
import type { Row } from './rows.ts';

export interface Round extends Load {
  /** CPU time of the server; undefined where it is not known. */
  serverCpuMs: number | undefined;
}

/** The rounds of a row on one server. */
export interface Column {
  server: string;
  rounds: Round[];
}

/** A row, measured: what every server made of it. */
export interface Measured {
  row: Row;
  floor: Column;
  columns: Column[];
}

export interface Machine {
  cpu: string;
  cores: number;
  node: string;
  squab: string;
}

/** The middle of some figures, with the lowest and the highest. */
interface Spread {
  median: number;
  min: number;
  max: number;
}

/** A load process that is busier than this may itself be what was measured. */
const BUSY_MAX = 0.9;

const WIDTHS = { name: 43, depth: 7, connections: 3, rate: 22, ratio: 16, cpu: 14 };

export function thisMachine(squab: string): Machine {
  const cores = cpus();
  return { cpu: cores[0]?.model.trim() ?? 'unknown', cores: cores.length, node: process.version, squab };
}

export function heading({ cpu, cores, node, squab }: Machine, rounds: number, roundMs: number): string {
  return [
    `Machine: ${cpu}, ${cores} cores. Node.js ${node}. Squab ${squab}. ${rounds} rounds of ${roundMs} ms.`,
    'Only ratios within one run mean anything. Figures are medians, in HTTP requests a second (lowest–highest).',
    'A ratio compares a round with the round of the floor just before: 1.00 is a bare Fastify that stores nothing.',
  ].join('\n');
}

/** The head of the table of throughput; its lines follow one by one, as they are measured. */
export function throughputHead(servers: readonly string[]): string {
  const { rate, ratio } = WIDTHS;
  return head(['floor'.padStart(rate), ...servers.flatMap((name) => [name.padStart(rate), 'ratio'.padStart(ratio)])]);
}

export function throughputLine({ row, floor, columns }: Measured): string {
  const { rate, ratio } = WIDTHS;
  return line(row, [
    printed(rates(floor), 0).padStart(rate),
    ...columns.flatMap((column) => [
      printed(rates(column), 0).padStart(rate),
      printed(ratios(column, floor), 2).padStart(ratio),
    ]),
  ]);
}

/** The table of what a request costs; undefined where that is not known. */
export function cpuTable(measured: readonly Measured[]): string | undefined {
  if (measured.some(({ floor }) => cpuMicros(floor) === undefined)) return undefined;
  const { cpu } = WIDTHS;
  const lines = measured.map(({ row, floor, columns }) => {
    const cells = columns.flatMap((column) => [
      cpuMicros(column)?.toFixed(0) ?? '',
      cpuRatio(column, floor)?.toFixed(2) ?? '',
    ]);
    return line(
      row,
      [cpuMicros(floor)!.toFixed(0), ...cells].map((cell) => cell.padStart(cpu)),
    );
  });
  const names = ['floor', ...measured[0]!.columns.flatMap(({ server }) => [server, 'ratio'])];
  return [head(names.map((name) => name.padStart(cpu))), ...lines].join('\n');
}

/** A warning where the load rather than the server was the limit. */
export function doubts(columns: readonly Column[]): string | undefined {
  const busy = columns.filter(({ rounds }) => spread(rounds.map((round) => round.busy)).median > BUSY_MAX);
  if (busy.length === 0) return undefined;
  return `  (the load was busier than ${BUSY_MAX * 100} % on ${busy.map(({ server }) => server).join(', ')}: it may be the limit)`;
}

export function rates({ rounds }: Column): Spread {
  return spread(rounds.map((round) => round.requestsPerSecond));
}

/** Round against round, so that a slow spell of the machine falls on both. */
export function ratios({ rounds }: Column, floor: Column): Spread {
  return spread(rounds.map((round, index) => round.requestsPerSecond / floor.rounds[index]!.requestsPerSecond));
}

/** CPU time per request, over all rounds. */
export function cpuMicros({ rounds }: Column): number | undefined {
  let sum = 0;
  for (const { serverCpuMs } of rounds) {
    if (serverCpuMs === undefined) return undefined;
    sum += serverCpuMs;
  }
  return (sum * 1000) / rounds.reduce((requests, round) => requests + round.requests, 0);
}

/** As a ratio of throughput would be if every server had a core of its own: above 1, a request costs less than on the floor. */
export function cpuRatio(column: Column, floor: Column): number | undefined {
  const [own, floors] = [cpuMicros(column), cpuMicros(floor)];
  return own && floors && floors / own;
}

function spread(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

function printed({ median, min, max }: Spread, digits: number): string {
  const [middle, low, high] = [median, min, max].map((figure) =>
    figure.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  return `${middle} (${low}–${high})`;
}

function head(cells: readonly string[]): string {
  const all = ['row'.padEnd(WIDTHS.name), 'depth'.padStart(WIDTHS.depth), 'c'.padStart(WIDTHS.connections), ...cells];
  const rule = all.map(({ length }, index) => (index === 0 ? '-'.repeat(length) : `${'-'.repeat(length - 1)}:`));
  return `${joined(all)}\n${joined(rule)}`;
}

function line({ name, queue, connections }: Row, cells: readonly string[]): string {
  const depth = queue.depth.toLocaleString('en').padStart(WIDTHS.depth);
  return joined([name.padEnd(WIDTHS.name), depth, String(connections).padStart(WIDTHS.connections), ...cells]);
}

const joined = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
