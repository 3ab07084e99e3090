/** `cidr` conditions: networks of IPv4 and IPv6 addresses. */

import { isIP } from 'node:net';
import { networkOf } from '../../queues/ip-networks.ts';
import { InvalidText } from '../invalid-text.ts';
import type { Test } from './rules.ts';

/** No address is longer. */
const ADDRESS_CHARACTERS_MAX = 45;

/** Returns the test of `{"cidr": "10.0.0.0/24"}`. Throws InvalidText. */
export function networkTest(cidr: string): Test {
  const [address, mask, ...more] = cidr.split('/');
  if (!mask || more.length > 0) throw new InvalidText("Malformed CIDR, one '/' required");
  if (!/^[+-]?\d{1,9}$/.test(mask)) throw new InvalidText('Malformed CIDR, mask bits must be an integer');
  const bits = Number(mask);
  if (bits < 0) throw new InvalidText('Malformed CIDR, mask bits must not be negative');
  const family = familyOf(address!);
  if (!family) throw new InvalidText(`Nonstandard IP address: ${address}`);
  if (family === 'ipv4' && bits > 32) throw new InvalidText('IPv4 mask bits must be < 32');
  if (bits > 128) throw new InvalidText('IPv6 mask bits must be < 128');
  const isInNetwork = networkOf(address!, bits);
  return (value) => {
    if (typeof value !== 'string') return false;
    return familyOf(value) === family && isInNetwork(value);
  };
}

/** Returns undefined for a text that is not an address; addresses with a zone (`fe80::1%eth0`) are not compared. */
function familyOf(text: string): 'ipv4' | 'ipv6' | undefined {
  if (text.length > ADDRESS_CHARACTERS_MAX || text.includes('%')) return undefined;
  const version = isIP(text);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}
