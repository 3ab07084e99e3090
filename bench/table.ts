/** Prints races as Markdown tables, with a line for each row. */

import { ratio, type Spread, spread } from './figures.ts';
import type { Load } from './load/load.ts';
import type { Row } from './rows.ts';

export interface Round extends Load {
  /** CPU time of the server, in milliseconds; undefined if it is not known. */
  serverCpuMs: number | undefined;
}

/** The rounds of a row on one server. */
export interface Lane {
  server: string;
  peer: boolean;
  rounds: Round[];
  /** Why a peer could not complete this row. */
  failure?: string;
}

/** A measured row, with the results of every server. */
export interface Measured {
  row: Row;
  floor: Lane;
  lanes: Lane[];
}

/** If the load generator is busier than this, it may be the bottleneck. */
const BUSY_MAX = 0.9;

const WIDTHS = { name: 42, depth: 9, connections: 3, rate: 22, ratio: 16, load: 4, cpu: 8 };

/** The head of the table of throughput. Its lines are printed as they are measured. */
export function throughputHead(servers: readonly string[]): string {
  const { rate, ratio } = WIDTHS;
  return head([
    'floor'.padStart(rate),
    ...servers.flatMap((name) => [name.padStart(rate), 'ratio'.padStart(ratio)]),
    'load',
  ]);
}

export function throughputLine({ row, floor, lanes }: Measured, servers: readonly string[]): string {
  const cells = servers.flatMap((server) => {
    const lane = lanes.find((one) => one.server === server);
    if (!lane || lane.failure || lane.rounds.length === 0)
      return [(lane?.failure ? 'failed' : '').padStart(WIDTHS.rate), ''.padStart(WIDTHS.ratio)];
    return [
      printed(spread(rates(lane)), 0).padStart(WIDTHS.rate),
      printed(ratio(rates(lane), rates(floor)), 2).padStart(WIDTHS.ratio),
    ];
  });
  const busy = `${Math.round(Math.max(...[floor, ...lanes].map(busyOf)) * 100)} %`;
  return line(row, [printed(spread(rates(floor)), 0).padStart(WIDTHS.rate), ...cells, busy.padStart(WIDTHS.load)]);
}

/** Notes on a line: where the load generator may have been the bottleneck, and why peers failed. */
export function remarks({ floor, lanes }: Measured): string[] {
  const busy = [floor, ...lanes].filter((lane) => busyOf(lane) > BUSY_MAX).map(({ server }) => server);
  return [
    ...(busy.length > 0
      ? [`the load generator was more than ${BUSY_MAX * 100} % busy on ${busy.join(', ')}, so it may be the bottleneck`]
      : []),
    ...lanes.flatMap(({ server, failure }) => (failure ? [`${server} failed: ${failure.slice(0, 200)}`] : [])),
  ];
}

/** The table of the servers' CPU time per request, in µs; undefined if it is not known. */
export function cpuTable(measured: readonly Measured[], servers: readonly string[]): string | undefined {
  if (measured.every(({ floor }) => cpuMicros(floor) === undefined)) return undefined;
  const { cpu } = WIDTHS;
  const lines = measured.map(({ row, floor, lanes }) => {
    const cells = servers
      .map((server) => [floor, ...lanes].find((lane) => lane.server === server))
      .map((lane) => (lane && cpuMicros(lane)?.toFixed(0)) ?? '');
    return line(
      row,
      cells.map((cell) => cell.padStart(cpu)),
    );
  });
  return [head(servers.map((name) => name.padStart(cpu))), ...lines].join('\n');
}

/** Requests per second, for each round. */
export function rates({ rounds }: Lane): number[] {
  return rounds.map((round) => round.requestsPerSecond);
}

/** Requests per second of the server's CPU time, for each round; undefined if that is not known. */
export function cpuRates({ rounds }: Lane): number[] | undefined {
  const cpuRate = ({ requests, serverCpuMs }: Round) => (serverCpuMs ? (requests * 1000) / serverCpuMs : undefined);
  const known = rounds.map(cpuRate).filter((rate) => rate !== undefined);
  return known.length === rounds.length ? known : undefined;
}

/** CPU time per request over all rounds, in µs; undefined if it is not known. */
export function cpuMicros({ rounds }: Lane): number | undefined {
  let sum = 0;
  for (const { serverCpuMs } of rounds) {
    if (serverCpuMs === undefined) return undefined;
    sum += serverCpuMs;
  }
  const requests = rounds.reduce((all, round) => all + round.requests, 0);
  return requests === 0 ? undefined : (sum * 1000) / requests;
}

function busyOf({ rounds }: Lane): number {
  return rounds.length === 0 ? 0 : spread(rounds.map((round) => round.busy)).median;
}

/** A median, with the lowest and highest figure in brackets. */
export function printed({ median, min, max }: Spread, digits: number): string {
  return `${number(median, digits)} (${number(min, digits)}–${number(max, digits)})`;
}

export function number(figure: number, digits: number): string {
  return figure.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A table with columns as wide as their contents. The first column is aligned left, the others right. */
export function table(headCells: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = headCells.map((cell, column) => Math.max(cell.length, ...lines.map((one) => one[column]!.length)));
  const aligned = (cells: readonly string[]) =>
    joined(cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))));
  return [aligned(headCells), rule(widths), ...lines.map(aligned)].join('\n');
}

function head(cells: readonly string[]): string {
  const all = ['row'.padEnd(WIDTHS.name), 'depth'.padStart(WIDTHS.depth), 'c'.padStart(WIDTHS.connections), ...cells];
  return `${joined(all)}\n${rule(all.map(({ length }) => length))}`;
}

function rule(widths: readonly number[]): string {
  return joined(widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
}

function line({ name, queue, connections }: Row, cells: readonly string[]): string {
  const depth = queue.depth.toLocaleString('en').padStart(WIDTHS.depth);
  return joined([name.padEnd(WIDTHS.name), depth, String(connections).padStart(WIDTHS.connections), ...cells]);
}

const joined = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
