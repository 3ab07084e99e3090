import { it } from 'vitest';
import { HOUR, type Subject } from '../subject.ts';
import { Walk } from '../walk.ts';

export function walks(s: Subject): void {
  it.each([1, 2, 3])(
    'agrees with the model at every step while messages come, go and expire (seed %i)',
    async (seed) => {
      await new Walk(s.store, { seed, steps: 600, retentionMs: [300, 600, 2000], clock: [0, 120] }).go();
    },
  );

  // Nothing expires here, because engines may differ in how exact they are about expiry after a clock was set back.
  it.each([4, 5, 6])('agrees with the model while the clock moves forward and back (seed %i)', async (seed) => {
    await new Walk(s.store, { seed, steps: 600, retentionMs: [HOUR], clock: [100, 120] }).go();
  });

  it.each([11, 12, 13])('agrees with the model on FIFO queues while messages expire (seed %i)', async (seed) => {
    const course = { seed, steps: 600, retentionMs: [300, 600, 2000], clock: [0, 120], fifo: true } as const;
    await new Walk(s.store, course).go();
  });

  it.each([14, 15, 16])(
    'agrees with the model on FIFO queues while the clock moves forward and back (seed %i)',
    async (seed) => {
      await new Walk(s.store, { seed, steps: 600, retentionMs: [HOUR], clock: [100, 120], fifo: true }).go();
    },
  );
}
