/**
 * How much memory the data needs, and the bound that keeps Squab from running out of it. V8 ends the process when its
 * heap reaches a limit, so the bound is a share of that limit. The rest is for requests and responses, and for V8 to
 * collect garbage in time.
 *
 * Sizes are estimates, and rather too large than too small: measured in `test/storage/memory/bound.test.ts`.
 */

import { bytesOfText, heapBytes, mebibytes } from '../catalogue-bound.ts';
import { StoreUnavailable } from '../store.ts';
import type { StoredContent } from './stored-message.ts';

/** The share of V8's heap that the data may fill. */
const SHARE = 0.5;
/** A message without its texts, and its places in the orders of its queue. */
const MESSAGE_BYTES = 400;
/** A group with one message, which may be its only one. */
const GROUP_BYTES = 450;
/** A remembered send or receive without its texts and receipts. */
const REMEMBERED_BYTES = 300;
const RECEIPT_BYTES = 60;

/** After a refusal, this share of the bound must be free again before the storage counts as working. */
const RECOVERED = 0.02;

type FaultListener = (fault: StoreUnavailable | undefined) => void;

export class Memory {
  readonly #max: number;
  #used = 0;
  #fault: StoreUnavailable | undefined;
  #listener: FaultListener = () => {};

  /** `max`: how many bytes the data may need. */
  constructor(max = Math.floor(heapBytes() * SHARE)) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  onFault(listener: FaultListener): void {
    this.#listener = listener;
  }

  /** Throws StoreUnavailable if there is no room for this many bytes. */
  check(bytes: number): void {
    if (!this.hasRoom(bytes)) throw this.#refusal();
    if (this.#fault) this.#recover();
  }

  /** Returns whether there is room for this many bytes. Refuses nothing: for data that a verb can do without. */
  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#max;
  }

  /** Throws StoreUnavailable if the latest verb that needed memory was refused, and there is still no room. */
  probe(): void {
    if (this.#fault) this.#recover();
    if (this.#fault) throw this.#fault;
  }

  /** Counts bytes that are in use from now on, or, if negative, are no longer. */
  use(bytes: number): void {
    this.#used += bytes;
  }

  #recover(): void {
    if (this.#used > this.#max * (1 - RECOVERED)) return;
    this.#fault = undefined;
    this.#listener(undefined);
  }

  #refusal(): StoreUnavailable {
    if (this.#fault) return this.#fault;
    this.#fault = new StoreUnavailable(
      `The queues are full: their messages need ${mebibytes(this.#max)} MiB, as much as Squab keeps in memory. ` +
        'Delete messages, purge queues or remove snapshots, start Squab with --data DIR to keep messages on disk, or ' +
        "raise Node's limit, of which this is half, with NODE_OPTIONS=--max-old-space-size=MEBIBYTES.",
    );
    this.#listener(this.#fault);
    return this.#fault;
  }
}

/** Returns how much memory a message with this content needs. */
export function bytesOfMessage(content: StoredContent): number {
  const { messageId, body, attributes, traceHeader, groupId, deduplicationId } = content;
  let bytes = MESSAGE_BYTES + bytesOfText(body) + bytesOfText(messageId) + bytesOfText(attributes);
  bytes += bytesOfText(traceHeader) + bytesOfText(deduplicationId);
  return groupId === undefined ? bytes : bytes + GROUP_BYTES + bytesOfText(groupId);
}

/** Returns how much memory a remembered send, or a remembered receive with this many receipts, needs. */
export function bytesOfRemembered(id: string | undefined, receipts = 0): number {
  return id === undefined ? 0 : REMEMBERED_BYTES + bytesOfText(id) + receipts * RECEIPT_BYTES;
}
