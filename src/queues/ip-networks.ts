/**
 * Networks of IPv4 and IPv6 addresses, for policies and filters, which may contain thousands. Node's `BlockList` takes more
 * than 5 KB for one, outside of V8's heap, where no limit counts it.
 */

import { isIP } from 'node:net';

/** An IPv4 address is the same as the IPv6 address that contains it: `10.0.0.7` and `::ffff:10.0.0.7`. */
const IPV4_IN_IPV6 = 0xffffn;
const ADDRESS_BITS = 128;
const GROUPS = 8;
const GROUP_BITS = 16n;
export const IPV4_PREFIX = 96;

/** Returns the 128 bits of an address, which must be valid and without a zone (`fe80::1%eth0`). */
function bitsOf(address: string): bigint {
  if (isIP(address) === 4) return (IPV4_IN_IPV6 << 32n) | BigInt(numberOf(address));
  const [head, tail] = address.split('::', 2).map(groupsOf) as [number[], number[]?];
  const zeros = Array<number>(tail ? GROUPS - head.length - tail.length : 0).fill(0);
  return [...head, ...zeros, ...(tail ?? [])].reduce((bits, group) => (bits << GROUP_BITS) | BigInt(group), 0n);
}

function numberOf(ipv4: string): number {
  return ipv4.split('.').reduce((bits, part) => bits * 256 + Number(part), 0);
}

/** The last group may be written as an IPv4 address, and is two groups then. */
function groupsOf(text: string): number[] {
  const parts = text === '' ? [] : text.split(':');
  return parts.flatMap((part) => {
    if (!part.includes('.')) return Number.parseInt(part, 16);
    const bits = numberOf(part);
    return [Math.floor(bits / 0x10000), bits % 0x10000];
  });
}

/** Returns a function that tells whether a valid address is in a network, whose length is at most that of its address. */
export function networkOf(address: string, length: number): (address: string) => boolean {
  const hidden = BigInt(isIP(address) === 4 ? 32 - length : ADDRESS_BITS - length);
  const network = bitsOf(address) >> hidden;
  return (other) => bitsOf(other) >> hidden === network;
}
