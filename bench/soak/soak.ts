/**
 * The soak test: `npm run soak -- [MINUTES]`, ten by default. It runs mixed work at a pace that even a busy machine
 * can keep: standard and FIFO queues, both wires, long polls, clients that vanish, queues that are created and
 * deleted. It fails if memory grows, a message is lost or out of order, a request fails, or resources are still in
 * use at the end.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { Holdings } from './soak-server.ts';
import { Soak } from './soak-work.ts';

/** FIFO deduplication remembers sends for five minutes, so memory use settles only after that. */
const WARM_UP_MS = 5.5 * 60_000;
const SAMPLE_MS = 5000;
/** Growth per minute that counts as a leak, in MiB. The noise within ten minutes is less than that. */
const SLOPE_MAX = { heap: 0.5, rss: 2 };

const MIB = 2 ** 20;
const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0))
  throw new Error(`The number of minutes must be positive, not ${process.argv[2]}. Usage: npm run soak -- [MINUTES]`);

const child = spawn(process.execPath, ['--expose-gc', join(import.meta.dirname, 'soak-server.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
const next = async <T>() => JSON.parse((await lines.next()).value ?? '{}') as T;
const { url } = await next<{ url: string }>();
const holdings = () => {
  child.stdin.write('\n');
  return next<Holdings>();
};

interface Sample extends Holdings {
  atMs: number;
}

const soak = new Soak(url);
await soak.prepare();
await soak.settle();
const before = await holdings();
const startedAt = performance.now();
const elapsed = () => performance.now() - startedAt;
const working = soak.work();
const samples: Sample[] = [];
while (elapsed() < minutes * 60_000) {
  await wait(SAMPLE_MS);
  samples.push({ ...(await holdings()), atMs: elapsed() });
  report(samples.at(-1)!);
}
soak.stop();
await working;
const problems = await soak.drain();
await soak.settle();
const after = await holdings();
child.stdin.end();
await once(child, 'exit');

problems.push(...heldAfter(), ...grown());
console.log(`\n${soak.summary()}`);
for (const problem of problems) console.log(`FAILED: ${problem}`);
if (problems.length === 0) console.log('Everything passed.');
process.exitCode = problems.length === 0 ? 0 : 1;

function report({ atMs, rss, heap, external, alarms }: Sample): void {
  if (samples.length % 6 !== 1) return;
  const figures = `RSS ${mib(rss)}, heap ${mib(heap)}, buffers ${mib(external)} MiB, ${alarms} alarms`;
  console.log(`${(atMs / 60_000).toFixed(1).padStart(5)} min: ${figures}; ${soak.summary()}`);
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

/** The resources that are in use now, but were not before the work began. */
function heldAfter(): string[] {
  const kinds = new Set([...Object.keys(before.resources), ...Object.keys(after.resources)]);
  const more = [...kinds].filter((kind) => (after.resources[kind] ?? 0) > (before.resources[kind] ?? 0));
  return [
    ...more.map(
      (kind) => `${kind}: ${before.resources[kind] ?? 0} before the work, ${after.resources[kind]} after it.`,
    ),
    ...(after.alarms > before.alarms ? [`Alarms: ${before.alarms} before the work, ${after.alarms} after it.`] : []),
  ];
}

/** The growth of memory after the warm-up, if it is too much. */
function grown(): string[] {
  const steady = samples.filter(({ atMs }) => atMs > WARM_UP_MS);
  if (steady.length < 12) {
    console.log('\nThe run was too short to judge memory; that takes seven minutes.');
    return [];
  }
  return (['heap', 'rss'] as const).flatMap((kind) => {
    const slope = slopeOf(steady.map((sample) => [sample.atMs / 60_000, sample[kind] / MIB]));
    console.log(
      `${kind}: grew by ${slope.toFixed(2)} MiB per minute after the warm-up; up to ${SLOPE_MAX[kind]} is allowed`,
    );
    return slope > SLOPE_MAX[kind] ? [`The ${kind} grows by ${slope.toFixed(2)} MiB per minute.`] : [];
  });
}

/** The slope of the straight line that fits the points best (least squares). */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (index: 0 | 1) => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  const over = points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  return over / points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
}
