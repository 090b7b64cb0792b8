// What counts as one client: an IPv4 address, or the /64 that an IPv6 address lies in. Whoever has one IPv6 address has all
// of its /64, and could guess from another one each time.
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** @param address As text, in any of the forms of RFC 4291. What is no IPv6 address is given back as it is. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  // IPv4 inside IPv6: the first four groups of all of those are zero.
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1);
  const [before = [], after = []] = address
    .toLowerCase()
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(GROUPS - before.length - after.length, 0) }, () => '0');
  const groups = [...before, ...zeros, ...after].slice(0, NETWORK_GROUPS);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
