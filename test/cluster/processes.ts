/** Squabs on one database that can be killed: each is a process of its own. */

import { type Command, squabServes } from '../commands/command.ts';
import type { Place } from './cluster.ts';

export interface Node extends Command {
  url: string;
  /** The first part of its name, which its connections have, too. */
  name: string;
}

/** Starts a node as a process of its own. */
export async function startNode(
  name: string,
  { database, databaseSchema }: Place,
  more: readonly string[] = [],
): Promise<Node> {
  const args = ['--database', database, '--database-schema', databaseSchema, '--node-name', name, ...more];
  return { name, ...(await squabServes(args)) };
}
