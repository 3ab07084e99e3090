/**
 * The benchmark: `npm run bench -- --help`.
 *
 * Each row is measured on every server in turn, over and over, and compared with the floor measured in the same rounds
 * (race.ts). The servers are processes of their own; this one is the load. What was measured is printed as Markdown,
 * and at the end beside the targets (targets.ts). It needs 5 GB of memory and 3 GB of disk; --quick needs far less.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { Figures } from './figures.ts';
import { type Column, columnElsewhere, Fleet, squabColumns } from './fleet.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { type Plan, race } from './race.ts';
import { type Depths, racesOf } from './rows.ts';
import { hasDurability } from './servers.ts';
import { cpuTable, type Measured, rates, remarks, throughputHead, throughputLine } from './table.ts';
import { TARGETS } from './targets.ts';
import { judge, verdictTable } from './verdicts.ts';

interface FullPlan extends Plan {
  depths: Depths;
}

/** About eight minutes. */
const FULL: FullPlan = {
  depths: { standard: [1_000_000, 100_000, 10_000], fifo: 100_000 },
  rounds: 7,
  roundMs: 250,
  warmUpMs: 400,
};
/** Less than a minute: enough to see that nothing is broken, too short for a decision. */
const QUICK: FullPlan = { depths: { standard: [10_000], fifo: 10_000 }, rounds: 3, roundMs: 60, warmUpMs: 60 };

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else if (options === 'list') console.log(racesOf(FULL.depths).flatMap(keys).join('\n'));
  else await main(options);
  // Whatever is still open here is of no use any more.
  process.exit();
} catch (error) {
  console.error(error instanceof Error ? (process.env.DEBUG ? error.stack : `bench: ${error.message}`) : error);
  process.exit(1);
}

async function main(options: Options): Promise<void> {
  const plan = options.quick ? QUICK : FULL;
  if (options.cpuProf) mkdirSync(options.cpuProf, { recursive: true });
  const columns: Column[] = [
    ...squabColumns(options.cpuProf && resolve(options.cpuProf)),
    ...options.against.map(({ name, url }) => columnElsewhere(name, url)),
  ];
  const machine = thisMachine();
  console.log(`${heading(machine, plan)}\n`);
  const figures = new Figures();
  const fleet = new Fleet(columns);
  const measured = await races(options, plan, fleet, figures);
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

async function races({ rows }: Options, plan: FullPlan, fleet: Fleet, figures: Figures): Promise<Measured[]> {
  const wanted = racesOf(plan.depths)
    .map((one) => one.filter(({ key }) => rows.test(key)))
    .filter((one) => one.length > 0);
  const servers = fleet.columns.map(({ name }) => name);
  const all: Measured[] = [];
  if (wanted.length > 0) console.log(throughputHead(servers));
  for (const rowsOfRace of wanted) {
    for (const measured of await race(rowsOfRace, plan, fleet)) {
      console.log(throughputLine(measured, servers));
      for (const remark of remarks(measured)) console.log(`  (${remark})`);
      for (const lane of [measured.floor, ...measured.lanes]) {
        if (!lane.failure) figures.set(measured.row.key, lane.server, rates(lane));
      }
      all.push(measured);
    }
  }
  const costs = all.length > 0 && cpuTable(all, servers);
  if (costs) console.log(`\nCPU time of the server, in µs for a request:\n\n${costs}`);
  return all;
}

function keys(rows: readonly { key: string }[]): string[] {
  return rows.map(({ key }) => key);
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
    'Only ratios within one run mean anything. Figures are medians, in HTTP requests a second (lowest–highest).',
    'A ratio compares a round with the same round of the floor: 1.00 is a bare Fastify that stores nothing.',
    'load: the share of a core that the load itself needed, at most.',
    ...(hasDurability ? [] : ['Left out: power (on disk with --durability power). This Squab has no such option.']),
  ].join('\n');
}
