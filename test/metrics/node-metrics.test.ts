/** The metrics of a node of a database. test/cluster/ has those of real nodes. */

import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { addNodeMetrics } from '../../src/metrics/node-metrics.ts';
import type { NodeFigures, Nodes, OtherNode } from '../../src/storage/nodes.ts';

it('The metrics of a node are what the engine says at the time of the scrape', async () => {
  const figures: NodeFigures & { retries: number } = {
    lanes: [
      { name: 'send', connections: 2, busy: 1, waiting: 3 },
      { name: 'nodes', connections: 1, busy: 0, waiting: 0 },
    ],
    retries: 4,
    unknownOutcomes: 5,
  };
  const other: OtherNode = { name: 'b', version: '1.2.3', clock: 'machine' };
  const nodes: Pick<Nodes, 'figures' | 'others'> & { ear: Nodes['ear'] } = {
    ...{ figures: () => figures, others: [other, { ...other, name: 'c' }], ear: 'open' },
  };
  const registry = new Registry();
  addNodeMetrics(registry, nodes as Nodes);
  const scrape = async () => {
    const lines = (await registry.metrics()).split('\n').filter((line) => /^squab/.test(line));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
    );
  };
  const first = {
    'squab_database_connections{lane="send"}': 2,
    'squab_database_connections{lane="nodes"}': 1,
    'squab_database_connections_busy{lane="send"}': 1,
    'squab_database_connections_busy{lane="nodes"}': 0,
    'squab_database_waiting{lane="send"}': 3,
    'squab_database_waiting{lane="nodes"}': 0,
    squab_database_retries_total: 4,
    squab_database_unknown_outcomes_total: 5,
    squab_node_hears: 1,
    squab_nodes: 3,
  };
  expect(await scrape()).toEqual(first);
  figures.retries = 6;
  nodes.ear = 'closed';
  expect(await scrape()).toEqual({ ...first, squab_database_retries_total: 6, squab_node_hears: 0 });
});
