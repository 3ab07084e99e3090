import { describe, it } from 'vitest';
import { HOUR, type Subject } from '../subject.ts';
import { type Course, Walk } from '../walk.ts';

/** `npm run walks` takes more of them, with other seeds. */
const first = Number(process.env.SQUAB_WALKS_SEED ?? 1);
const seedsOf = (count: number) =>
  Array.from({ length: Number(process.env.SQUAB_WALKS ?? count) }, (_, index) => first + index);

const short = [300, 600, 2000];

export function walks(s: Subject): void {
  // With a database, each verb is a round trip.
  const [steps, seeds] = s.form.isConcurrent ? [250, seedsOf(1)] : [800, seedsOf(3)];
  const courses: Record<string, Omit<Course, 'seed' | 'fifo'>> = {
    'messages come, go and expire': { steps, retentionMs: short, clock: [0, 120] },
    // Nothing expires here, because engines may differ in how exact they are about expiry after a clock was set back.
    'the clock moves forward and back': { steps, retentionMs: [HOUR], clock: [100, 120] },
    ...(s.form.freesInVerbs && {
      'messages expire and the clock moves forward and back': { steps, retentionMs: short, clock: [100, 120] },
    }),
  };

  describe.each(Object.keys(courses))('agree with the model at every step while %s', (name) => {
    it.each(seeds)('(seed %i)', (seed) => new Walk(s, { ...courses[name]!, seed }).go());
    // After the clock was set back, PostgreSQL may hand out messages of a standard queue in another order.
    const isInOrder = !s.form.isConcurrent || courses[name]!.clock[0] === 0;
    it.runIf(isInOrder).each(seeds)('without tenants (seed %i)', (seed) =>
      new Walk(s, { ...courses[name]!, seed, hasTenants: false }).go(),
    );
    it.each(seeds)('in FIFO queues (seed %i)', (seed) => new Walk(s, { ...courses[name]!, seed, fifo: true }).go());
  });
}
