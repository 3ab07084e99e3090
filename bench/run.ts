/**
 * The benchmark: `npm run bench -- [--quick] [--json FILE]`.
 *
 * Each row is measured on every server in turn, over and over, and compared with the floor measured in the same run. The
 * servers are processes of their own; this one is the load.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import { type Ask, load, withConnections } from './load.ts';
import { drain, makeQueue, type QueuePlan, type Write, writer } from './queue.ts';
import { type Row, rowsAt } from './rows.ts';
import { type Server, startFloor, startSquab } from './servers.ts';
import {
  type Column,
  cpuMicros,
  cpuRatio,
  cpuTable,
  doubts,
  heading,
  type Measured,
  type Round,
  rates,
  ratios,
  thisMachine,
  throughputHead,
  throughputLine,
} from './table.ts';

interface Plan {
  depths: readonly number[];
  rounds: number;
  roundMs: number;
}

/** About six minutes. */
const FULL: Plan = { depths: [0, 100_000], rounds: 5, roundMs: 750 };
/** Half a minute: enough to see that nothing is broken, too short for a decision. */
const QUICK: Plan = { depths: [0, 10_000], rounds: 3, roundMs: 200 };

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
await main(options.quick ? QUICK : FULL, options.json);

async function main(plan: Plan, jsonFile: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'squab-bench-'));
  const started: Server[] = [];
  const start = async (starting: Promise<Server>) => {
    const server = await starting;
    started.push(server);
    return server;
  };
  const end = async () => {
    await Promise.all(started.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('SIGINT', () => void end().then(() => process.exit(130)));
  try {
    const floor = await start(startFloor());
    const servers = [
      await start(startSquab('Squab (memory)', [])),
      await start(startSquab('Squab (disk)', ['--data', folder])),
    ];
    const machine = thisMachine(packageJson.version);
    console.log(`${heading(machine, plan.rounds, plan.roundMs)}\n`);
    const measured = await measureAll(plan, floor, servers);
    const costs = cpuTable(measured);
    if (costs) console.log(`\nCPU time of the server, in µs for a request:\n\n${costs}`);
    if (jsonFile)
      writeFileSync(jsonFile, `${JSON.stringify({ machine, plan, rows: measured.map(summary) }, null, 2)}\n`);
  } finally {
    await end();
  }
}

async function measureAll(plan: Plan, floor: Server, servers: readonly Server[]): Promise<Measured[]> {
  console.log(throughputHead(servers.map(({ name }) => name)));
  const results: Measured[] = [];
  let plannedFor: QueuePlan | undefined;
  let writes: Write[] = [];
  for (const row of plan.depths.flatMap(rowsAt)) {
    if (row.queue !== plannedFor) writes = await Promise.all(servers.map((server) => makeQueue(server, row.queue)));
    plannedFor = row.queue;
    const result = await measure(row, plan, floor, servers, writes);
    console.log(throughputLine(result));
    const doubt = doubts([result.floor, ...result.columns]);
    if (doubt) console.log(doubt);
    results.push(result);
  }
  return results;
}

/** One row: the floor, each server, the floor, each server, … `writes` are those of the servers, in their order. */
async function measure(
  row: Row,
  { rounds, roundMs }: Plan,
  floor: Server,
  servers: readonly Server[],
  writes: readonly Write[],
): Promise<Measured> {
  await teach(floor, servers[0]!, row, writes[0]!);
  const floorWrite = writer(floor.url, `${floor.url}/000000000000/${row.queue.name}`);
  const floorColumn: Column = { server: floor.name, rounds: [] };
  const columns: Column[] = servers.map(({ name }) => ({ server: name, rounds: [] }));
  // The round before the first warms up, and does not count.
  for (let round = -1; round < rounds; round++) {
    const ms = round < 0 ? roundMs / 2 : roundMs;
    const ofFloor = await loaded(floor, row, ms, floorWrite);
    if (round >= 0) floorColumn.rounds.push(ofFloor);
    for (const [index, server] of servers.entries()) {
      const write = writes[index]!;
      const ofServer = await loaded(server, row, ms, write);
      if (round >= 0) columns[index]!.rounds.push(ofServer);
      if (ofServer.growth > 0) await drain(server, write, row.queue, ofServer.growth);
    }
  }
  return { row, floor: floorColumn, columns };
}

async function loaded(server: Server, { connections, work }: Row, ms: number, write: Write): Promise<Round> {
  const before = server.cpuMs();
  const result = await load(server.url, connections, ms, work(write));
  const after = server.cpuMs();
  return { ...result, serverCpuMs: before !== undefined && after !== undefined ? after - before : undefined };
}

/** Has the row's work done once by a server, and gives its answers to the floor. */
async function teach(floor: Server, teacher: Server, row: Row, write: Write): Promise<void> {
  const answers: Record<string, string> = {};
  const growth = await withConnections(teacher.url, 1, ([connection]) => {
    const ask: Ask = async (request) => {
      const answer = await connection!.ask(request);
      const target = /\r\nx-amz-target: (\S+)/.exec(request.toString())![1]!;
      answers[target] = answer.toString();
      if (answers[target].includes('"Failed":')) throw new Error(`${target} was refused in part: ${answer}`);
      return answer;
    };
    return row.work(write)(ask);
  });
  if (growth > 0) await drain(teacher, write, row.queue, growth);
  await fetch(floor.url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(answers),
  });
}

function summary({ row, floor, columns }: Measured) {
  const { name, connections, queue } = row;
  const figures = [floor, ...columns].map((column) => ({
    server: column.server,
    requestsPerSecond: rates(column),
    ratio: ratios(column, floor),
    cpuMicros: cpuMicros(column),
    cpuRatio: cpuRatio(column, floor),
    rounds: column.rounds,
  }));
  return { name, connections, depth: queue.depth, servers: figures };
}
