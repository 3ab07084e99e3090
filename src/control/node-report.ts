/** What this node is among those that share its data: for `/_squab`, `/health`, and programs. */

import type { LaneState, Nodes, OtherNode } from '../storage/nodes.ts';

/** @internal What each node has for itself. Everything else is the same on every node. */
export const PER_NODE = [
  'journal',
  'events',
  'traffic',
  'fault rules',
  'waiting receives',
  'cooldowns',
  'quotas of FIFO queues',
  'metrics other than those of queue contents',
] as const;

/** One of several Squabs that share a database. */
export interface NodeReport {
  name: string;
  /** `closed`: this node does not hear at once what the others do, and its waiting receives look every second. */
  ear: 'open' | 'closed';
  /** Its groups of connections to the database. */
  lanes: readonly LaneState[];
  /** The other nodes that were alive a few seconds ago. */
  others: readonly OtherNode[];
}

/** @internal */
export function nodeReport(nodes: Nodes): NodeReport {
  const { name, ear, others } = nodes;
  return { name, ear, lanes: nodes.figures().lanes, others };
}
