import { expect, it } from 'vitest';
import type { Store } from '../../../src/storage/store.ts';
import { type Subject, T0 } from '../subject.ts';

const secretOf = ({ receiptSecret: { key, checksummedBelow } }: Store) => ({
  key: Buffer.from(key).toString('hex'),
  checksummedBelow,
});

/** `restarts`: whether the engine keeps anything after it is closed. */
export function secrets(s: Subject, restarts: boolean): void {
  it('a new store has a secret of 32 bytes, and accepts no handles without authentication', () => {
    expect(secretOf(s.store)).toEqual({ key: expect.stringMatching(/^[0-9a-f]{64}$/), checksummedBelow: 0 });
  });

  it('each store has a different secret', async () => {
    const others = [await s.another(), await s.another()];
    expect(new Set([s.store, ...others].map((store) => secretOf(store).key)).size).toBe(3);
    for (const other of others) await other.close();
  });

  it.runIf(restarts)('a restart keeps the secret, even after messages were received', async () => {
    const before = secretOf(s.store);
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    await s.receiveOne(id, T0);
    for (let round = 0; round < 2; round++) {
      await s.restart();
      expect(secretOf(s.store)).toEqual(before);
    }
  });

  it('a restored snapshot and the removal of all queues keep the secret', async () => {
    const before = secretOf(s.store);
    await s.states.takeSnapshot('empty', T0);
    await s.send(await s.queue(), 'hello', T0);
    await s.states.restoreSnapshot('empty', T0);
    await s.states.removeQueues({});
    expect(secretOf(s.store)).toEqual(before);
    if (!restarts) return;
    await s.restart();
    expect(secretOf(s.store)).toEqual(before);
  });
}
