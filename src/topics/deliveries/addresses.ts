/**
 * Which addresses a subscriber may have. Anyone who can subscribe could otherwise make Squab send requests into the
 * internet, or to a service that trusts this machine, such as the metadata service of a cloud.
 */

import type { LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Lookups } from './lookups.ts';

/** Loopback, and the private networks of RFC 1918 and RFC 4193. The unspecified addresses also reach this machine. */
const NEAR = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['0.0.0.0', 32],
] as const) {
  NEAR.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['::', 128],
] as const) {
  NEAR.addSubnet(network, bits, 'ipv6');
}

/** The metadata services of clouds, and others beside them, which have private addresses in IPv6. */
const METADATA = new BlockList();
// AWS. The prefix also has its time servers and the credentials of pods.
METADATA.addSubnet('fd00:ec2::', 32, 'ipv6');
for (const address of [
  'fd20:ce::254', // Google Cloud
  'fd00:c1::a9fe:a9fe', // Oracle Cloud
  'fd00:a9fe:a9fe::1', // Akamai (Linode)
  'fd00:42::42', // Scaleway
]) {
  METADATA.addAddress(address, 'ipv6');
}

/** An endpoint's address is not allowed. */
export class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed';

  constructor(host: string, addresses: readonly string[]) {
    const where = addresses.includes(host) ? host : `${host} has the address ${addresses.join(', ')}, which`;
    super(
      `${where} is neither loopback nor private. To allow requests to every address, start Squab with ` +
        '--public-endpoints.',
    );
  }
}

/** Returns whether an address is on this machine, or in a private network. */
export function isNear(address: string): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return false;
  // An IPv4 address may be written as an IPv6 address; then the rules of the former apply.
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return NEAR.check(address, family) && !METADATA.check(address, family);
}

/** Throws AddressNotAllowed for a host that is a literal address, which is not looked up, and not allowed. */
export function checkLiteral(host: string): void {
  if (isIP(host) !== 0 && !isNear(host)) throw new AddressNotAllowed(host, [host]);
}

const lookups = new Lookups();

/** Looks a name up like Node.js, whatever its addresses are. */
export const lookUpAny: LookupFunction = (host, options, callback) => {
  lookups.lookUp(host, { ...options, all: true }, (error, addresses) => {
    if (error) callback(error, '');
    else if (options.all) callback(null, addresses);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

/**
 * Looks a name up, but leaves out addresses that are not allowed; fails with AddressNotAllowed if none is left. The
 * connection goes to one of the addresses that this returned: the name is not looked up again, and so cannot have
 * another address by then.
 */
export const lookUpNear: LookupFunction = (host, options, callback) => {
  lookups.lookUp(host, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    const near = addresses.filter(({ address }) => isNear(address));
    if (near.length === 0) return callback(notAllowed(host, addresses), '');
    if (options.all) callback(null, near);
    else callback(null, near[0]!.address, near[0]!.family);
  });
};

function notAllowed(host: string, addresses: readonly LookupAddress[]): AddressNotAllowed {
  return new AddressNotAllowed(
    host,
    addresses.map(({ address }) => address),
  );
}
