/**
 * The benchmark: `npm run bench -- --help`.
 *
 * Each row runs on every server in turn, in several rounds, and is compared with the floor in the same rounds
 * (race.ts). Each server is a separate process; this process generates the load. Results are printed as Markdown
 * tables, followed by a comparison with the targets (targets.ts). A run needs 5 GB of memory and 3 GB of disk space;
 * --quick needs far less.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { byCpu, Figures } from './figures.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import type { Part } from './parts/part.ts';
import { allKeys, FULL, PARTS_AFTER, PARTS_BEFORE, PARTS_BETWEEN, PARTS_NOT_QUICK, QUICK } from './plan.ts';
import { type Plan, race } from './race.ts';
import { type Race, racesOf } from './rows.ts';
import { columnElsewhere, Fleet, squabColumns } from './servers/fleet.ts';
import { peerColumns } from './servers/peers.ts';
import { hasDurability, leaveNothingBehind } from './servers/servers.ts';
import { cpuRates, cpuTable, type Measured, rates, remarks, throughputHead, throughputLine } from './table.ts';
import { TARGETS } from './targets.ts';
import { judge, verdictTable } from './verdicts.ts';

leaveNothingBehind();
try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else if (options === 'list') console.log(allKeys(FULL).join('\n'));
  else await main(options);
  // Ends the process even if connections are still open.
  process.exit();
} catch (error) {
  console.error(error instanceof Error ? (process.env.DEBUG ? error.stack : `bench: ${error.message}`) : error);
  process.exit(1);
}

async function main(options: Options): Promise<void> {
  const plan = options.quick ? QUICK : FULL;
  if (!allKeys(plan).some((key) => options.rows.test(key))) {
    throw new Error(`--rows ${options.rows.source} matches no row. --rows list prints the keys of all rows.`);
  }
  if (options.cpuProf) mkdirSync(options.cpuProf, { recursive: true });
  const peers = options.peers ? await peerColumns() : { columns: [], notes: [] };
  const elsewhere = options.against.map(({ name, url }) => columnElsewhere(name, url));
  const fleet = new Fleet(squabColumns(options.cpuProf && resolve(options.cpuProf)), [...peers.columns, ...elsewhere]);
  const machine = thisMachine();
  console.log([heading(machine, plan), ...peers.notes].join('\n'));
  const figures = new Figures();
  const measured = await measureAll(options, plan, fleet, figures);
  await fleet.end();
  const verdicts = judge(TARGETS, figures);
  console.log(`\n${verdictTable(verdicts)}`);
  if (!options.json) return;
  const details = measured.map(({ row, floor, lanes }) => ({
    row: row.key,
    connections: row.connections,
    depth: row.queue.depth,
    servers: [floor, ...lanes],
  }));
  writeFileSync(options.json, `${JSON.stringify({ machine, plan, figures, details, verdicts }, null, 2)}\n`);
}

async function measureAll({ rows, quick }: Options, plan: Plan, fleet: Fleet, figures: Figures): Promise<Measured[]> {
  const all = racesOf(plan.depths);
  const parts = async (some: readonly Part[]) => {
    for (const part of some.filter((one) => one.keys(plan).some((key) => rows.test(key)))) {
      console.log(`\n${part.title}:\n\n${await part.measure(fleet, plan, figures)}`);
    }
  };
  const races = (some: readonly Race[]) => measureRaces(some, rows, plan, fleet, figures);
  await parts(PARTS_BEFORE);
  const short = await races(all.filter((one) => !one[0]!.apart));
  await parts(PARTS_BETWEEN);
  const deep = await races(all.filter((one) => one[0]!.apart));
  await parts([...PARTS_AFTER, ...(quick ? [] : PARTS_NOT_QUICK)]);
  const measured = [...short, ...deep];
  const costs = measured.length > 0 && cpuTable(measured, ['floor', ...fleet.columns.map(({ name }) => name)]);
  if (costs) console.log(`\nCPU time of the server per request, in µs:\n\n${costs}`);
  return measured;
}

async function measureRaces(
  races: readonly Race[],
  wanted: RegExp,
  plan: Plan,
  fleet: Fleet,
  figures: Figures,
): Promise<Measured[]> {
  const some = races.map((one) => one.filter(({ key }) => wanted.test(key))).filter((one) => one.length > 0);
  if (some.length === 0) return [];
  const servers = fleet.columns.map(({ name }) => name);
  const all: Measured[] = [];
  await race(some[0]!, { ...plan, rounds: 0, warmUpMs: plan.firstWarmUpMs }, fleet);
  console.log(`\n${throughputHead(servers)}`);
  for (const rows of some) {
    for (const measured of await race(rows, plan, fleet)) {
      console.log(throughputLine(measured, servers));
      for (const remark of remarks(measured)) console.log(`  (${remark})`);
      for (const lane of [measured.floor, ...measured.lanes]) {
        if (lane.failure) continue;
        figures.set(measured.row.key, lane.server, rates(lane));
        const perCpu = cpuRates(lane);
        if (perCpu) figures.set(byCpu(measured.row.key), lane.server, perCpu);
      }
      all.push(measured);
    }
  }
  return all;
}

interface Machine {
  cpu: string;
  cores: number;
  node: string;
  squab: string;
}

function thisMachine(): Machine {
  const cores = cpus();
  const cpu = cores[0]?.model.trim() ?? 'unknown';
  return { cpu, cores: cores.length, node: process.version, squab: packageJson.version };
}

function heading({ cpu, cores, node, squab }: Machine, { rounds, roundMs }: Plan): string {
  return [
    `Machine: ${cpu}, ${cores} cores. Node.js ${node}. Squab ${squab}. ${rounds} rounds of ${roundMs} ms.`,
    'Figures are medians, in HTTP requests per second (lowest–highest). Only ratios within one run are meaningful.',
    'The floor is a bare Fastify that stores nothing. A ratio divides each round by the same round of the floor.',
    'depth: messages in the queue. c: connections. load: the largest share of a core that the load generator used.',
    ...(hasDurability()
      ? []
      : ['Not measured: power (on disk with --durability power). This Squab has no such option.']),
  ].join('\n');
}
