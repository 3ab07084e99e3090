/** A storage engine as Squab uses it: the verbs of SQS and SNS, and everything else that Squab asks of an engine. */

import type { Inspection } from './inspection.ts';
import type { Mappings } from './mappings.ts';
import type { Observation } from './observation.ts';
import type { States } from './states.ts';
import type { Store } from './store.ts';
import type { Topics } from './topics.ts';

export interface Engine extends Store {
  readonly states: States;
  readonly inspection: Inspection;
  readonly observation: Observation;
  readonly topics: Topics;
  readonly mappings: Mappings;
}
