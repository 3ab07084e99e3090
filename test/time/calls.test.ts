/** Moves of a clock wait for calls to other programs, but not for long. */

import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/time/virtual-clock.ts';

/** A call that the test ends. */
function callTo(clock: VirtualClock) {
  let end: (error?: Error) => void = () => {};
  const call = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve());
  });
  clock.trackCall(call);
  return end;
}

/** Lets everything happen that does not wait for time. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

it('a move waits for a call that an alarm has started, before it goes on to the next alarm', async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  let end: () => void = () => {};
  clock.at(clock.now() + 1000, () => {
    seen.push('call');
    end = callTo(clock);
  });
  clock.at(clock.now() + 2000, () => seen.push('later'));
  const moved = clock.advance(5000).then(() => seen.push('moved'));
  await turns();
  expect(seen).toEqual(['call']);
  end();
  await moved;
  expect(seen).toEqual(['call', 'later', 'moved']);
});

it('a move waits for calls that fail, and for those that follow from them', async () => {
  const clock = new VirtualClock();
  const first = callTo(clock);
  let second: () => void = () => {};
  let hasMoved = false;
  const moved = clock.advance(0).then(() => {
    hasMoved = true;
  });
  await turns();
  second = callTo(clock);
  first(new Error('refused'));
  await turns();
  expect(hasMoved).toBe(false);
  second();
  await moved;
});

it('a move waits for a call for a second of real time, once', async () => {
  const machine = new VirtualClock();
  const clock = new VirtualClock(undefined, machine);
  callTo(clock);
  let hasMoved = false;
  const moved = clock.advance(60_000).then(() => {
    hasMoved = true;
  });
  await machine.advance(999);
  expect(hasMoved).toBe(false);
  await machine.advance(1);
  await moved;
  await clock.advance(60_000);
});

it('a move waits for 30 seconds of real time at one instant, if each call leads to another one', async () => {
  const machine = new VirtualClock();
  const clock = new VirtualClock(undefined, machine);
  const callAgain = () => {
    const end = callTo(clock);
    machine.at(machine.now() + 600, () => {
      callAgain();
      end();
    });
  };
  callAgain();
  for (let move = 0; move < 2; move++) {
    let hasMoved = false;
    const later: string[] = [];
    clock.at(clock.now() + 1000, () => later.push('alarm'));
    const moved = clock.advance(60_000).then(() => {
      hasMoved = true;
    });
    await machine.advance(29_999);
    expect([hasMoved, later]).toEqual([false, []]);
    await machine.advance(1);
    expect([hasMoved, later]).toEqual([false, ['alarm']]);
    // At the instant of the alarm, and at the end.
    await machine.advance(60_000);
    await moved;
  }
});

it('a long move waits for the calls of all its instants', async () => {
  const machine = new VirtualClock();
  const clock = new VirtualClock(undefined, machine);
  let done = 0;
  const call = () => {
    const end = callTo(clock);
    machine.at(machine.now() + 900, () => {
      done++;
      end();
    });
  };
  for (let minute = 1; minute <= 100; minute++) clock.at(clock.now() + minute * 60_000, call);
  const moved = clock.advance(2 * 3_600_000);
  await machine.advance(100 * 900);
  await moved;
  expect(done).toBe(100);
});
