/** What AWS does not have: a look into Squab and a hand on it. Programs have it from `start()`, others over HTTP. */

import type { Faults } from '../queues/faults/faults.ts';
import type { QueueScope, States } from '../storage/states.ts';
import type { Clock } from '../time/clock.ts';
import { ClockControl } from './clock/clock.ts';
import type { ControlContext, QueueName } from './control-context.ts';
import { Events } from './events/events.ts';
import type { Listen } from './events/fan-out.ts';
import { type WaitRequest, type WaitResult, Waits } from './events/wait.ts';
import { ExplainControl } from './explain/explain.ts';
import { FaultControl } from './faults/faults.ts';
import { Journal } from './journal/journal.ts';
import { MessagesControl } from './messages/messages.ts';
import { QueuesControl } from './queues/queues.ts';
import { Reset, type ResetListener } from './reset/reset.ts';
import { SnapshotControl } from './snapshots/snapshots.ts';

/** What the control interface has its hands on. */
export interface ControlDependencies extends ControlContext {
  clock: Clock;
  states: States;
  faults: Faults;
  /** The names of all operations of SQS. */
  operations: readonly string[];
  listen: Listen;
  /** How many messages' histories are kept. */
  journalSize: number;
}

export class Control {
  readonly clock: ClockControl;
  readonly faults: FaultControl;
  readonly snapshots: SnapshotControl;
  readonly queues: QueuesControl;
  readonly messages: MessagesControl;
  readonly explain: ExplainControl;
  readonly events: Events;
  /** The time of people and of the machine: that of heartbeats and of waits. */
  readonly realTime: Clock;
  readonly #reset: Reset;
  readonly #waits: Waits;

  constructor(dependencies: ControlDependencies) {
    const { clock, realTime, listen, journalSize } = dependencies;
    const journal = new Journal(journalSize);
    this.realTime = realTime;
    this.clock = new ClockControl(clock);
    this.faults = new FaultControl(dependencies);
    this.snapshots = new SnapshotControl(dependencies);
    this.#reset = new Reset(dependencies);
    this.events = new Events(listen, journal, () => clock.now());
    this.queues = new QueuesControl(dependencies);
    this.messages = new MessagesControl(dependencies, journal, this.events);
    this.explain = new ExplainControl(dependencies, journal);
    this.#waits = new Waits(dependencies, this.events);
    this.snapshots.onRestore(() => this.#waits.lookAgain());
  }

  /**
   * Removes queues with all that they hold, and tells how many: those of an account, of a region, or whose names begin
   * with a prefix; without any of these all queues, and fault rules too. Throws ControlError (400).
   */
  reset(scope: QueueScope = {}): Promise<{ queues: number }> {
    return this.#reset.run(scope);
  }

  /** Calls `listener` after each reset. */
  onReset(listener: ResetListener): void {
    this.#reset.onReset(listener);
  }

  /**
   * Waits until something happens to a message of a queue, or the queue is empty. The time limit is real time, also where
   * SQS's clock stands still. Throws ControlError: 404 when there is no such queue, 408 when the time is over, 409 when the queue
   * is deleted or Squab stops meanwhile.
   */
  waitFor(queue: QueueName, wanted: WaitRequest, signal?: AbortSignal): Promise<WaitResult> {
    return this.#waits.waitFor(queue, wanted, signal);
  }

  /** Ends all that waits or follows. */
  close(): void {
    this.#waits.close();
    this.events.close();
  }
}
