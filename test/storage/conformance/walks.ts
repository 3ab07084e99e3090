import { it } from 'vitest';
import { HOUR, type Subject } from '../subject.ts';
import { type Course, Walk } from '../walk.ts';

const FORWARD: Omit<Course, 'seed'> = { steps: 600, retentionMs: [300, 600, 2000], clock: [0, 120] };
const BOTH_WAYS = { ...FORWARD, retentionMs: [HOUR], clock: [100, 120] } as const;

export function walks(s: Subject): void {
  const go = (course: Course) => new Walk(s, course).go();

  it.each([1, 2, 3])('agrees with the model at every step while messages come, go and expire (seed %i)', (seed) =>
    go({ ...FORWARD, seed }),
  );

  // Nothing expires here, because engines may differ in how exact they are about expiry after a clock was set back.
  it.each([4, 5, 6])('agrees with the model while the clock moves forward and back (seed %i)', (seed) =>
    go({ ...BOTH_WAYS, seed }),
  );

  it.each([11, 12, 13])('agrees with the model on FIFO queues while messages expire (seed %i)', (seed) =>
    go({ ...FORWARD, seed, fifo: true }),
  );

  it.each([14, 15, 16])(
    'agrees with the model on FIFO queues while the clock moves forward and back (seed %i)',
    (seed) => go({ ...BOTH_WAYS, seed, fifo: true }),
  );
}
