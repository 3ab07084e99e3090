/** How much may wait for the end of delays: requests whose clients have gone, and responses. */

import { expect, it } from 'vitest';
import { Delays } from '../../../src/queues/faults/delays.ts';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';

const turns = () => new Promise(setImmediate);

/** Returns a function that starts a delay of a minute, and the labels of those that are over. */
function setup(bytesMax: number) {
  const [delays, clock] = [new Delays(bytesMax), new VirtualClock()];
  const over: string[] = [];
  const delay = (label: string, waiting: { input: unknown } | { output: unknown }, isGone = false) => {
    const client = new AbortController();
    const common = { ms: 60_000, clock, signal: client.signal, waiting };
    void delays.sleep(common).then(() => over.push(label));
    if (isGone) client.abort();
    return client;
  };
  return { delays, clock, over, delay };
}

const messages = (characters: number) => ({ Messages: [{ Body: 'b'.repeat(characters) }] });

it('responses wait until they take too much memory together, then the first ones no longer', async () => {
  const { clock, over, delay } = setup(100_000);
  for (const label of ['a', 'b', 'c']) delay(label, { output: messages(30_000) });
  await turns();
  expect(over).toEqual([]);
  delay('d', { output: messages(30_000) });
  delay('e', { output: {} });
  await turns();
  expect(over).toEqual(['a']);
  delay('f', { output: messages(200_000) });
  await turns();
  expect(over).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  delay('g', { output: messages(90_000) });
  await clock.advance(60_000);
  expect(over.at(-1)).toBe('g');
});

it('requests count once their clients have gone, with a hundredth of the limit at least', async () => {
  const { over, delay } = setup(100_000);
  const clients = ['a', 'b', 'c', 'd'].map((label) => delay(label, { input: messages(60_000) }));
  await turns();
  expect(over).toEqual([]);
  clients[1]!.abort();
  clients[0]!.abort();
  await turns();
  expect(over).toEqual(['b']);
  for (let count = 0; count < 40; count++) delay(`short ${count}`, { input: { QueueUrl: 'q' } }, true);
  await turns();
  expect(over).toEqual(['b']);
  delay('short', { input: { QueueUrl: 'q' } }, true);
  await turns();
  expect(over).toEqual(['b', 'a']);
});

it('what is over no longer counts', async () => {
  const { delays, clock, over, delay } = setup(100_000);
  delay('a', { output: messages(90_000) }, true);
  await clock.advance(60_000);
  delay('b', { output: messages(90_000) });
  await turns();
  expect(over).toEqual(['a']);
  delays.end();
  await turns();
  expect(over).toEqual(['a', 'b']);
});
