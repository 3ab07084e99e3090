/**
 * The control interface: inspects and controls a running Squab. Programs get it from `start()`; others use it over
 * HTTP.
 */

import type { Faults } from '../queues/faults/faults.ts';
import type { Mappings } from '../storage/mappings.ts';
import type { Nodes } from '../storage/nodes.ts';
import type { QueueScope, States } from '../storage/states.ts';
import type { Topics } from '../storage/topics.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { ClockControl } from './clock/clock.ts';
import { MovableClock } from './clock/movable-clock.ts';
import type { ControlContext } from './control-context.ts';
import { EventFeed } from './events/event-feed.ts';
import { Events } from './events/events.ts';
import type { Listen } from './events/fan-out.ts';
import { type WaitRequest, type WaitResult, Waits } from './events/wait.ts';
import { ExplainControl } from './explain/explain.ts';
import { FaultControl } from './faults/faults.ts';
import { Journal } from './journal/journal.ts';
import { MessagesControl } from './messages/messages.ts';
import { type NodeReport, nodeReport, PER_NODE } from './node-report.ts';
import type { QueueName } from './queue-name.ts';
import { QueuesControl } from './queues/queues.ts';
import { Reset, type ResetListener } from './reset/reset.ts';
import { SnapshotControl } from './snapshots/snapshots.ts';
import { PublicationLog } from './topics/publication-log.ts';
import { topicListener } from './topics/topic-listener.ts';
import { TopicWaits } from './topics/topic-wait.ts';
import { TopicsControl } from './topics/topics.ts';

/** @internal The dependencies of the control interface. */
export interface ControlDependencies extends ControlContext {
  clock: Clock;
  states: States;
  mappings: Mappings;
  topics: Topics;
  faults: Faults;
  /** The names of all operations. */
  operations: readonly string[];
  listen: Listen;
  version: string;
  storage: About['storage'];
  /** For how many messages the journal keeps a history; 0 turns the journal off. */
  journalSize: number;
  /** Is aborted when Squab begins to stop. All waits and event streams then end. */
  stopping: AbortSignal;
}

/** What a running Squab is, and how it was started. */
export interface About {
  version: string;
  /** The account and region of a queue that is given by name only. */
  account: string;
  region: string;
  /** Where queues and messages are kept. */
  storage: 'memory' | 'folder' | 'database';
  /** For how many messages the journal keeps a history. */
  journal: number;
  /** Only with a database, which several Squabs can share: this one, and what it does not share with the others. */
  node?: NodeReport & { perNode: readonly string[] };
}

/**
 * Returns the ID above which those of a Squab that starts now begin. They are larger than all IDs that an earlier Squab
 * gave, unless it had more than a million events a second, so a client that continues after a restart misses none.
 */
const eventIdsAbove = (now: Millis) => now * 1000;

/** The `control` of a running Squab; `/_squab` offers the same over HTTP. */
export class Control {
  readonly clock: ClockControl;
  readonly faults: FaultControl;
  readonly snapshots: SnapshotControl;
  readonly queues: QueuesControl;
  readonly messages: MessagesControl;
  readonly explain: ExplainControl;
  readonly topics: TopicsControl;
  readonly events: Events;
  readonly #about: About;
  readonly #nodes: Nodes | undefined;
  readonly #reset: Reset;
  readonly #waits: Waits;

  /** @internal */
  constructor(dependencies: ControlDependencies) {
    const { clock, listen, journalSize, stopping, version, storage, defaults } = dependencies;
    const { account, region } = defaults;
    this.#nodes = dependencies.env.store.nodes;
    this.#about = { version, account, region, storage, journal: journalSize };
    const journal = new Journal(journalSize, eventIdsAbove(dependencies.realTime.now()));
    const feed = new EventFeed(listen, journal, () => clock.now());
    const movable = new MovableClock(clock, dependencies);
    this.clock = new ClockControl(movable, dependencies);
    this.faults = new FaultControl(dependencies);
    this.snapshots = new SnapshotControl(dependencies, journal, movable);
    this.#reset = new Reset(dependencies);
    this.events = new Events(feed, stopping, dependencies.realTime);
    this.queues = new QueuesControl(dependencies, journalSize > 0 ? feed.traffic : undefined);
    this.messages = new MessagesControl(dependencies, journal, feed);
    this.explain = new ExplainControl(dependencies, journal);
    const publications = new PublicationLog();
    const topicWaits = new TopicWaits(dependencies, this.events, stopping);
    dependencies.env.reports.listen(topicListener(feed, journalSize > 0 ? publications : undefined, topicWaits));
    this.topics = new TopicsControl(dependencies, publications, topicWaits);
    this.#waits = new Waits(dependencies, feed, stopping);
    this.snapshots.onRestore(() => {
      feed.traffic.clear();
      publications.clear();
      this.#waits.recheck();
      topicWaits.recheck();
    });
    this.#reset.onReset(() => {
      feed.traffic.clear();
      topicWaits.recheck();
    });
  }

  /** Says what this Squab is, and how it was started. */
  about(): About {
    const nodes = this.#nodes;
    return nodes ? { ...this.#about, node: { ...nodeReport(nodes), perNode: PER_NODE } } : this.#about;
  }

  /**
   * Removes the queues and topics of an account, of a region, or with a name prefix, including their messages, move
   * tasks and subscriptions. An empty scope removes all of them, and all fault rules too. Returns how many queues and
   * topics it removed. Throws ControlError (400) if the scope is invalid.
   */
  async reset(scope: QueueScope = {}): Promise<{ queues: number; topics: number }> {
    return this.#reset.run(scope);
  }

  /** Calls `listener` after each reset, until Squab stops. */
  onReset(listener: ResetListener): void {
    this.#reset.onReset(listener);
  }

  /**
   * Waits for an event of a message in a queue, or until the queue is empty or drained. The timeout (10 s by default)
   * is in real time, even while the clock of SQS is frozen. Throws ControlError: 400 for an invalid request, 404 if
   * the queue does not exist, 408 if the wait times out, and 409 if the queue is deleted or Squab stops during the
   * wait.
   */
  async waitFor(queue: QueueName, request: WaitRequest, signal?: AbortSignal): Promise<WaitResult> {
    return this.#waits.waitFor(queue, request, signal);
  }
}
