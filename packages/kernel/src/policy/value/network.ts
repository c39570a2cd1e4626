/** Addresses and CIDR blocks. An IPv4 address mapped into IPv6 is the IPv4 address, whichever way it is written. */
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Block = readonly [Address, number];

function address(text: string): Address | undefined {
  // Only four-part decimal: 0177.1 and 2130706433 are notations, not addresses.
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  if (text.includes('%')) return undefined;
  return ipaddr.process(text);
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export function parseBlock(text: string): Block | undefined {
  const slash = text.indexOf('/');
  const host = address(slash < 0 ? text : text.slice(0, slash));
  if (host === undefined) return undefined;
  const bits = host.kind() === 'ipv4' ? 32 : 128;
  if (slash < 0) return [host, bits];
  const digits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits)) return undefined;
  const mapped = bits === 32 && text.includes(':');
  const length = Number(digits) - (mapped ? 96 : 0);
  return length >= 0 && length <= bits ? [host, length] : undefined;
}

/** undefined where the text is no address. */
export function inBlocks(text: string, blocks: readonly Block[]): boolean | undefined {
  const host = address(text);
  if (host === undefined) return undefined;
  return blocks.some(
    ([network, bits]) =>
      network.kind() === host.kind() && (host as ipaddr.IPv4).match(network as ipaddr.IPv4, bits),
  );
}
