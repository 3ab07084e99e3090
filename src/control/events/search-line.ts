/**
 * Searches the bodies of messages for waits, one after another and in portions, so that other requests run in between:
 * many waits may search each of many long messages.
 */

import { heapBytes } from '../../storage/catalogue-bound.ts';
import { Portions } from '../../time/portions.ts';
import { ControlError } from '../control-error.ts';
import { type EventDetails, stepsOf } from './event-feed.ts';

/** How many characters the events whose bodies are still to be searched may have, since they stay in memory until then. */
const CHARACTERS_MAX = Math.min(32 * 1024 * 1024, heapBytes() / 64);
/** What an event and its searches need besides, in characters. */
const CHARACTERS_PER_EVENT = 1000;

/** Searches a body, and returns true, unless its wait is over already. */
type Search = () => boolean;

interface Item {
  details: EventDetails | undefined;
  characters: number;
  searches: Search[];
}

export class SearchLine {
  readonly #max: number;
  readonly #items: Item[] = [];
  readonly #portions = new Portions();
  #characters = 0;

  constructor(charactersMax = CHARACTERS_MAX) {
    this.#max = charactersMax;
  }

  /**
   * Calls `search` after all that have been added before: at once, unless some are waiting. Throws ControlError (409) if the
   * bodies that wait are too long already.
   */
  add(details: EventDetails, search: Search): void {
    const last = this.#items.at(-1);
    if (last?.details === details) {
      last.searches.push(search);
      return;
    }
    const characters = CHARACTERS_PER_EVENT + (details[1]?.body.length ?? 0);
    if (this.#characters + characters > this.#max && this.#items.length > 0) {
      throw new ControlError(
        409,
        'Messages are being sent faster than the waits with bodyContains can search them. ' +
          'Wait for a messageId or groupId, or use fewer waits with bodyContains.',
      );
    }
    this.#add({ details, characters, searches: [search] });
  }

  /** Resolves after all searches that have been added before. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      const search = () => {
        resolve();
        return false;
      };
      this.#add({ details: undefined, characters: 0, searches: [search] });
    });
  }

  #add(item: Item): void {
    this.#items.push(item);
    this.#characters += item.characters;
    if (this.#items.length === 1) void this.#run();
  }

  async #run(): Promise<void> {
    for (let item = this.#items[0]; item; item = this.#items[0]) {
      for (const search of item.searches) {
        const over = search() && item.details && this.#portions.done(stepsOf(item.details));
        if (over) await over;
      }
      this.#items.shift();
      this.#characters -= item.characters;
    }
  }
}
