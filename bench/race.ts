/**
 * A race: rows that are measured in the same rounds. In each round, every row runs on the floor and on every server,
 * one after the other and never two at once. Ratios compare only figures of the same round, such as a server with the
 * floor, or a deep queue with a short one. So they never compare different moments.
 */

import { load, type Step, withConnections } from './load/load.ts';
import { drain } from './load/queue.ts';
import { operationOf, type Requests, requestsAbout } from './load/requests.ts';
import { type Depths, PEER_DEPTH_MAX, type Race, type Row } from './rows.ts';
import type { Column, Fleet } from './servers/fleet.ts';
import type { Server } from './servers/servers.ts';
import type { Lane, Measured, Round } from './table.ts';

export interface Plan {
  depths: Depths;
  rounds: number;
  roundMs: number;
  /** Length of the first round of a race, which warms up and does not count. */
  warmUpMs: number;
  /** The same, but longer, for the first race on a server. */
  firstWarmUpMs: number;
}

/** A peer that takes longer than this for one round does not run any more rounds. */
const PEER_PATIENCE_MS = 5000;

/** A row on a server. */
interface Runner {
  lane: Lane;
  run(ms: number): Promise<Round>;
}

export async function race(rows: Race, plan: Plan, fleet: Fleet): Promise<Measured[]> {
  const floors = new Map<string, Runner>();
  const runners: Runner[] = [];
  const measured: Measured[] = [];
  for (const row of rows) {
    const same = `${row.name} ${row.connections}`;
    const known = floors.get(same);
    const floor = known ?? (await floorRunner(row, fleet));
    floors.set(same, floor);
    const taking = fleet.columns.filter((column) => takesPart(column, row));
    const servers = await Promise.all(taking.map((column) => serverRunner(row, column, fleet)));
    runners.push(...(known ? [] : [floor]), ...servers);
    measured.push({ row, floor: floor.lane, lanes: servers.map(({ lane }) => lane) });
  }
  for (let round = -1; round < plan.rounds; round++) {
    for (const { lane, run } of runners) {
      if (lane.failure) continue;
      const start = performance.now();
      const result = await run(round < 0 ? plan.warmUpMs : plan.roundMs).catch((error: Error) => {
        if (!lane.peer) throw error;
        lane.failure = error.message;
      });
      if (result && round >= 0) lane.rounds.push(result);
      const seconds = (performance.now() - start) / 1000;
      if (lane.peer && !lane.failure && round < 0 && seconds * 1000 > PEER_PATIENCE_MS) {
        lane.failure = `its first round took ${seconds.toFixed(0)} seconds`;
      }
    }
  }
  return measured;
}

function takesPart({ peer, deep }: Column, { queue, apart }: Row): boolean {
  return (!peer || queue.depth <= PEER_DEPTH_MAX) && (!apart || deep);
}

async function floorRunner(row: Row, fleet: Fleet): Promise<Runner> {
  const floor = await fleet.floor();
  const answers = await learn(row, fleet);
  const step = row.work(requestsAbout(floor.url, `${floor.url}/000000000000/${row.queue.name}`), row.queue);
  return {
    lane: { server: 'floor', peer: false, rounds: [] },
    async run(ms) {
      await fetch(floor.url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: answers });
      return loaded(floor, row, ms, step);
    },
  };
}

/** Runs the row's work once on Squab, and returns its responses by operation. */
async function learn(row: Row, fleet: Fleet): Promise<string> {
  const { server, requests } = await placeOf(row, fleet.squabs[0]!, fleet);
  const answers: Record<string, { contentType: string; body: string }> = {};
  const growth = await withConnections(server.url, 1, ([connection]) =>
    row.work(
      requests,
      row.queue,
    )(async (request) => {
      const operation = operationOf(request);
      const answer = await connection!.ask(request);
      const contentType = operation.startsWith('AmazonSQS.') ? 'application/x-amz-json-1.0' : 'text/xml';
      answers[operation] = { contentType, body: answer.toString() };
      return answer;
    }),
  );
  if (growth > 0) await drain(server, requests, row.queue, growth);
  return JSON.stringify(answers);
}

async function serverRunner(row: Row, column: Column, fleet: Fleet): Promise<Runner> {
  const lane: Lane = { server: column.name, peer: column.peer, rounds: [] };
  try {
    const { server, requests } = await placeOf(row, column, fleet);
    const step = row.work(requests, row.queue);
    const run = async (ms: number) => {
      const result = await loaded(server, row, ms, step);
      if (result.growth > 0) await drain(server, requests, row.queue, result.growth);
      return result;
    };
    return { lane, run };
  } catch (error) {
    if (!column.peer) throw error;
    lane.failure = (error as Error).message;
    return { lane, run: () => Promise.reject(error) };
  }
}

async function placeOf(row: Row, column: Column, fleet: Fleet): Promise<{ server: Server; requests: Requests }> {
  const server = await fleet.server(column, row.apart && `${row.queue.depth}`);
  return { server, requests: await fleet.queue(column, server, row.queue) };
}

async function loaded(server: Server, { connections }: Row, ms: number, step: Step): Promise<Round> {
  const before = server.cpuMs();
  const result = await load(server.url, connections, ms, step);
  const after = server.cpuMs();
  return { ...result, serverCpuMs: before !== undefined && after !== undefined ? after - before : undefined };
}
