/**
 * The control interface: inspects and controls a running Squab. Programs get it from `start()`; others use it over
 * HTTP.
 */

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

/** The dependencies of the control interface. */
export interface ControlDependencies extends ControlContext {
  clock: Clock;
  states: States;
  faults: Faults;
  /** The names of all SQS operations. */
  operations: readonly string[];
  listen: Listen;
  /** For how many messages the journal keeps a history; 0 turns the journal off. */
  journalSize: number;
}

/** The `control` of a running Squab; `/_squab` offers the same over HTTP. */
export class Control {
  readonly clock: ClockControl;
  readonly faults: FaultControl;
  readonly snapshots: SnapshotControl;
  readonly queues: QueuesControl;
  readonly messages: MessagesControl;
  readonly explain: ExplainControl;
  readonly events: Events;
  /** Real time, for heartbeats and the timeouts of waits. It passes even while the clock of SQS is frozen. */
  readonly realTime: Clock;
  readonly #reset: Reset;
  readonly #waits: Waits;

  constructor(dependencies: ControlDependencies) {
    const { clock, realTime, listen, journalSize } = dependencies;
    const journal = new Journal(journalSize);
    this.realTime = realTime;
    this.clock = new ClockControl(clock);
    this.faults = new FaultControl(dependencies);
    this.snapshots = new SnapshotControl(dependencies, journal);
    this.#reset = new Reset(dependencies);
    this.events = new Events(listen, journal, () => clock.now());
    this.queues = new QueuesControl(dependencies);
    this.messages = new MessagesControl(dependencies, journal, this.events);
    this.explain = new ExplainControl(dependencies, journal);
    this.#waits = new Waits(dependencies, this.events);
    this.snapshots.onRestore(() => this.#waits.recheck());
  }

  /**
   * Removes the queues of an account, of a region, or with a name prefix, including their messages and move tasks. An
   * empty scope removes all queues, and all fault rules too. Returns how many queues it removed. Throws ControlError
   * (400) if the scope is invalid.
   */
  reset(scope: QueueScope = {}): Promise<{ queues: number }> {
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
  waitFor(queue: QueueName, request: WaitRequest, signal?: AbortSignal): Promise<WaitResult> {
    return this.#waits.waitFor(queue, request, signal);
  }

  /** Ends all waits and all event streams. */
  close(): void {
    this.#waits.close();
    this.events.close();
  }
}
