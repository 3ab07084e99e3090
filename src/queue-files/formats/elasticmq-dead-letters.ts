/**
 * Finds the dead-letter queues of an ElasticMQ configuration. ElasticMQ takes names with and without `.fifo`, and lets
 * a FIFO queue have a standard dead-letter queue. In SQS, both must have the same type.
 */

import { FIFO_SUFFIX } from '../../queues/catalog.ts';
import type { DeclaredQueue } from '../declared.ts';
import type { Findings } from '../syntax/tree.ts';

export function isFifo({ name }: DeclaredQueue): boolean {
  return name.value.endsWith(FIFO_SUFFIX);
}

/**
 * Gives each queue a dead-letter queue of its own type: makes it a FIFO queue, or if queues of both types share it, a
 * queue of each type. Reports both to `findings`. Returns all queues.
 */
export function matchDeadLetterQueues(declared: readonly DeclaredQueue[], findings: Findings): DeclaredQueue[] {
  const queues = new Map(declared.map((queue) => [queue.name.value, queue]));
  // Queues that are declared twice are a problem that is reported later.
  const others = declared.filter((queue) => queues.get(queue.name.value) !== queue);
  const sources = new Map<string, Set<DeclaredQueue>>();
  for (const queue of declared) {
    if (!queue.redrive) continue;
    const base = baseOf(queue.redrive.deadLetterQueue.value);
    sources.set(base, (sources.get(base) ?? new Set()).add(queue));
  }
  const unmatched = declared.filter(({ redrive }) => redrive);
  for (const source of unmatched) {
    // It has become a FIFO queue in the meantime.
    if (queues.get(source.name.value) !== source) continue;
    const { deadLetterQueue } = source.redrive!;
    const base = baseOf(deadLetterQueue.value);
    const name = isFifo(source) ? `${base}${FIFO_SUFFIX}` : base;
    source.redrive = { ...source.redrive!, deadLetterQueue: { ...deadLetterQueue, value: name } };
    const found = queues.has(name) ? undefined : queues.get(isFifo(source) ? base : `${base}${FIFO_SUFFIX}`);
    if (!found) continue;
    const shared = !isFifo(source) || [...sources.get(base)!].some((other) => !isFifo(other));
    const matching = { ...found, name: { ...found.name, value: name }, attributes: attributesFor(found, source) };
    queues.set(name, matching);
    if (!shared) {
      queues.delete(found.name.value);
      if (found.redrive) sources.get(baseOf(found.redrive.deadLetterQueue.value))?.delete(found);
    }
    if (matching.redrive) unmatched.push(matching);
    findings.warn(
      found.at,
      shared
        ? `${found.name.value} is created twice, also as ${name}: ${source.name.value} uses it as its dead-letter ` +
            'queue, and a dead-letter queue must have the type of its source queue.'
        : `${found.name.value} becomes the FIFO queue ${name}, because it is the dead-letter queue of the FIFO queue ` +
            `${source.name.value}.`,
    );
  }
  return [...queues.values(), ...others];
}

function baseOf(name: string): string {
  return name.endsWith(FIFO_SUFFIX) ? name.slice(0, -FIFO_SUFFIX.length) : name;
}

/** The attributes of a queue for the type of another one. */
function attributesFor({ attributes }: DeclaredQueue, source: DeclaredQueue): DeclaredQueue['attributes'] {
  const kept = new Map(attributes);
  if (!isFifo(source)) kept.delete('ContentBasedDeduplication');
  return kept;
}
