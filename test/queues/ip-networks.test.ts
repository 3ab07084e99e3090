/** Networks of addresses: the same as Node's, in little memory. */

import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { networkOf } from '../../src/queues/ip-networks.ts';

const familyOf = (address: string) => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

const byte = fc.constantFrom(0, 1, 10, 127, 255);
const group = fc.constantFrom('0', '1', 'ffff', '2001', 'A');
const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'));
const ipv6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
  fc
    .tuple(fc.array(group, { maxLength: 3 }), fc.array(group, { maxLength: 3 }))
    .map((parts) => parts.map((part) => part.join(':')).join('::')),
  fc.tuple(fc.constantFrom('::ffff:', '::', '2001::'), ipv4).map((parts) => parts.join('')),
);

it('are those of Node.js', () => {
  const address = fc.oneof(ipv4, ipv6);
  fc.assert(
    fc.property(address, address, fc.nat(128), (network, other, length) => {
      const bits = Math.min(length, isIP(network) === 4 ? 32 : 128);
      const list = new BlockList();
      list.addSubnet(network, bits, familyOf(network));
      expect(networkOf(network, bits)(other)).toBe(list.check(other, familyOf(other)));
    }),
    { numRuns: 2000 },
  );
});

it('take little memory, also outside of the heap', () => {
  const before = process.memoryUsage().rss;
  const networks = Array.from({ length: 40_000 }, (_, index) => networkOf(`10.${index % 256}.0.0`, 16));
  expect((process.memoryUsage().rss - before) / networks.length).toBeLessThan(1500);
});
