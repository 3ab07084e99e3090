/** The pollers of all event source mappings: one for each, whether or not it is enabled. */

import type { Mapping, Mappings } from '../storage/mappings.ts';
import { type QueueKey, STORE_RETRY_MS } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { rest } from '../time/rest.ts';
import { nameInArn } from './function-names.ts';
import { Poller, type PollerContext } from './poller.ts';

export class Pollers {
  readonly #context: PollerContext;
  readonly #mappings: Mappings;
  readonly #pollers = new Map<string, Poller>();
  /** The pollers of removed mappings whose last batches have not ended. */
  readonly #ending = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #isStopping = false;
  #isPaused = false;
  /** Grows with each change of which mappings are polled for, and how. */
  #changes = 0;

  constructor(context: Omit<PollerContext, 'stopping' | 'isPaused'>, mappings: Mappings) {
    this.#context = { ...context, stopping: this.#stopping.signal, isPaused: () => this.#isPaused };
    this.#mappings = mappings;
  }

  /**
   * Polls for the mappings that the engine has, and for no others. `voids`: which of the mappings that had pollers have
   * lost the messages that they received, because their queues were replaced or removed.
   */
  async sync({ voids }: { voids: 'none' | 'removed' | 'all' }): Promise<void> {
    const { machine, reports } = this.#context;
    // At once: what pollers receive from now on is not void.
    if (voids === 'all') for (const poller of this.#pollers.values()) poller.restart();
    for (;;) {
      try {
        const changes = this.#changes;
        const all = await this.#mappings.listMappings({ limit: Number.MAX_SAFE_INTEGER });
        if (this.#isStopping) return;
        // The list may be older than what pollers have been told since it was begun.
        if (changes !== this.#changes) continue;
        const ids = new Set(all.map(({ id }) => id));
        const ended = new Map([...this.#pollers].filter(([id]) => !ids.has(id)));
        if (voids !== 'none') for (const poller of ended.values()) poller.restart();
        const settled = [...ended.keys()].map((id) => this.remove(id));
        for (const mapping of all) settled.push(this.put(mapping));
        await Promise.all(settled);
        return;
      } catch (error) {
        reports.failed(error);
        await rest([this.#stopping.signal], machine, machine.now() + STORE_RETRY_MS);
        if (this.#stopping.signal.aborted) return;
      }
    }
  }

  /**
   * Polls for a new or changed mapping. Resolves when no receive with the former settings is in progress, so that a
   * disabled mapping takes no message that is sent afterwards.
   */
  async put(mapping: Mapping): Promise<void> {
    if (this.#isStopping) return;
    this.#changes++;
    const known = this.#pollers.get(mapping.id);
    if (known) return known.change(mapping);
    const { functions, reports } = this.#context;
    const name = nameInArn(mapping.functionArn);
    if (mapping.settings.enabled && !functions.find(name)) reports.withoutUrl(name, mapping);
    this.#pollers.set(mapping.id, new Poller(this.#context, mapping));
  }

  /** Polls no more for a mapping. Its last batches end as usual. Resolves when no receive is in progress. */
  async remove(id: string): Promise<void> {
    this.#changes++;
    const poller = this.#pollers.get(id);
    if (!poller) return;
    this.#pollers.delete(id);
    const removed = poller.remove();
    const end = poller.ended.finally(() => this.#ending.delete(end));
    this.#ending.add(end);
    await removed;
  }

  /** Must be called when a queue was created. */
  queueCreated({ account, region, name }: QueueKey): void {
    for (const poller of this.#pollers.values()) {
      const { queue } = poller;
      if (queue.name === name && queue.account === account && queue.region === region) void poller.wake();
    }
  }

  /** Must be called when functions have got URLs, or any queue may have been created. */
  wakeAll(): void {
    for (const poller of this.#pollers.values()) void poller.wake();
  }

  /** Lets functions get no messages until `resume` is called. Resolves when no receive is in progress. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await Promise.all([...this.#pollers.values()].map((poller) => poller.wake()));
  }

  resume(): void {
    this.#isPaused = false;
    this.wakeAll();
  }

  /** Must be called when SQS's clock was set back by `byMs`. */
  setBack(byMs: Millis): void {
    for (const poller of this.#pollers.values()) poller.setBack(byMs);
  }

  /** Receives no more messages. */
  stop(): void {
    this.#isStopping = true;
    for (const id of this.#pollers.keys()) void this.remove(id);
  }

  /** Resolves when all batches have ended; those that have not after `graceMs` are abandoned. */
  async end(machine: Clock, graceMs: Millis): Promise<void> {
    this.stop();
    const cancel = machine.at(machine.now() + graceMs, () => this.#stopping.abort());
    await Promise.all(this.#ending);
    cancel();
    this.#stopping.abort();
  }
}
