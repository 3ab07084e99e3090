/** Measures how long a send takes while very many messages wait, and while none do: what is far from the median counts. */

import { percentile, spread } from '../figures.ts';
import { withConnections } from '../load/load.ts';
import { KIB, type Requests } from '../load/requests.ts';
import { deepQueue } from '../rows.ts';
import type { Server } from '../servers/servers.ts';
import { printed, table } from '../table.ts';
import type { Part } from './part.ts';

const SENDS = 1000;

const keyOf = (depth: number) => `send-p99-depth-${depth}`;

export const sendTimes: Part = {
  title: 'The 99th percentile of the time of a send (c=1), in ms, by the number of messages in the queue',
  keys: ({ depths }) => [keyOf(0), keyOf(depths.standard[0]!)],
  async measure(fleet, { depths, rounds }, figures) {
    const depth = depths.standard[0]!;
    const columns = fleet.squabs.filter(({ deep }) => deep);
    const all = columns.map((column) => ({ column, empty: [] as number[], deep: [] as number[] }));
    for (let round = -1; round < rounds; round++) {
      for (const { column, empty, deep } of all) {
        const server = await fleet.server(column);
        const requests = await fleet.queue(column, server, { name: 'send-times', attributes: {}, depth: 0 });
        const without = await p99(server, requests);
        await withConnections(server.url, 1, ([connection]) => connection!.ask(requests.build('PurgeQueue')));
        const deepServer = await fleet.server(column, `${depth}`);
        const beside = await p99(deepServer, await fleet.queue(column, deepServer, deepQueue(depth)));
        if (round < 0) continue;
        empty.push(without);
        deep.push(beside);
      }
    }
    const lines = all.map(({ column: { name }, empty, deep }) => {
      figures.set(keyOf(0), name, empty);
      figures.set(keyOf(depth), name, deep);
      return [name, printed(spread(empty), 2), printed(spread(deep), 2)];
    });
    return table(['', 'none', depth.toLocaleString('en')], lines);
  },
};

function p99(server: Server, { build }: Requests): Promise<number> {
  const send = build('SendMessage', { MessageBody: KIB });
  return withConnections(server.url, 1, async ([connection]) => {
    const times: number[] = [];
    while (times.length < SENDS) {
      const start = performance.now();
      await connection!.ask(send);
      times.push(performance.now() - start);
    }
    return percentile(times, 0.99);
  });
}
