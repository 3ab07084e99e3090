/** All queues: finding, listing, creating, changing and removing them. */

import type { Millis } from '../../time/clock.ts';
import { bytesOfTexts, QUEUE_BYTES } from '../catalogue-bound.ts';
import { Sorted } from '../collections/sorted.ts';
import { changed } from '../queue-changes.ts';
import type { Listing, MoveTask, Queue, QueueChange, QueueKey, QueueSettings } from '../store.ts';
import type { Basics } from './basics.ts';
import { Contents } from './contents.ts';

export interface QueueState {
  queue: Queue;
  contents: Contents;
  /** The message move tasks that have the queue as their source, the latest last. */
  tasks: readonly MoveTask[];
}

const identity = (key: QueueKey) => `${key.region}/${key.account}/${key.name}`;

/** Orders queues by region, account and name. */
const byIdentity = (a: Named, b: Named) => (a.identity < b.identity ? -1 : Number(a.identity > b.identity));

interface Named {
  identity: string;
}

interface Entry extends Named {
  state: QueueState;
}

export class AllQueues {
  readonly #basics: Basics;
  readonly #byId = new Map<number, QueueState>();
  readonly #byKey = new Sorted<Named, Entry>(byIdentity);

  constructor(basics: Basics) {
    this.#basics = basics;
  }

  /** Returns the queues in the order of their creation. */
  states(): QueueState[] {
    return [...this.#byId.values()];
  }

  /** Iterates over the queues without copying the list, which must not change meanwhile. */
  [Symbol.iterator](): Iterator<QueueState> {
    return this.#byId.values();
  }

  byId(id: number): QueueState | undefined {
    return this.#byId.get(id);
  }

  byKey(key: QueueKey): QueueState | undefined {
    return this.#byKey.find({ identity: identity(key) })?.state;
  }

  list({ account, region, prefix = '', after = '', limit }: Listing): Queue[] {
    const queues: Queue[] = [];
    const start = identity({ account, region, name: prefix > after ? prefix : after });
    const first = prefix > after ? this.#byKey.find({ identity: start }) : undefined;
    if (first && limit > 0) queues.push(first.state.queue);
    const prefixed = identity({ account, region, name: prefix });
    for (const entry of this.#byKey.after({ identity: start })) {
      if (queues.length === limit || !entry.identity.startsWith(prefixed)) break;
      queues.push(entry.state.queue);
    }
    return queues;
  }

  create(key: QueueKey, settings: QueueSettings, now: Millis): QueueState {
    const { account, region, name } = key;
    const { fifo, retentionMs, attributes, tags } = settings;
    this.#basics.memory.check(bytesOfQueue({ attributes, tags }));
    const id = this.#basics.nextNumber();
    const queue = { id, account, region, name, fifo, createdAt: now, modifiedAt: now, retentionMs, attributes, tags };
    const state = { queue, contents: this.emptyContents(queue, now), tasks: [] };
    this.insert(state);
    return state;
  }

  /** Inserts a queue with its contents. */
  insert(state: QueueState): void {
    this.#put(state);
    this.#basics.changes.record(() => this.#take(state));
  }

  /** Removes a queue with everything in it. */
  remove(state: QueueState): void {
    this.#take(state);
    this.#basics.changes.record(() => this.#put(state));
  }

  /** Changes a queue, or returns why nothing changes. */
  change(state: QueueState, change: QueueChange, now: Millis): 'outdated' | 'over-limit' | undefined {
    const { changes, memory } = this.#basics;
    const { queue: before } = state;
    const queue = changed(before, change, now);
    if (typeof queue === 'string') return queue;
    const bytes = bytesOfQueue(queue) - bytesOfQueue(before);
    if (bytes > 0) memory.check(bytes);
    memory.use(bytes);
    state.queue = queue;
    changes.record(() => {
      memory.use(-bytes);
      state.queue = before;
    });
    return undefined;
  }

  /** Gives a queue new contents, without messages. */
  empty(state: QueueState): void {
    const { changes, memory } = this.#basics;
    const { contents } = state;
    memory.use(-contents.bytes);
    state.contents = this.emptyContents(state.queue, contents.at);
    state.contents.full = contents.full;
    changes.record(() => {
      memory.use(contents.bytes);
      state.contents = contents;
    });
  }

  setTasks(state: QueueState, tasks: readonly MoveTask[]): void {
    const { tasks: before } = state;
    state.tasks = tasks;
    this.#basics.changes.record(() => {
      state.tasks = before;
    });
  }

  /** Returns contents without messages for a queue. */
  emptyContents({ id, fifo }: Queue, now: Millis): Contents {
    const { changes, memory, outbox } = this.#basics;
    return new Contents(fifo, now, { changes, memory, hasRoom: (at) => outbox.announce(id, at) });
  }

  #put(state: QueueState): void {
    this.#byId.set(state.queue.id, state);
    this.#byKey.add({ identity: identity(state.queue), state });
    this.#basics.memory.use(bytesOfQueue(state.queue) + state.contents.bytes);
  }

  #take(state: QueueState): void {
    this.#byId.delete(state.queue.id);
    this.#byKey.delete({ identity: identity(state.queue) });
    this.#basics.memory.use(-bytesOfQueue(state.queue) - state.contents.bytes);
  }
}

/** Returns how much memory a queue without messages needs. */
export function bytesOfQueue({ attributes, tags }: Pick<Queue, 'attributes' | 'tags'>): number {
  return QUEUE_BYTES + bytesOfTexts(attributes) + bytesOfTexts(tags);
}
