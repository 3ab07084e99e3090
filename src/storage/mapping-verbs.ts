/** The verbs on event source mappings, in every engine. An engine adds how it stores them. */

import type { Millis } from '../time/clock.ts';
import { CatalogueFull, heapBytes } from './catalogue-bound.ts';
import type { Mapping, MappingChange, MappingListing, Mappings, NewMapping } from './mappings.ts';
import type { QueueKey } from './queue.ts';
import { merged } from './queue-changes.ts';
import { isInScope } from './scopes.ts';
import type { QueueScope } from './states.ts';

/**
 * Verbs read all mappings, so there are limits of how many there can be, and of how many characters their filters, tags and
 * other settings can have. With 8 million, a verb takes about a tenth of a second. Compiled, a filter can take 80 bytes for
 * each character: an eighth of a small heap, of which the data may have half.
 */
const [MAPPINGS_MAX, CHARACTERS_MAX] = [1000, Math.min(8_000_000, Math.floor(heapBytes() / 640))];

export abstract class MappingVerbs implements Mappings {
  /** Carries out a verb that may change mappings, as a transaction. It may be called again. */
  protected abstract change<T>(verb: () => T): Promise<T>;
  /** Carries out a verb that only reads. */
  protected abstract look<T>(verb: () => T): Promise<T>;
  protected abstract nextNumber(): number;
  /** Returns all mappings in the order of their creation. */
  protected abstract stored(): readonly Mapping[];
  protected abstract find(id: string): Mapping | undefined;
  protected abstract add(mapping: Mapping): void;
  /** Replaces the mapping with this ID. */
  protected abstract update(mapping: Mapping): void;
  protected abstract remove(mappings: readonly Mapping[]): void;

  createMapping(given: NewMapping, now: Millis): Promise<{ mapping: Mapping; created: boolean }> {
    return this.change(() => {
      const existing = this.stored().find((other) => areAlike(other, given));
      // An engine may repeat the verb, if it does not know whether it has been carried out.
      if (existing) return { mapping: existing, created: existing.id === given.id };
      const mapping = { ...given, place: this.nextNumber(), createdAt: now, modifiedAt: now, revision: 0 };
      this.#checkRoom(mapping);
      this.add(mapping);
      return { mapping, created: true };
    });
  }

  findMapping(id: string): Promise<Mapping | undefined> {
    return this.look(() => this.find(id));
  }

  listMappings(listing: MappingListing): Promise<Mapping[]> {
    return this.look(() =>
      this.stored()
        .filter((mapping) => isListed(mapping, listing))
        .slice(0, listing.limit),
    );
  }

  changeMapping(id: string, change: MappingChange, now: Millis) {
    return this.change((): Mapping | 'outdated' | 'over-limit' | 'taken' | undefined => {
      const mapping = this.find(id);
      if (!mapping) return undefined;
      const changed = changedMapping(mapping, change, now);
      if (typeof changed === 'string') return changed;
      if (this.stored().some((other) => other.id !== id && areAlike(other, changed))) return 'taken';
      if (charactersOf(changed) > charactersOf(mapping)) this.#checkRoom(changed);
      this.update(changed);
      return changed;
    });
  }

  deleteMapping(id: string): Promise<Mapping | undefined> {
    return this.change(() => {
      const mapping = this.find(id);
      if (mapping) this.remove([mapping]);
      return mapping;
    });
  }

  removeMappings(scope: QueueScope): Promise<Mapping[]> {
    return this.change(() => {
      const removed = this.stored().filter(({ queue }) => isInScope(queue, scope));
      if (removed.length > 0) this.remove(removed);
      return removed;
    });
  }

  /** Throws CatalogueFull if there is no room for a mapping beside the others. */
  #checkRoom(mapping: Mapping): void {
    const others = this.stored().filter(({ id }) => id !== mapping.id);
    const characters = others.reduce((sum, other) => sum + charactersOf(other), charactersOf(mapping));
    if (others.length < MAPPINGS_MAX && characters <= CHARACTERS_MAX) return;
    throw new CatalogueFull(
      `There are too many event source mappings: Squab keeps up to ${MAPPINGS_MAX}, whose filters, tags and other settings ` +
        `have up to ${CHARACTERS_MAX} characters together. Delete some.`,
    );
  }
}

function charactersOf({ settings, tags }: Mapping): number {
  const texts = [...settings.filters, JSON.stringify(settings.others), ...[...tags].flat()];
  return texts.reduce((sum, text) => sum + text.length, 0);
}

/** Returns the changed mapping, or why nothing changes. */
function changedMapping(mapping: Mapping, change: MappingChange, now: Millis): Mapping | 'outdated' | 'over-limit' {
  const { functionArn = mapping.functionArn, settings = mapping.settings, tagsMax, expected } = change;
  if (expected !== undefined && expected !== mapping.revision) return 'outdated';
  const tags = merged(mapping.tags, change.tags);
  if (tagsMax !== undefined && tags.size > tagsMax) return 'over-limit';
  const modified = change.functionArn !== undefined || change.settings !== undefined;
  const modifiedAt = modified ? now : mapping.modifiedAt;
  return { ...mapping, functionArn, settings, tags, modifiedAt, revision: mapping.revision + 1 };
}

/** Returns whether a listing includes a mapping, apart from its limit. */
export function isListed(mapping: Mapping, { account, region, queue, functionArn, after }: MappingListing): boolean {
  return (
    (account === undefined || mapping.account === account) &&
    (region === undefined || mapping.region === region) &&
    (queue === undefined || isSameQueue(mapping.queue, queue)) &&
    (functionArn === undefined || mapping.functionArn === functionArn) &&
    (after === undefined || mapping.place > after)
  );
}

/** Returns whether both are for the same queue and function. */
function areAlike(a: Pick<Mapping, 'queue' | 'functionArn'>, b: Pick<Mapping, 'queue' | 'functionArn'>): boolean {
  return a.functionArn === b.functionArn && isSameQueue(a.queue, b.queue);
}

function isSameQueue(a: QueueKey, b: QueueKey): boolean {
  return a.name === b.name && a.account === b.account && a.region === b.region;
}
