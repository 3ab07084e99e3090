/** How a node that stops removes its rows: it does not wait for a database that is away, since they end by themselves. */

import type { WorkOptions } from '../lanes.ts';

export const LEAVING: WorkOptions = { repeatable: true, limitMs: 1000 };
