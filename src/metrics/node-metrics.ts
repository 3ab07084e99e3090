/** The metrics of a database that several Squabs share: connections to it, and what went wrong on the way. */

import { Counter, Gauge, type Registry } from 'prom-client';
import type { LaneState, Nodes } from '../storage/nodes.ts';

/** Adds the metrics of this node to a registry. They are read when they are printed. */
export function addNodeMetrics(registry: Registry, nodes: Nodes): void {
  const registers = [registry];
  const lanes = (name: string, help: string, value: (lane: LaneState) => number) =>
    new Gauge({
      ...{ name: `squab_database_${name}`, help, labelNames: ['lane'], registers },
      collect() {
        for (const lane of nodes.figures().lanes) this.labels(lane.name).set(value(lane));
      },
    });
  lanes('connections', 'Connections to the database, by what they are for.', ({ connections }) => connections);
  lanes('connections_busy', 'Connections that are carrying out transactions.', ({ busy }) => busy);
  lanes('waiting', 'Transactions that wait for a connection.', ({ waiting }) => waiting);
  const counter = (name: string, help: string, value: () => number) =>
    new Counter({
      ...{ name: `squab_database_${name}_total`, help, registers },
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  counter(
    'retries',
    'Transactions that were repeated because another one was in the way.',
    () => nodes.figures().retries,
  );
  counter(
    'unknown_outcomes',
    'Transactions that may or may not have been committed, because the connection was lost.',
    () => nodes.figures().unknownOutcomes,
  );
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(value());
      },
    });
  gauge('squab_node_hears', '1 if this Squab hears at once what the others do, else 0.', () =>
    nodes.ear === 'open' ? 1 : 0,
  );
  gauge('squab_nodes', 'Squabs that share the database, this one included.', () => nodes.others.length + 1);
}
