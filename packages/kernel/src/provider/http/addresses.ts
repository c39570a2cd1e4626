/**
 * Which addresses are on the public internet. Sources: the IANA special-purpose address registries for IPv4 and IPv6
 * (RFC 6890 and its updates). What is not certainly public is not: of IPv6 only global unicast, 2000::/3, can be.
 */
import ipaddr from 'ipaddr.js';

/** A refused block and why. */
type Block = readonly [cidr: string, why: string];

const IPV4: readonly Block[] = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared, carrier-grade NAT'],
  ['127.0.0.0/8', 'loopback'],
  ['168.63.129.16/32', 'metadata of a cloud'],
  ['169.254.0.0/16', 'link-local, metadata of clouds'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', '6to4 relay'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarks'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved, broadcast'],
];

const IPV6_GLOBAL = '2000::/3';

/** Within 2000::/3. What lies outside it (::, ::1, mapped, NAT64, fc00::/7, fe80::/10, fec0::/10, ff00::/8) is refused whole. */
const IPV6: readonly Block[] = [
  ['2001::/23', 'protocol assignments, Teredo, benchmarks, ORCHID'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['3fff::/20', 'documentation'],
];

const parsedV4 = IPV4.map(([cidr, why]) => [ipaddr.IPv4.parseCIDR(cidr), why] as const);
const parsedV6 = IPV6.map(([cidr, why]) => [ipaddr.IPv6.parseCIDR(cidr), why] as const);
const globalV6 = ipaddr.IPv6.parseCIDR(IPV6_GLOBAL);

/** Why an address is not a public one; undefined where it is. Takes the text that a resolver or a URL host gives. */
export function whyNotPublic(address: string): string | undefined {
  // A zone (`fe80::1%eth0`) means an interface of this machine.
  if (address.includes('%')) return 'scoped to an interface';
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  if (v4) {
    const parsed = ipaddr.IPv4.parse(address);
    return parsedV4.find(([block]) => parsed.match(block))?.[1];
  }
  if (!ipaddr.IPv6.isValid(address)) return 'not an address';
  const parsed = ipaddr.IPv6.parse(address);
  if (!parsed.match(globalV6)) return 'not global unicast';
  return parsedV6.find(([block]) => parsed.match(block))?.[1];
}
