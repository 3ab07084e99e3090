/** Joins the nodes of a database, as the context of the engine needs it. */

import type { NodeFigures } from '../../nodes.ts';
import { Connection } from '../connection.ts';
import type { NeighboursOf } from '../context.ts';
import type { OpenDatabase } from '../open.ts';
import type { Sessions } from '../sessions.ts';
import { PostgresNodes } from './postgres-nodes.ts';
import { endAtStandstill } from './standstill.ts';

/** `version` is that of Squab. */
export function joining({ node, schema, listenTarget }: OpenDatabase, version: string): NeighboursOf {
  return ({ sessions, queues, outbox }) =>
    PostgresNodes.start({
      ...{ name: node, schema, version },
      lane: sessions.lane(1, 'nodes', { carriesVerbs: false }),
      async openEar() {
        const connection = await Connection.open(listenTarget);
        queues.isAwake = endAtStandstill(connection);
        return connection;
      },
      onChanged({ queueIds }) {
        if (queueIds === 'all') queues.reset();
        // Not only old: of a queue that another node has deleted, nothing would ever remove the copy.
        else for (const id of queueIds) queues.drop(id);
      },
      onTrusted: (trusted) => queues.trust(trusted),
      onAnnounced(queueId, at) {
        outbox.announce(queueId, at);
        outbox.send();
      },
      figures: () => figuresOf(sessions),
      onStop: () => sessions.stop(),
      isBusy: () => sessions.lanes.some(({ busy, waiting }) => busy + waiting > 0),
    });
}

function figuresOf({ lanes }: Sessions): NodeFigures {
  const sum = (count: (lane: Sessions['lanes'][number]) => number) => lanes.reduce((all, lane) => all + count(lane), 0);
  return {
    lanes: lanes.map(({ name, connections, busy, waiting }) => ({ name, connections, busy, waiting })),
    retries: sum(({ totals }) => totals.conflicts),
    unknownOutcomes: sum(({ totals }) => totals.unknown),
  };
}
