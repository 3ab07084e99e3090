import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/queues/env.ts';
import { deliveryLimit, jsonLimit } from '../../src/queues/printed-size.ts';

/** Texts of which each byte takes as much room as it can, in XML or in JSON. */
const worst = ['"', '\u0001', '&', '<', '\\', 'ü', '🐿️', 'a'];

describe('how many bytes of messages surely fit', () => {
  const env = { responseRoom: () => 700_000 } as unknown as Env;
  const limits = { 'a response': deliveryLimit(env), 'an invocation': jsonLimit(900_000) };

  it.each(Object.entries(limits))('in %s, whatever the texts are', (_, { of, max, fitting }) => {
    for (const texts of [2, 20, 200]) {
      const bytes = Math.floor(fitting!(texts) / texts);
      for (const character of worst) {
        const text = character.repeat(Math.floor(bytes / Buffer.byteLength(character)));
        expect(text.length).toBeGreaterThan(0);
        expect(of(text) * texts).toBeLessThanOrEqual(max());
      }
    }
  });

  it('is nothing once the texts have no room even if they are empty', () => {
    expect(jsonLimit(10_000).fitting!(20)).toBeLessThan(0);
  });
});
