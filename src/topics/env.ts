/** The environment of the rules of topics: that of the rules of queues, and more. It exists as long as the server. */

import type { Env } from '../queues/env.ts';
import type { TopicKey, Topics } from '../storage/topics.ts';
import type { Millis } from '../time/clock.ts';
import type { Deliverer } from './deliveries/deliverer.ts';
import type { EndedSubscriptions } from './ended.ts';
import type { Signatures } from './signing/signatures.ts';
import type { TopicReports } from './topic-reports.ts';

export interface TopicsEnv extends Env {
  topics: Topics;
  signatures: Signatures;
  reports: TopicReports;
  /** Delivers to HTTP endpoints and functions. */
  deliverer: Deliverer;
  /** Subscriptions that can be brought back. */
  ended: EndedSubscriptions;
  /** Whether HTTP endpoints need not confirm their subscriptions. */
  confirmsByItself: boolean;
  /** Whether the policies of queues decide what topics may send to them. */
  enforcesPolicies: boolean;
  /** Returns the configured base of links in messages; absent if they lead to where Squab was called. */
  linkBase?: ((topic: TopicKey) => string) | undefined;
  /** Called when subscriptions may lapse that did not before. `at`: when the first of them does, if that is known. */
  onLapsable?: ((at?: Millis) => void) | undefined;
}
