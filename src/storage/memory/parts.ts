/** The parts of the engine that the verbs on messages work with. */

import type { AllQueues } from './all-queues.ts';
import type { Basics } from './basics.ts';
import type { Receipts } from './receipts.ts';
import type { TopicShelf } from './topic-shelf.ts';

export interface Parts extends Basics {
  readonly queues: AllQueues;
  readonly receipts: Receipts;
  readonly shelf: TopicShelf;
}
